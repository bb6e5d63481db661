"""Dates: how they are taken, kept and answered, in bodies and in queries."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.calling import STORED_DATE, Item, ago, at, instant_of, stored
from tests.world import World


@pytest.mark.parametrize(
    "start",
    [
        "2024-03-05T10:00:00Z",
        "2024-03-05T10:00:00.000Z",
        "2024-03-05T10:00:00.0000000Z",
        "2024-03-05T10:00:00",
        "2024-03-05T10:00",
        "2024-03-05T10:00:00+00:00",
        "2024-03-05T12:00:00+02:00",
        "2024-03-05T05:00:00.000-05:00",
        "2024-03-04T23:30:00-10:30",
        "20240305T100000Z",
    ],
)
@pytest.mark.parametrize("offset", [300, -60])
async def test_every_spelling_of_an_instant_is_answered_in_one(world: World, start: str, offset: int) -> None:
    """A date in a body without an offset is UTC, whatever `timezone_offset` says."""
    entry = await world.entry(start, "11:00", timezone_offset=offset)

    assert entry["start_date"] == "2024-03-05T10:00:00.0000000Z"
    assert entry["timezone_offset"] == offset
    assert (await world.stored("time_entry", entry))["start_date"] == entry["start_date"]


@pytest.mark.parametrize(
    "wrong",
    ["2024-03-05", "10:00", "2024-02-30T10:00:00Z", "2024-03-05T25:00:00Z", "2024-03-05T10:00:00+99:00", "now",
     "1709632800", 1709632800, 1709632800.5, True, [], {}, ["2024-03-05T10:00:00Z"], "2024-03-05T10:00:00Z\x00",
     "2024-03-05T10:00:00 02:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
     "٢٠٢٤-03-05T10:00:00Z", "\ud800", "x" * 10000],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
@pytest.mark.parametrize("field", ["start_date", "end_date"])
async def test_anything_else_is_400(world: World, field: str, wrong: Any) -> None:
    entry = await world.entry("10:00", "11:00")
    dates = {"start_date": at("12:00"), "end_date": at("13:00"), field: wrong}

    created = (await world.user.post("time-entries", {**world.references, **dates})).refused(400)
    changed = (await world.user.put(f"time-entries/{entry['id']}", {field: wrong})).refused(400)

    assert list(created["errors"]) == list(changed["errors"]) == [field]


async def test_dates_are_kept_in_whole_milliseconds_rounded_down(world: World) -> None:
    """Browsers keep no more, and could not send a finer one back."""
    entry = await world.entry("2024-03-05T10:00:00.123456Z", "2024-03-05T10:00:00.1249999Z")

    assert entry["start_date"] == "2024-03-05T10:00:00.1230000Z"
    assert entry["end_date"] == "2024-03-05T10:00:00.1240000Z"
    technology = await world.made("technologies", name="Python", creation_date="2024-03-05T10:00:00.9999Z")
    assert technology["creation_date"] == "2024-03-05T10:00:00.9990000Z"


async def test_an_entry_with_microseconds_is_edited_by_a_browser_beside_a_neighbour(world: World) -> None:
    """An older version kept microseconds. A browser sends them back as milliseconds, which would overlap."""
    before, entry = await world.entry("10:00", "11:00"), await world.entry("11:00", "12:00")
    edge = "2024-03-05T11:00:00.0005000Z"
    dates = [(before, {"end_date": edge}), (entry, {"start_date": edge, "end_date": "2024-03-05T12:00:00.0009990Z"})]
    for one, finer in dates:
        stored_one = await world.stored("time_entry", one)
        await world.app.container("time_entry").replace_item(one["id"], {**stored_one, **finer})
    sent = {"start_date": "2024-03-05T11:00:00.000Z", "end_date": "2024-03-05T12:00:00.000Z", "description": "new"}

    changed = (await world.user.put(f"time-entries/{entry['id']}", sent)).ok()

    assert (changed["description"], changed["start_date"]) == ("new", edge)
    assert changed["end_date"] == "2024-03-05T12:00:00.0009990Z"
    assert (await world.user.put(f"time-entries/{entry['id']}", {**changed, **sent})).ok() == changed
    events = await world.outbox("time_entry", entry)
    assert [list(event["changes"]) for event in events if event["action"] == "update"] == [["description"]]


async def test_instants_that_the_server_makes_are_whole_tenths_of_a_second(world: World) -> None:
    """The frontend writes 29 ms as `.29`, without padding: a whole item that it sends back is unchanged."""
    tenth = timedelta(milliseconds=100)
    before = datetime.now(UTC) - tenth
    timer = await world.started()
    stopped = (await world.user.post(f"time-entries/{timer['id']}/stop")).ok()

    for text in (timer["start_date"], stopped["start_date"], stopped["end_date"]):
        assert STORED_DATE.fullmatch(text)
        assert text.endswith("000000Z")
        # A stop in the tenth of its start ends with the next one.
        assert before < instant_of(text) <= datetime.now(UTC) + tenth
    unpadded = (instant_of(stopped[name]) for name in ("start_date", "end_date"))
    texts = [f"{one:%Y-%m-%dT%H:%M:%S}.{one.microsecond // 1000}Z" for one in unpadded]
    browsers = dict(zip(("start_date", "end_date"), texts, strict=True))
    assert (await world.user.put(f"time-entries/{timer['id']}", {**stopped, **browsers})).ok() == stopped
    assert len(await world.outbox("time_entry", timer)) == 2


@pytest.mark.parametrize("offset", [0, -840, 840, -60, 300, 345])
async def test_any_offset_from_minus_840_to_840_is_kept(world: World, offset: int) -> None:
    entry = await world.entry("10:00", "11:00", timezone_offset=offset)

    assert entry["timezone_offset"] == offset
    assert (await world.user.get(f"time-entries/{entry['id']}")).ok()["timezone_offset"] == offset


async def found(world: World, start: str, end: str, **more: str | int) -> list[Item]:
    entries: list[Item] = (await world.user.get("time-entries", {"start_date": start, "end_date": end, **more})).ok()
    return entries


@pytest.mark.parametrize("offset", [300, -120, 0])
@pytest.mark.parametrize("end", ["2024-03-05T10:30:00Z", "2024-03-05T12:30:00+02:00", "2024-03-05T12:30:00 02:00"])
async def test_a_date_of_a_list_with_an_offset_is_not_shifted(world: World, offset: int, end: str) -> None:
    entry = await world.entry("10:00", "11:00")

    assert await found(world, "2024-03-05T10:15:00Z", end, timezone_offset=offset) == [entry]
    assert await found(world, "2024-03-05T11:00:00Z", "2024-03-05T12:00:00Z", timezone_offset=offset) == []


@pytest.mark.parametrize(
    ("offset", "start", "end"),
    [(300, "05:00", "06:00"), (-120, "12:00", "13:00"), (0, "10:00", "11:00"), (None, "05:00", "06:00")],
)
async def test_a_date_of_a_list_without_an_offset_is_local(
    world: World, offset: int | None, start: str, end: str
) -> None:
    entry = await world.entry("10:00", "11:00")
    more = {} if offset is None else {"timezone_offset": offset}

    assert await found(world, f"2024-03-05T{start}:00", f"2024-03-05T{end}:00", **more) == [entry]
    assert await found(world, f"2024-03-05T{end}:00", "2024-03-05T23:00:00", **more) == []
    assert await found(world, "2024-03-05T00:00:00", f"2024-03-05T{start}:00", **more) == []


async def test_the_end_of_a_list_may_lie_in_the_future(world: World) -> None:
    timer = await world.started()
    future = stored(datetime.now(UTC) + timedelta(days=900))

    assert await found(world, ago(days=1), future) == [timer]
    assert await found(world, future, "9999-12-31T23:59:59Z") == [timer]


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "yesterday"},
        {"end_date": "2024-03-05T25:00:00"},
        {"start_date": "2024-03-06T00:00:00Z", "end_date": "2024-03-05T00:00:00Z"},
        {"start_date": "2024-03-05T00:00:00Z\x00"},
        {"start_date": "0001-01-01T00:00:00", "timezone_offset": -60},
        {"end_date": "9999-12-31T23:59:59", "timezone_offset": 60},
        {"timezone_offset": "841"},
        {"timezone_offset": "-841"},
        {"timezone_offset": "five"},
        {"timezone_offset": "1.5"},
        {"month": "13"},
        {"month": "0"},
        {"month": "March"},
        {"year": "-1"},
        {"year": "10000"},
        {"year": "MMXXIV"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["time-entries", "time-entries/paginated"])
async def test_a_bad_date_in_a_query_is_400(world: World, path: str, query: dict[str, str]) -> None:
    body = (await world.user.get(path, query)).refused(400)

    assert set(body["errors"]) <= set(query)
