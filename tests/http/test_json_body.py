"""The JSON of long lists is made in slices: the same text, and others have their turn in between."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from shared.http.json_body import SLICE, Streamed, json_body
from tests.turns import turns_during


def items(count: int) -> Iterator[dict[str, Any]]:
    return ({"id": number, "name": f"Año {number} 😀", "end_date": None} for number in range(count))


async def awaited(given: Iterator[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    for item in given:
        yield item


@pytest.mark.parametrize("count", [0, 1, SLICE - 1, SLICE, SLICE + 1, 2 * SLICE, 2 * SLICE + 1])
async def test_a_sliced_list_is_the_same_json(count: int) -> None:
    whole = json.dumps(list(items(count)), ensure_ascii=False, separators=(",", ":"))

    assert (await json_body(Streamed(items(count)))).decode() == whole
    assert (await json_body(list(items(count)))).decode() == whole
    assert (await json_body(Streamed(awaited(items(count))))).decode() == whole


async def test_a_list_may_be_made_as_a_member_of_an_object() -> None:
    body = {"records_total": 3, "data": Streamed(items(3)), "é": None, "more": Streamed(awaited(items(1)))}
    page = json.loads(await json_body(body))

    assert page == {"records_total": 3, "data": list(items(3)), "é": None, "more": list(items(1))}


async def test_what_fails_on_the_way_fails_the_whole() -> None:
    async def breaking_off() -> AsyncIterator[int]:
        yield 1
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await json_body({"data": Streamed(breaking_off())})


@pytest.mark.parametrize("body", [{"a": [1, "é"]}, {}, "text", None, 1.5, [[1], []]])
async def test_whatever_else_is_plain_json(body: Any) -> None:
    assert json.loads(await json_body(body)) == body


async def test_others_have_their_turn_while_a_long_list_is_made() -> None:
    turns, _ = await turns_during(json_body(Streamed(items(9_999))))

    assert turns >= 100


async def test_a_short_list_makes_nobody_wait() -> None:
    """It is made without giving up the turn, so that a single item's answer costs no more than it did."""
    making = json_body(Streamed(items(SLICE)))

    with pytest.raises(StopIteration):
        making.send(None)
