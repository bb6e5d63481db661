"""From a file's lines to rows: the formats as people export them, and what is in doubt."""

import pytest

from tests.imports.importing import (
    CLOCKIFY,
    GENERIC,
    HARVEST,
    TOGGL,
    entries,
    failures,
    file_of,
    generic,
    imported,
    notes,
    send,
    toggl,
)
from tests.world import World


def clockify(day: str, start: str, end: str, duration: str = "", created: str = "", *, kind: str = "Regular") -> str:
    cells = [
        "Project", "Customer", "Work", "Activity", "Somebody", "", "", "a, b", kind, "Yes", "No", "",
        day, start, day, end, duration, "", "1.00", "0.50", created,
    ]  # fmt: skip
    return ",".join(f'"{text}"' for text in cells)


def harvest(day: str, hours: str) -> str:
    return (
        f'{day},Customer,Project,P-1,Activity,Work,"{hours}",Yes,No,No,,,,Yes,"85,00","170,00",,,Euro - EUR,https://x/1'
    )


async def times(world: World) -> list[str]:
    return [f"{one['start_date'][:16]} {one['end_date'][11:16]}" for one in await entries(world.user)]


async def test_clockify_with_american_dates_and_twelve_hours(world: World) -> None:
    file = file_of(CLOCKIFY, clockify("03/25/2024", "09:00:00 AM", "12:30:00 PM", "03:30:00", "03/25/2024"))

    result = await imported(world.user, file, "clockify", "UTC")

    assert (result["created"], result["notes"]) == (1, [])
    assert await times(world) == ["2024-03-25T09:00 12:30"]
    assert (await entries(world.user))[0]["technologies"] == ["a", "b"]


async def test_clockify_with_european_dates_minutes_and_a_break(world: World) -> None:
    file = file_of(
        CLOCKIFY,
        clockify("04/03/2024", "15:00", "18:00", "3:00", "24/03/2024"),
        clockify("05/03/2024", "9:00", "9:30", "0:30", "24/03/2024", kind="Break"),
    )

    result = await imported(world.user, file, "clockify", "UTC")

    assert failures(result) == [(3, "not_work")]
    assert await times(world) == ["2024-03-04T15:00 18:00"]


async def test_clockifys_titles_in_other_accounts(world: World) -> None:
    header = CLOCKIFY.replace('"Task"', '"Activity"').replace('"Type","Billable","Invoiced","Invoice ID"', '"Billable"')
    row = clockify("18.03.2024", "04:00:00", "12:00:00", "08:00:00").replace('"Regular","Yes","No",""', '"Yes"')

    assert (await imported(world.user, file_of(header, row), "clockify", "UTC"))["created"] == 1


async def test_harvest_with_the_accounts_separators(world: World) -> None:
    file = file_of(
        HARVEST, harvest("26.03.2024", "7,5"), harvest("26.03.2024", "2.000,0"), harvest("27.03.2024", "0,25")
    )

    result = await imported(world.user, file, "harvest", "UTC")

    assert failures(result) == [(3, "day_full")]
    assert await times(world) == ["2024-03-26T09:00 16:30", "2024-03-27T09:00 09:15"]
    assert (await entries(world.user))[0]["uri"] == "https://x/1"


async def test_toggls_newer_titles(world: World) -> None:
    file = (
        '\ufeff"Description","Billable","Duration","Member","Email","Project","Tags","Start date","Start time",'
        '"Stop date","Stop time"\nWork,No,1:30:00,Somebody,,Project,-,2024-03-05,10:30:00,2024-03-05,12:00:00\n'
    )  # fmt: skip

    result = await imported(world.admin, file, "toggl", "UTC")

    assert (result["created"], result["made"]) == (1, {"customers": 0, "projects": 0, "activities": 1})


async def test_solidtime_in_utc_needs_no_zone(world: World) -> None:
    file = file_of(
        GENERIC,
        generic("2024-03-05T09:00:00Z", "2024-03-05T10:00:00+00:00", tags="a, b"),
        generic("2024-03-05T12:00:00+02:00", "2024-03-05T12:30:00+02:00"),
    )

    result = await imported(world.user, file, "solidtime")

    assert result["created"] == 2
    assert await times(world) == ["2024-03-05T09:00 10:00", "2024-03-05T10:00 10:30"]
    assert [one["timezone_offset"] for one in await entries(world.user)] == [0, -120]


@pytest.mark.parametrize("form", ["toggl", "clockify", "harvest"])
async def test_wall_clocks_need_a_zone(world: World, form: str) -> None:
    file = {
        "toggl": file_of(TOGGL, toggl("2024-03-05 09:00:00", "10:00:00")),
        "clockify": file_of(CLOCKIFY, clockify("2024-03-05", "09:00", "10:00")),
        "harvest": file_of(HARVEST, harvest("2024-03-05", "1,5")),
    }[form]

    for zone in (None, "Etc/Unknown"):
        assert "timezone" in (await send(world.user, file, form, zone)).refused(400, "timezone_missing")["errors"]
    (await send(world.user, file, form, "Nowhere/At_All")).refused(400, "validation_failed")


