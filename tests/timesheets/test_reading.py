"""Lists of timesheets: whose, in which states, of which range, page by page."""

from typing import Any
from uuid import uuid4

import pytest

from tests.calling import Answer, Item, Person, at
from tests.timesheets.test_store import decided, submitted
from tests.world import World


def week(day: int) -> Item:
    return {"start_date": f"2024-04-{day:02}", "end_date": f"2024-04-{day + 6:02}"}


def following(answer: Answer) -> str:
    """The query of the `Link`."""
    return answer.headers["Link"].partition("<?")[2].partition(">")[0]


async def listed(who: Person, **query: Any) -> list[str]:
    return [timesheet["id"] for timesheet in (await who.get("timesheets", query)).ok()]


async def test_a_list_is_of_the_callers_own_newest_period_first(world: World) -> None:
    made = [await submitted(world, **week(day)) for day in (8, 1, 15)]
    other = await submitted(world, world.admin)

    ids = [timesheet["id"] for timesheet in made]
    assert await listed(world.user) == [ids[2], ids[0], ids[1]]
    assert await listed(world.admin) == [other["id"]]
    assert set(await listed(world.admin, user_id="*")) == {*ids, other["id"]}
    assert await listed(world.admin, user_id=f"{world.user.user_id},{uuid4()}") == await listed(world.user)
    (await world.user.get("timesheets", {"user_id": world.user.user_id})).refused(403)


async def test_a_list_is_of_states_and_of_periods_that_meet_a_range_of_dates(world: World) -> None:
    first, second, third = [await submitted(world, **week(day)) for day in (1, 8, 15)]
    (await decided(world.admin, first, "approve")).ok()
    (await decided(world.admin, second, "reject")).ok()

    assert await listed(world.user, status="approved") == [first["id"]]
    assert await listed(world.user, status="rejected,submitted") == [third["id"], second["id"]]
    assert await listed(world.user, status="withdrawn") == []
    assert await listed(world.user, start_date="2024-04-14") == [third["id"], second["id"]]
    assert await listed(world.user, end_date="2024-04-08") == [second["id"], first["id"]]
    assert await listed(world.user, start_date="2024-04-07", end_date="2024-04-07") == [first["id"]]
    assert await listed(world.admin, user_id="*", start_date="2024-04-22") == []


async def test_a_period_of_the_longest_length_is_found_by_its_last_day(world: World) -> None:
    timesheet = await submitted(world, start_date="2024-04-01", end_date="2024-06-01")

    assert await listed(world.user, start_date="2024-06-01", end_date="2024-06-01") == [timesheet["id"]]
    assert await listed(world.user, start_date="2024-06-02") == []
    assert await listed(world.user, end_date="2024-03-31") == []
    assert await listed(world.user, start_date="0001-01-01", end_date="9999-12-31") == [timesheet["id"]]


@pytest.mark.parametrize(
    "query",
    [{"status": "open"}, {"start_date": "2024"}, {"end_date": "x"}, {"limit": 0}, {"limit": 1001}, {"cursor": "x"},
     {"cursor": "WzFd"}, {"start_date": "2024-04-02", "end_date": "2024-04-01"}, {"user_id": "x"}],
    ids=str,
)  # fmt: skip
async def test_a_bad_query_is_400(world: World, query: Item) -> None:
    (await world.admin.get("timesheets", query)).refused(400)


async def test_lists_go_on_behind_their_last_timesheet_whatever_is_written_meanwhile(world: World) -> None:
    people = [world.person() for _ in range(5)]
    made = {(await submitted(world, one))["id"] for one in people}
    query: Any = {"user_id": "*", "limit": 2, "status": "submitted,approved"}
    found: list[str] = []
    while True:
        answer = await world.admin.get(f"timesheets?{query}" if isinstance(query, str) else "timesheets",
                                       () if isinstance(query, str) else query)  # fmt: skip
        page = [timesheet["id"] for timesheet in answer.ok()]
        assert 1 <= len(page) <= 2
        found += page
        if "Link" not in answer.headers:
            break
        query = following(answer)
        await submitted(world, world.person(), start_date="2025-01-01", end_date="2025-01-31")

    assert set(found) == made
    assert len(found) == len(made)


async def test_another_tenants_timesheets_are_nobodys(world: World) -> None:
    timesheet = await submitted(world)
    stranger = Person(world.user.http, world.user.url, str(uuid4()), admin=True)

    assert await listed(stranger, user_id="*") == []
    for call in (
        stranger.get(f"timesheets/{timesheet['id']}"),
        stranger.get(f"timesheets/{timesheet['id']}/verification"),
        stranger.post(f"timesheets/{timesheet['id']}/approve"),
        stranger.get(f"time-entries/{timesheet['id']}"),
        world.user.get(f"time-entries/{timesheet['id']}"),
        world.user.delete(f"time-entries/{timesheet['id']}"),
        world.user.get(f"time-entries/{timesheet['id']}/history"),
    ):
        (await call).refused(404)


async def test_an_entry_is_no_timesheet(world: World) -> None:
    entry = await world.entry("10:00", "11:00")

    for who in (world.user, world.admin):
        (await who.get(f"timesheets/{entry['id']}")).refused(404, "timesheet_not_found")
    (await world.user.post(f"timesheets/{entry['id']}/withdraw")).refused(404)


async def test_the_events_of_ones_own_timesheet_can_be_asked_for(world: World) -> None:
    timesheet = await submitted(world)

    answer = (await world.user.get("events", {"item_id": timesheet["id"]})).ok()

    assert set(answer) == {"data", "continuation"}
    (await world.person().get("events", {"item_id": timesheet["id"]})).refused(404)
    assert at("00:00") > timesheet["start"]
