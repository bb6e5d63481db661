"""What locks cost: no round trip, and hardly a request unit, after ten years of weekly timesheets as well."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

import pytest

from shared.cosmos.items import own_fields
from shared.instants import format_instant
from shared.time_entries.timeline import MOST_LOCKS
from shared.timesheets.rules import id_of
from tests.calling import Item
from tests.functions.test_cost import Measured, measured
from tests.time_entries.test_timeline import keys, timeline_of
from tests.timesheets.test_store import submitted
from tests.world import World

__all__ = ["measured"]
WEEKS = [date(2014, 1, 6) + timedelta(weeks=week) for week in range(520)]


async def approved_long_ago(world: World, days: int) -> None:
    """Ten years of weeks of so many days, written behind the app's back; the timeline is made anew by the next call."""
    pattern = own_fields(await world.stored("time_entry", await submitted(world)))
    container = world.app.container("time_entry")
    for some in (WEEKS[first : first + 100] for first in range(0, len(WEEKS), 100)):
        creations = [("create", (timesheet,)) for timesheet in of_weeks(pattern, some, days)]
        await container.execute_item_batch(creations, keys(world))
    await container.delete_item("timeline", keys(world))
    await world.entry("2024-04-05T06:00:00Z", "2024-04-05T07:00:00Z")


def of_weeks(pattern: Item, weeks: Iterable[date], days: int) -> Iterable[Item]:
    for number, monday in enumerate(weeks):
        start = datetime.combine(monday, time(), UTC)
        yield {
            **pattern,
            "id": id_of(monday, number),
            "status": "approved",
            "start": format_instant(start),
            "end": format_instant(start + timedelta(days=days)),
        }


async def charges(measured: Measured) -> tuple[list[float], list[int]]:
    """Of a start, of what runs and of a stop."""
    world, charged, trips = measured.world, [], []
    for method, path, body, status in (
        ("POST", "time-entries", world.references, 201),
        ("GET", "time-entries/running", None, 200),
        ("POST", "time-entries/{id}/stop", None, 200),
    ):
        running = await world.user.get("time-entries/running")
        filled = path.replace("{id}", running.body["id"] if running.status == 200 else "")
        trips.append(await measured.cost(world.user.call(method, filled, json=body), status))
        charged.append(measured.recorder.charge)
    return charged, trips


@pytest.mark.parametrize("days", [7, 5], ids=["whole weeks", "without weekends"])
async def test_ten_years_of_weekly_timesheets_cost_a_request_unit_at_most(measured: Measured, days: int) -> None:
    before, trips_before = await charges(measured)

    await approved_long_ago(measured.world, days)

    after, trips = await charges(measured)
    assert len((await timeline_of(measured.world))["locks"]) in ({1, 2} if days == 7 else {MOST_LOCKS})
    assert trips == trips_before == [1, 1, 1]
    assert [late - early for late, early in zip(after, before, strict=True)] == pytest.approx([0, 0, 0], abs=1)


async def test_a_gap_between_old_periods_is_free_although_the_timeline_does_not_know(measured: Measured) -> None:
    world = measured.world
    await approved_long_ago(world, 5)
    saturday, friday = "2014-02-08", "2014-02-07"
    body = {**world.references, "start_date": f"{saturday}T10:00:00Z", "end_date": f"{saturday}T11:00:00Z"}

    assert await measured.cost(world.user.post("time-entries", body), 201) <= 4
    locked = {**body, "start_date": f"{friday}T10:00:00Z", "end_date": f"{friday}T11:00:00Z"}
    (await world.user.post("time-entries", locked)).refused(409, "period_locked")
