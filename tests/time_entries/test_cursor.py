"""A list that is longer than its limit says where it goes on, and nothing is repeated or left out on the way."""

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.calling import Answer, Item, Person, at
from tests.world import World

LINK = re.compile(r'<\?([^>]+)>; rel="next"')


def next_of(answer: Answer) -> dict[str, str] | None:
    """The query of the next page, as a client follows it: relative to the address that it has called."""
    if "Link" not in answer.headers:
        return None
    match = LINK.fullmatch(answer.headers["Link"])
    assert match, answer.headers["Link"]
    return dict(parse_qsl(match[1], strict_parsing=True))


def rows(answer: Answer) -> list[Item]:
    body = answer.ok()
    return list(body["data"] if isinstance(body, dict) else body)


async def pages(who: Person, path: str, query: dict[str, Any]) -> list[list[str]]:
    found: list[list[str]] = []
    following: dict[str, Any] | None = query
    while following is not None:
        answer = await who.get(path, following)
        found.append([entry["id"] for entry in rows(answer)])
        following = next_of(answer)
    return found


def limited(path: str, count: int) -> dict[str, Any]:
    return {"length" if "paginated" in path else "limit": count}


async def worked(world: World, who: Person | None = None) -> list[str]:
    """Entries of a day, newest first; the last one reaches in from the day before."""
    dates = [("2024-03-04T20:00:00Z", "2024-03-05T01:00:00Z")]
    dates += [(at(f"{hour:02}:00"), at(f"{hour:02}:30")) for hour in range(2, 8)]
    return [(await world.entry(*pair, who=who))["id"] for pair in dates][::-1]


DAY = {"start_date": at("00:00"), "end_date": at("23:00")}


@pytest.mark.parametrize("path", ["time-entries", "time-entries/paginated"])
@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 8])
async def test_the_links_lead_through_the_whole_list(world: World, path: str, count: int) -> None:
    ids = await worked(world)

    found = await pages(world.user, path, {**DAY, **limited(path, count)})

    assert found == [ids[first : first + count] for first in range(0, 7, count)]


@pytest.mark.parametrize("path", ["time-entries", "time-entries/paginated"])
async def test_entries_of_several_people_that_start_together_come_once_each(world: World, path: str) -> None:
    people = [world.person() for _ in range(3)]
    ids = {entry_id for who in people for entry_id in await worked(world, who)}

    for count in (1, 2, 4, 20):
        found = await pages(world.admin, path, {**DAY, **limited(path, count), "user_id": "*"})
        flat = [entry_id for page in found for entry_id in page]

        assert (len(flat), set(flat)) == (len(ids), ids)
        assert all(len(page) == count for page in found[:-1])


@pytest.mark.parametrize("path", ["time-entries", "time-entries/paginated"])
async def test_what_is_written_meanwhile_moves_nothing(world: World, path: str) -> None:
    ids = await worked(world)
    first = await world.user.get(path, {**DAY, **limited(path, 3)})
    (await world.user.delete(f"time-entries/{ids[0]}")).ok(204)
    (await world.user.delete(f"time-entries/{ids[2]}")).ok(204)
    await world.entry("10:00", "11:00")

    following = next_of(first)
    assert following
    second = await world.user.get(path, following)

    assert [entry["id"] for entry in rows(second)] == ids[3:6]
    if "paginated" in path:
        assert (first.ok()["records_total"], second.ok()["records_total"]) == (7, 6)


async def test_a_link_keeps_filters_and_range(world: World) -> None:
    await worked(world)
    other = await world.project_named("Other")
    ids = [(await world.entry(f"{hour}:00", f"{hour}:30", project_id=other["id"], uri="a&b=ü"))["id"]
           for hour in (12, 11, 10)]  # fmt: skip
    query = {
        "month": 3,
        "year": 2024,
        "timezone": "Europe/Berlin",
        "project_id": other["id"],
        "uri": "a&b=ü",
        "limit": 1,
    }

    assert await pages(world.user, "time-entries", query) == [[one] for one in ids]
    following = next_of(await world.user.get("time-entries", query))
    assert following
    # A default month would be another one at some point.
    assert following["start_date"] == "2024-02-29T23:00:00.0000000Z"


async def test_a_whole_list_has_no_link(world: World) -> None:
    await worked(world)

    for query in (DAY, {**DAY, "limit": 7}, {"month": 1, "year": 2000}):
        assert "Link" not in (await world.user.get("time-entries", query)).headers


def made_up(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("path", ["time-entries", "time-entries/paginated"])
@pytest.mark.parametrize(
    "cursor",
    ["x", "!", "AAAA", "é", "[" * 2000, made_up("x"), made_up([]), made_up({"date": 1}), made_up([at("10:00")]),
     made_up([at("10:00"), [1]]), made_up([at("10:00"), "x"]), made_up([1, []]), made_up(["2024-03-05", []]),
     made_up([[[[]]], []]), base64.urlsafe_b64encode(b"[" * 5000).decode().rstrip("=")],
    ids=range(15),
)  # fmt: skip
async def test_a_text_that_is_no_cursor_is_400(world: World, path: str, cursor: str) -> None:
    assert list((await world.user.get(path, {"cursor": cursor})).refused(400)["errors"]) == ["cursor"]


async def test_a_cursor_shows_nobody_what_is_not_theirs(world: World) -> None:
    await worked(world)
    following = next_of(await world.user.get("time-entries", {**DAY, "limit": 3}))
    assert following

    assert (await world.person().get("time-entries", following)).ok() == []
