"""A large file is imported in parts, and what comes of it is the same as if it were imported at once."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import instants
from shared.auth.caller import Caller
from shared.imports import running
from shared.imports.parts import LONGEST_PART, Cut, parts_of
from shared.imports.rows import Failed, Options, Row
from shared.imports.running import Result
from shared.imports.table import File
from shared.time_entries.rules import Interval
from tests.calling import Item, Person
from tests.imports.importing import CSV, GENERIC, HARVEST, entries, file_of, generic
from tests.world import World

LONGEST = timedelta(hours=168)
BEGIN = datetime(2024, 3, 5, tzinfo=UTC)
ROW = Row(2, "", "", None, "Project", "Activity", None, None, [], None, 0)

minutes = st.integers(0, 40)
places = st.one_of(
    st.tuples(minutes, st.integers(-2, 12)).map(
        lambda pair: {"interval": Interval(*(BEGIN + timedelta(minutes=one) for one in (pair[0], sum(pair))))}
    ),
    st.integers(1, 4).map(lambda day: {"day": date(2024, 3, day), "length": timedelta(hours=1)}),
)
people = st.sampled_from(["", "a@example.org", "b@example.org"])


def numbered(content: Sequence[tuple[str, Item] | None]) -> list[Row | Failed]:
    return [
        replace(ROW, number=number, email=one[0], **one[1]) if one else Failed(number, "date_invalid", "No date")
        for number, one in enumerate(content, 2)
    ]


def reach(row: Row) -> Interval:
    if row.interval:
        return row.interval
    day = datetime.combine(row.day or date.min, datetime.min.time(), UTC)
    return Interval(day, day + timedelta(days=1))


@given(st.lists(st.none() | st.tuples(people, places), max_size=40), st.integers(1, 6))
def test_no_two_rows_that_may_be_in_each_others_way_are_in_different_parts(
    content: list[tuple[str, Item] | None], most: int
) -> None:
    rows = numbered(content)

    parts = [*parts_of(iter(rows), len(rows), Cut(most, UTC, LONGEST))]

    assert sorted((row for part in parts for row in part), key=lambda row: row.number) == rows
    assert all([*part] == sorted(part, key=lambda row: row.number) for part in parts)
    assert all(most <= len(part) <= LONGEST_PART * most for part in parts[:-1])
    for number, part in enumerate(parts):
        if len(part) == LONGEST_PART * most:
            continue
        later = [row for other in parts[number + 1 :] for row in other if isinstance(row, Row)]
        for row in part:
            if isinstance(row, Row):
                ours = reach(row)
                meeting = [
                    other
                    for other in later
                    if other.email == row.email
                    and (theirs := reach(other)).start < (ours.end or ours.start)
                    and ours.start < (theirs.end or theirs.start)
                ]
                assert meeting == []


def test_a_row_that_is_too_long_to_be_imported_holds_no_others_together() -> None:
    years = Interval(BEGIN, BEGIN + timedelta(days=3650))
    days = [Interval(BEGIN + timedelta(days=day), BEGIN + timedelta(days=day, hours=1)) for day in range(1, 20)]
    rows = numbered([("", {"interval": one}) for one in (years, *days)])

    parts = [*parts_of(iter(rows), len(rows), Cut(5, UTC, LONGEST))]

    assert [len(part) for part in parts] == [5, 5, 5, 5]


async def run(
    who: Person, file: str, at_once: int, form: str = "generic", *, dry_run: bool = False
) -> tuple[list[tuple[int, str]], int]:
    """What fails, and how many entries are created, with parts of so many rows."""
    caller = Caller(who.user_id, who.tenant_id, is_admin=True)
    options = Options(form, instants.zone_named("UTC"))
    prepared = await running.prepare(
        caller, instants.now(), File("f.csv", CSV, file.encode()), options, dry_run=dry_run
    )
    results: list[Result] = [part async for part in prepared.run(rows_at_once=at_once)]
    failed = sorted((one.number, one.code) for part in results for one in part.failed)
    return failed, sum(part.created for part in results)


def harvest(day: int, hours: str, notes: str) -> str:
    return f'2024-03-{day:02},Customer,Project,,Activity,{notes},"{hours}",Yes,No,No,,,,Yes,,,,,,'


def with_days() -> str:
    """Days that fit after nine and days that do not, each spread over the file."""
    rows = [harvest(day, hours, f"{day} {hours}") for hours in ("9.5", "7.25", "6.5", "2.0") for day in range(1, 6)]
    return file_of(HARVEST, *rows, harvest(1, "9.5", "1 9.5"))


def with_clocks() -> str:
    """Entries of an hour, in no order, some of which overlap or come twice."""
    chance = random.Random(5)
    starts = [BEGIN + timedelta(minutes=20 * chance.randrange(400)) for _ in range(40)]
    rows = [generic(f"{one:%FT%T}Z", f"{one + timedelta(hours=1):%FT%T}Z", f"At {one}") for one in starts]
    return file_of(GENERIC, *rows, *rows[:3])


@pytest.mark.parametrize(("file", "form"), [(with_days(), "harvest"), (with_clocks(), "generic")])
async def test_where_a_part_ends_makes_no_difference(world: World, file: str, form: str) -> None:
    one, other = world.person(admin=True), world.person(admin=True)

    at_once, in_parts = await run(one, file, 1000, form), await run(other, file, 5, form)

    assert at_once == in_parts
    assert at_once[0]
    of_one, of_other = [
        [(entry["start_date"], entry["end_date"], entry["description"]) for entry in await entries(who)]
        for who in (one, other)
    ]
    assert of_one == of_other
    assert len(of_one) == at_once[1]


async def test_a_dry_run_in_parts_says_what_the_run_does(world: World) -> None:
    dry = await run(world.admin, with_clocks(), 5, dry_run=True)
    assert dry == await run(world.admin, with_clocks(), 5)
    assert any(code == "time_entry_overlap" for _, code in dry[0])
