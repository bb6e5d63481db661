"""Who has not submitted: the time that no submitted or approved timesheet covers, cut at every edge."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.timesheets.missing import uncovered
from tests.calling import Item, Person, ago, at
from tests.timesheets.test_reading import following
from tests.timesheets.test_store import decided, submitted
from tests.world import World

MARCH = {"start_date": "2024-03-01", "end_date": "2024-03-31"}


async def missing(world: World, **query: Any) -> dict[str, float]:
    answer = (await world.admin.get("timesheets/missing", {**MARCH, **query})).ok()
    assert set(answer) == {"data"}
    for user in answer["data"]:
        assert set(user) == {"user_id", "email", "name", "seconds"}
    return {user["user_id"]: user["seconds"] for user in answer["data"]}


async def test_who_has_worked_and_not_submitted_is_named(world: World) -> None:
    idle, other = world.person(), world.person()
    await world.entry("10:00", "11:00")
    await world.entry("10:00", "10:30", other)
    await world.entry(at("10:00", "2024-05-05"), at("11:00", "2024-05-05"), idle)

    assert await missing(world) == {world.user.user_id: 3600.0, other.user_id: 1800.0}
    timesheet = await submitted(world)
    assert await missing(world) == {other.user_id: 1800.0}
    (await decided(world.admin, timesheet, "approve")).ok()
    assert await missing(world) == {other.user_id: 1800.0}
    (await decided(world.admin, timesheet, "reopen")).ok()
    assert await missing(world) == {world.user.user_id: 3600.0, other.user_id: 1800.0}


async def test_only_what_lies_in_the_range_and_in_no_timesheet_counts(world: World) -> None:
    await world.entry(at("23:00", "2024-02-29"), at("01:00", "2024-03-01"))
    await world.entry(at("23:30", "2024-03-09"), at("23:59", "2024-03-09"))
    await world.entry(at("10:00", "2024-03-12"), at("11:00", "2024-03-12"))
    await submitted(world, start_date="2024-03-10", end_date="2024-03-20")

    assert await missing(world) == {world.user.user_id: 3600.0 + 29 * 60}
    assert await missing(world, start_date="2024-03-10") == {}
    # One o'clock in Madrid is midnight in UTC.
    only = {"start_date": "2024-03-01", "end_date": "2024-03-01", "timezone": "Europe/Madrid"}
    assert await missing(world, **only) == {world.user.user_id: 7200.0}


async def test_a_timer_counts_up_to_now(world: World) -> None:
    await world.started(start_date=ago(hours=30))
    today = ago()[:10]

    (seconds,) = (await missing(world, start_date="2024-03-01", end_date=today)).values()
    assert 30 * 3600 <= seconds < 30 * 3600 + 300


async def test_the_list_goes_on_from_user_to_user(world: World) -> None:
    people = [world.person() for _ in range(5)]
    for person in people:
        await world.entry("10:00", "11:00", person)
    await submitted(world, people[0])
    found: list[str] = []
    answer = await world.admin.get("timesheets/missing", {**MARCH, "limit": 2})
    while True:
        found += [user["user_id"] for user in answer.ok()["data"]]
        if "Link" not in answer.headers:
            break
        answer = await world.admin.get(f"timesheets/missing?{following(answer)}")

    assert found == sorted(person.user_id for person in people[1:])


async def test_it_is_for_administrators_and_of_their_tenant(world: World) -> None:
    await world.entry("10:00", "11:00")
    stranger = Person(world.user.http, world.user.url, str(uuid4()), admin=True)

    (await world.user.get("timesheets/missing", MARCH)).refused(403)
    assert (await stranger.get("timesheets/missing", MARCH)).ok() == {"data": []}


@pytest.mark.parametrize(
    "query", [{"start_date": ""}, {"end_date": ""}, {"start_date": "2024-04-01"}, {"timezone": "x"}, {"limit": 0},
              {"cursor": "WzFd"}], ids=str,
)  # fmt: skip
async def test_a_bad_query_is_400(world: World, query: Item) -> None:
    (await world.admin.get("timesheets/missing", {**MARCH, **query})).refused(400)


SPANS = st.lists(st.integers(0, 200), max_size=8, unique=True).map(
    lambda edges: list(zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False))
)


@given(SPANS, SPANS, st.tuples(st.integers(0, 200), st.integers(0, 200)).map(sorted))
def test_each_millisecond_counts_that_is_worked_and_asked_for_and_not_covered(
    entries: list[tuple[int, int]], periods: list[tuple[int, int]], asked: list[int]
) -> None:
    def instant(millisecond: int) -> datetime:
        return datetime.fromtimestamp(millisecond / 1000, UTC)

    def spans(pairs: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
        return [(instant(start), instant(end)) for start, end in pairs]

    def within(moment: int, pairs: list[tuple[int, int]]) -> bool:
        return any(start <= moment < end for start, end in pairs)

    expected = sum(within(moment, entries) and not within(moment, periods) for moment in range(asked[0], asked[1]))

    assert uncovered((instant(asked[0]), instant(asked[1])), spans(entries), spans(periods)) == expected
