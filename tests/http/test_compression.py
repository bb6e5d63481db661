"""Large answers are compressed for clients that take gzip; request bodies are never taken compressed."""

import gzip
import json
from typing import Any

import pytest

from shared.http.json_body import LARGEST_PLAIN_BYTES, compressed, takes_gzip
from tests.calling import Answer, Person
from tests.world import World

# Of a description that is so long, three entries are more than 8 KiB together.
LONG = "x" * 1500


async def listed(who: Person, entries: int, accept_encoding: str | None) -> Answer:
    """The answer as it came over the wire: the test's client does not decompress it."""
    headers = {} if accept_encoding is None else {"Accept-Encoding": accept_encoding}
    return await who.call("GET", f"time-entries?month=3&year=2024&limit={entries}", headers=headers)


@pytest.fixture
async def entries(world: World) -> World:
    for hour in range(10, 18):
        await world.entry(f"{hour}:00", f"{hour}:30", description=LONG)
    return world


@pytest.mark.parametrize("accept_encoding", ["gzip", "GZIP", "br, gzip;q=0.1", "*", "gzip, deflate, br, zstd"])
async def test_a_large_answer_is_compressed_where_the_client_takes_gzip(entries: World, accept_encoding: str) -> None:
    plain = await listed(entries.user, 8, "identity")

    answer = await listed(entries.user, 8, accept_encoding)

    assert len(plain.content) > LARGEST_PLAIN_BYTES
    assert "Content-Encoding" not in plain.headers
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.body == plain.body
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize("accept_encoding", ["identity", "br", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "x-gzipped", ""])
async def test_it_is_not_where_the_client_does_not(entries: World, accept_encoding: str) -> None:
    answer = await listed(entries.user, 8, accept_encoding)

    assert "Content-Encoding" not in answer.headers
    assert len(answer.body) == 8


@pytest.mark.parametrize("accept_encoding", ["gzip", "identity"])
async def test_head_says_what_get_would(entries: World, accept_encoding: str) -> None:
    got = await listed(entries.user, 8, accept_encoding)

    head = await entries.user.call(
        "HEAD", "time-entries?month=3&year=2024&limit=8", headers={"Accept-Encoding": accept_encoding}
    )

    assert (head.status, head.content) == (200, b"")
    for name in ("Content-Encoding", "Vary"):
        assert head.headers.get(name) == got.headers.get(name)


async def test_a_small_answer_is_not_compressed(entries: World) -> None:
    answer = await listed(entries.user, 1, "gzip")

    assert len(answer.content) <= LARGEST_PLAIN_BYTES
    assert "Content-Encoding" not in answer.headers


async def test_an_answer_to_head_has_no_body_to_compress(entries: World) -> None:
    headers = {"Accept-Encoding": "gzip"}
    answer = await entries.user.call("HEAD", "time-entries?month=3&year=2024", headers=headers)

    assert answer.status == 200
    assert answer.content == b""


@pytest.mark.parametrize("size", [LARGEST_PLAIN_BYTES + 1, 5_000_000])
async def test_what_is_compressed_is_what_was_made(size: int) -> None:
    body, headers = await compressed(b"a" * size, "application/json", {"accept-encoding": "gzip"})

    assert body is not None
    assert gzip.decompress(body) == b"a" * size
    assert headers == {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}


async def test_what_is_compressed_in_itself_is_left_as_it_is() -> None:
    body = b"a" * 100_000

    assert await compressed(body, "image/png", {"accept-encoding": "gzip"}) == (body, {})


@pytest.mark.parametrize(
    ("header", "takes"),
    [("gzip;q=high", False), ("gzip ; q=1", True), (",", False), ("gzip;level=1", True), ("*;q=0, gzip", True)],
)
def test_odd_headers_are_read_as_the_standard_says(header: str, takes: bool) -> None:
    assert takes_gzip(header) is takes


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "identity, gzip"])
@pytest.mark.parametrize("packed", [True, False], ids=["compressed", "plain"])
async def test_an_encoded_body_is_415_and_makes_nothing(world: World, coding: str, packed: bool) -> None:
    body: Any = json.dumps(world.references).encode()
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}

    answer = await world.user.call(
        "POST", "time-entries", data=gzip.compress(body) if packed else body, headers=headers
    )

    answer.refused(415, "body_encoded")
    assert answer.headers["Accept-Encoding"] == "identity"
    assert (await world.user.get("time-entries/running")).status == 204


@pytest.mark.parametrize("coding", ["identity", "Identity"])
async def test_a_body_that_says_it_is_not_encoded_is_taken(world: World, coding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}

    answer = await world.user.call("POST", "time-entries", data=json.dumps(world.references).encode(), headers=headers)

    answer.ok(201)
