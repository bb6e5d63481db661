"""Rows without clock times: laid end to end from 09:00, around what is there."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from shared import instants
from shared.imports.placing import Rules, Taken, placed
from shared.imports.rows import Row, RowError
from shared.time_entries.rules import Interval
from tests.imports.importing import HARVEST, entries, failures, file_of, imported
from tests.world import World

DAY = date(2024, 3, 5)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MIDNIGHT = datetime(2024, 3, 5, tzinfo=UTC)
LIMITS = Rules(NOW, timedelta(hours=168), UTC)


def harvest(day: str, hours: str, notes: str = "Work", project: str = "Project") -> str:
    return f'{day},Customer,{project},,Activity,{notes},"{hours}",Yes,No,No,,,,Yes,,,,,,'


async def starts(world: World) -> list[str]:
    return [one["start_date"][11:16] + "-" + one["end_date"][11:16] for one in await entries(world.user)]


async def test_they_lie_end_to_end_from_nine_around_what_is_there(world: World) -> None:
    await world.entry("10:00", "11:30")
    file = file_of(
        HARVEST, harvest("2024-03-05", "1.0"), harvest("2024-03-05", "2.5", "B"), harvest("2024-03-06", "0.25")
    )

    result = await imported(world.user, file, "harvest", "UTC")

    assert (result["created"], result["failed"]) == (3, [])
    assert await starts(world) == ["09:00-10:00", "10:00-11:30", "11:30-14:00", "09:00-09:15"]
    assert (await imported(world.user, file, "harvest", "UTC"))["unchanged"] == 3


async def test_a_full_day_begins_at_midnight_and_fails_where_it_can_not_hold_them(world: World) -> None:
    file = file_of(
        HARVEST, harvest("2024-03-05", "8"), harvest("2024-03-05", "8", "B"), harvest("2024-03-05", "8.5", "C"),
        harvest("2024-03-06", "25"), harvest("2024-03-07", "0.0"), harvest("2124-03-07", "1.0"),
    )  # fmt: skip

    result = await imported(world.user, file, "harvest", "UTC")

    assert failures(result) == [(4, "day_full"), (5, "day_full"), (6, "end_not_after_start"), (7, "end_in_future")]
    assert await starts(world) == ["00:00-08:00", "08:00-16:00"]


async def test_a_file_that_was_cut_off_is_completed_around_its_own_entries(world: World) -> None:
    rows = [harvest("2024-03-05", hours, f"Row {hours}") for hours in ("1.0", "2.0", "3.0", "4.0")]
    await imported(world.user, file_of(HARVEST, *rows[:2]), "harvest", "UTC")

    result = await imported(world.user, file_of(HARVEST, *rows), "harvest", "UTC")

    assert (result["created"], result["unchanged"]) == (2, 2)
    assert await starts(world) == ["09:00-10:00", "10:00-12:00", "12:00-15:00", "15:00-19:00"]


async def test_equal_rows_are_as_many_entries(world: World) -> None:
    file = file_of(HARVEST, *[harvest("2024-03-05", "1.0")] * 3)

    assert (await imported(world.user, file, "harvest", "UTC"))["created"] == 3
    assert (await imported(world.user, file, "harvest", "UTC"))["unchanged"] == 3
    assert await starts(world) == ["09:00-10:00", "10:00-11:00", "11:00-12:00"]


async def test_another_zone_makes_another_entry_where_it_moves_the_day(world: World) -> None:
    file = file_of(HARVEST, harvest("2024-03-05", "1.0"))
    await imported(world.user, file, "harvest", "Europe/Berlin")

    assert (await imported(world.user, file, "harvest", "Europe/Madrid"))["unchanged"] == 1
    assert (await imported(world.user, file, "harvest", "America/New_York"))["created"] == 1
    assert await starts(world) == ["08:00-09:00", "14:00-15:00"]


def row(number: int, minutes: int) -> Row:
    return Row(number, "", "", None, "P", "A", None, None, [], None, 0, day=DAY, length=timedelta(minutes=minutes))


@given(
    st.lists(st.integers(1, 600), max_size=12),
    st.lists(st.tuples(st.integers(-60, 1500), st.integers(1, 300)), max_size=5),
    st.integers(0, 1600),
)
def test_whatever_is_there_nothing_overlaps_and_a_row_fails_only_without_room(
    lengths: list[int], there: list[tuple[int, int]], now: int
) -> None:
    taken, present = Taken(), []
    for start, length in there:
        interval = Interval(MIDNIGHT + timedelta(minutes=start), MIDNIGHT + timedelta(minutes=start + length))
        if not taken.meets(interval):
            taken.add(interval)
            present.append(interval)
    limits = Rules(MIDNIGHT + timedelta(minutes=now), timedelta(hours=168), UTC)
    rows = [row(number, length) for number, length in enumerate(lengths)]

    places = placed(rows, taken, Taken(), limits)

    laid = [one for one in places if isinstance(one, Interval)]
    everything = sorted([*present, *laid], key=lambda one: one.start)
    assert all(one.end and one.end <= other.start for one, other in pairwise(everything))
    assert all(
        one.start >= MIDNIGHT and one.end and one.end <= min(limits.now, MIDNIGHT + timedelta(days=1)) for one in laid
    )
    edges = [
        MIDNIGHT,
        *(edge for one in everything for edge in one if edge),
        min(limits.now, MIDNIGHT + timedelta(days=1)),
    ]
    for wanted, place in zip(rows, places, strict=True):
        if isinstance(place, RowError):
            gaps = [later - earlier for earlier, later in zip(sorted(edges), sorted(edges)[1:], strict=False)]
            free = [
                gap for edge, gap in zip(sorted(edges), gaps, strict=False)
                if not any(one.start <= edge < (one.end or NOW) for one in everything)
                and MIDNIGHT <= edge < min(limits.now, MIDNIGHT + timedelta(days=1))
            ]  # fmt: skip
            assert all(gap < wanted.length for gap in free)


def test_a_day_of_23_hours_holds_no_more() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    limits = Rules(NOW, timedelta(hours=168), berlin)
    spring = date(2024, 3, 31)
    rows = [row(1, 23 * 60), row(2, 1)]
    for one in rows:
        one.day = spring

    whole, more = placed(rows, Taken(), Taken(), limits)

    assert whole == Interval(instants.start_of_day(spring, berlin), instants.end_of_day(spring, berlin))
    assert isinstance(more, RowError)
    assert more.code == "day_full"