async def test_a_generic_row_without_an_offset_needs_a_zone(world: World) -> None:
    file = file_of(
        GENERIC,
        generic("2024-03-05T09:00:00Z", "2024-03-05T10:00:00Z"),
        generic("2024-03-05T12:00:00", "2024-03-05 13:00"),
    )

    assert "row 3" in (await send(world.user, file)).refused(400, "timezone_missing")["message"]
    assert (await imported(world.user, file, zone="America/Guayaquil"))["created"] == 2
    assert await times(world) == ["2024-03-05T09:00 10:00", "2024-03-05T17:00 18:00"]
    assert [one["timezone_offset"] for one in await entries(world.user)] == [300, 300]


async def test_dates_that_no_row_settles_are_ambiguous(world: World) -> None:
    rows = [toggl("03/03/2024 09:00:00", "10:00:00"), toggl("04/03/2024 09:00:00", "10:00:00")]
    file = file_of(TOGGL, *rows)

    refused = (await send(world.user, file, "toggl", "UTC")).refused(400, "date_ambiguous")
    assert "Row 3" in refused["message"]
    assert "date_format" in refused["message"]
    assert await entries(world.user) == []

    assert (await imported(world.user, file, "toggl", "UTC", date_format="dmy"))["created"] == 2
    assert await times(world) == ["2024-03-03T09:00 10:00", "2024-03-04T09:00 10:00"]


@pytest.mark.parametrize(("other", "month"), [("13/03/2024", 3), ("03/13/2024", 4)])
async def test_one_row_settles_them_all(world: World, other: str, month: int) -> None:
    file = file_of(TOGGL, toggl("04/03/2024 09:00:00", "10:00:00"), toggl(f"{other} 09:00:00", "10:00:00"))

    assert (await imported(world.user, file, "toggl", "UTC"))["created"] == 2
    assert len(await entries(world.user, month=month)) == (2 if month == 3 else 1)


async def test_rows_that_contradict_each_other_are_ambiguous(world: World) -> None:
    file = file_of(TOGGL, *(toggl(f"{day}/2024 09:00:00", "10:00:00") for day in ("13/03", "03/14")))

    message = (await send(world.user, file, "toggl", "UTC")).refused(400, "date_ambiguous")["message"]
    assert message.startswith("Row 3 and others do not agree on whether")


async def test_numbers_that_no_row_settles_are_ambiguous(world: World) -> None:
    file = file_of(HARVEST, harvest("2024-03-05", "1.250"), harvest("2024-03-06", "2"))

    assert "Row 2" in (await send(world.user, file, "harvest", "UTC")).refused(400, "number_ambiguous")["message"]
    settled = file_of(HARVEST, harvest("2024-03-05", "1.250"), harvest("2024-03-06", "2.5"))
    assert (await imported(world.user, settled, "harvest", "UTC"))["created"] == 2
    assert (await times(world))[0] == "2024-03-05T09:00 10:15"


async def test_more_than_ten_tags_leave_a_note(world: World) -> None:
    tags = ", ".join(f"t{number}" for number in range(12))
    result = await imported(world.user, file_of(GENERIC, generic("2024-03-05T09:00Z", "2024-03-05T10:00Z", tags=tags)))

    assert notes(result) == [(2, "tags_left_out")]
    assert "t10, t11" in result["notes"][0]["message"]
    assert len((await entries(world.user))[0]["technologies"]) == 10


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("'=1+1", "=1+1"),
        ("''@x", "'@x"),
        ("'quoted'", "'quoted'"),
        ("=1", "=1"),
        ("'", "'"),
        ("a'=1", "a'=1"),
        (" x ", " x "),
    ],
)
async def test_one_apostrophe_before_what_looks_like_a_formula_is_taken_off(world: World, cell: str, text: str) -> None:
    await imported(world.user, file_of(GENERIC, generic("2024-03-05T09:00Z", "2024-03-05T10:00Z", cell)))

    assert (await entries(world.user))[0]["description"] == text


async def test_what_libreoffice_saves_is_read(world: World) -> None:
    file = file_of(
        TOGGL,
        toggl("2024-03-05 12:05:00 AM".replace(" AM", ""), "12:10:00", "12:05:00 AM", billable="TRUE"),
        toggl("2024-03-05 13:00:00", "2024-03-06 14:30:00", "25.5", billable="FALSE"),
        toggl("2024-03-07 09:00:00", "10:30:00", "0.0625"),
    )

    result = await imported(world.user, file, "toggl", "UTC")

    assert (result["created"], result["notes"]) == (3, [])
    assert [one["billable"] for one in await entries(world.user)] == [True, False, True]


async def test_a_row_without_what_it_needs_fails_by_itself(world: World) -> None:
    file = file_of(
        TOGGL,
        toggl("2024-03-05 09:00:00", "10:00:00", project=""),
        toggl("2024-03-05 ", "10:00:00"),
        toggl("2024-03-05 11:00:00", ""),
        toggl("2024-03-05 12:00:00", "", "00:30:00"),
        toggl("2024-03-05 25:00:00", "10:00:00"),
        toggl("2024-03-05 13:00:00", "14:00:00", billable="perhaps"),
        toggl("2024-03-05 13:00:00", "14:00:00", tags="x" * 101),
        toggl("2024-03-05 13:00:00", "14:00:00", description="a\x00b"),
    )

    result = await imported(world.user, file, "toggl", "UTC")

    assert failures(result) == [
        (2, "project_missing"), (3, "start_missing"), (4, "end_missing"), (5, "end_missing"), (6, "time_invalid"),
        (7, "billable_invalid"), (8, "validation_failed"), (9, "validation_failed"),
    ]  # fmt: skip
    assert await entries(world.user) == []
