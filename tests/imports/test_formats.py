"""Files as other trackers export them, row by row as they print them."""

from datetime import date, datetime, time

import aiohttp
import pytest

from tests.application import Application
from tests.imports.importing import XLSX, entries, failures, file_of, imported, notes, send
from tests.imports.test_people import people
from tests.imports.test_table import sheet
from tests.world import World, make_world

# The columns of Kimai 2's default export that matter here, in its order.
KIMAI = "Date,From,To,Duration,Name,User,Email,Customer,Project,Activity,Description,Billable,Tags"


@pytest.fixture
async def world(with_directory: Application, http: aiohttp.ClientSession) -> World:
    made = await make_world(http, with_directory)
    people(made, [(made.user, "Luis Luna"), (made.admin, "Ada Andrade")])
    return made


def kimai(start: str, end: str, duration: str, *, billable: str = "1", name: str = "", email: str = "") -> str:
    cells = [
        "2024-03-05", start, end, duration, name, "luna", email, "Customer", "Project", "Activity", "Work",
        billable, '"a, b"',
    ]  # fmt: skip
    return ",".join(cells)


async def times(world: World) -> list[str]:
    return [f"{one['start_date'][:16]} {one['end_date'][:16]}" for one in await entries(world.user)]


async def test_kimai(world: World) -> None:
    file = file_of(
        KIMAI,
        kimai("09:00", "10:30", "1.5"),
        kimai("11:00", "11:20", "0.33", billable="0"),
        kimai("12:00", "12:30", "P0Y0M0DT0H30M0S0F"),
        # It gives no date for the end, and a break is no part of the duration.
        kimai("23:00", "01:00", "1.5"),
    )

    result = await imported(world.user, file, "kimai", "UTC")

    assert (failures(result), notes(result)) == ([], [(5, "duration_differs")])
    assert await times(world) == [
        "2024-03-05T09:00 2024-03-05T10:30", "2024-03-05T11:00 2024-03-05T11:20", "2024-03-05T12:00 2024-03-05T12:30",
        "2024-03-05T23:00 2024-03-06T01:00",
    ]  # fmt: skip
    found = await entries(world.user)
    assert [one["billable"] for one in found] == [True, False, True, True]
    assert (found[0]["technologies"], found[0]["activity_name"]) == (["a", "b"], "Activity")


async def test_kimai_says_who_by_name_or_by_email(world: World) -> None:
    file = file_of(
        KIMAI,
        kimai("09:00", "10:00", "1", name="luis  luna"),
        kimai("10:00", "11:00", "1", name="Anybody", email=world.user.email),
        kimai("11:00", "12:00", "1", name="Nobody Else"),
    )

    result = await imported(world.admin, file, "kimai", "UTC")

    assert failures(result) == [(4, "person_not_found")]
    assert len(await entries(world.user)) == 2
    assert await entries(world.admin) == []


async def test_kimais_rows_that_run_last_seconds_or_days(world: World) -> None:
    file = file_of(
        KIMAI,
        # It shows minutes, and allows entries that last nothing.
        kimai("09:00", "09:00", "0"),
        kimai("09:00", "09:00", "0.01"),
        kimai("09:30", "", "0"),
        kimai("10:00", "12:00", "26.0"),
    )

    result = await imported(world.user, file, "kimai", "UTC")

    assert failures(result) == [(2, "end_not_after_start"), (3, "end_not_after_start"), (4, "end_missing")]
    assert "still ran" in result["failed"][2]["message"]
    assert (await times(world), notes(result)) == (["2024-03-05T10:00 2024-03-06T12:00"], [])


@pytest.mark.parametrize("file", ["start,end,hours,project", "start,stop,duration,project"])
async def test_a_row_without_an_end_was_running_where_others_have_one(world: World, file: str) -> None:
    # klok 1.2.1 and Hamster 3.0.3 write how long it had run by then.
    rows = ["2024-03-05T09:00Z,2024-03-05T10:00Z,1:00,Project", "2024-03-05T10:00Z,,2:30,Project"]

    assert failures(await imported(world.user, file_of(file, *rows), default_activity="Activity")) == [
        (3, "end_missing")
    ]
    assert await times(world) == ["2024-03-05T09:00 2024-03-05T10:00"]
    # A file without any ends tells them by durations.
    alone = await imported(world.user, file_of(file, rows[1]), default_activity="Activity")
    assert (alone["created"], alone["failed"]) == (1, [])


async def test_hamster(world: World) -> None:
    # `hamster export tsv` of Hamster 3.0.3; hamster-lib 0.13.2 has no tags, another order, and seconds.
    header = "activity\tstart time\tend time\tduration minutes\tcategory\tdescription\ttags"
    file = file_of(
        header,
        "Activity\t2024-03-05 09:00\t2024-03-05 10:30\t90.0\tProject\tdid, it\tx, y z",
        "Activity\t2024-03-05 11:00\t\t1434358.0\tProject\t\t",
    )

    result = await imported(world.user, file, "hamster", "Europe/Berlin")

    assert (result["created"], failures(result)) == (1, [(3, "end_missing")])
    (found,) = await entries(world.user)
    assert (found["start_date"][:16], found["end_date"][:16]) == ("2024-03-05T08:00", "2024-03-05T09:30")
    assert [found[name] for name in ("project_name", "activity_name", "description", "technologies")] == [
        "Project", "Activity", "did, it", ["x", "y z"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "Project,Date,User,Activity,Issue,Comment,Hours",
            "Project,2024-03-05,Luis Luna,Activity,Bug #12: It,Work,1.50",
        ),
        ("Date,Employee,Project,Task,Description,Hours Spent", "2024-03-05,Luis Luna,Project,Activity,Work,1:30"),
    ],
)
async def test_files_of_days_and_hours_of_other_products(world: World, header: str, row: str) -> None:
    assert (await imported(world.admin, file_of(header, row), "harvest", "UTC"))["failed"] == []

    (found,) = await entries(world.user)
    assert [found[name] for name in ("activity_name", "description")] == ["Activity", "Work"]
    assert found["uri"] == ("Bug #12: It" if "Issue" in header else None)
    assert await entries(world.admin) == []


async def test_a_generic_files_breaks_are_no_work(world: World) -> None:
    # As the package clockify-export 0.3.0 writes them: minutes of UTC.
    file = file_of(
        "Date,Start,End,Duration (h),Project,Customer,Task,Type,Timezone",
        "2024-03-05,08:00,09:30,1.5,Project,Customer,Activity,REGULAR,Europe/Berlin",
        "2024-03-05,09:30,10:00,0.5,Project,Customer,Activity,BREAK,Europe/Berlin",
    )

    result = await imported(world.user, file, zone="UTC")

    assert (result["created"], failures(result)) == (1, [(3, "not_work")])


async def test_solidtime_says_who_by_name(world: World) -> None:
    # The detailed report of an organization, by its source of July 2026.
    header = "Description,Task,Project,Client,User,Start,End,Duration,Duration (decimal),Billable,Tags"
    file = file_of(
        header,
        "Work,Activity,Project,Customer,Luis Luna,2024-03-05 09:00:00,2024-03-05 10:00:00,1:00:00,1,Yes,a",
        "Work,Activity,Project,Customer,Ada Andrade,2024-03-05 09:00:00,2024-03-05 10:00:00,1:00:00,1,Yes,a",
        "Work,Activity,Project,Customer,Nobody Else,2024-03-05 09:00:00,2024-03-05 10:00:00,1:00:00,1,Yes,a",
    )

    own = await imported(world.user, file, "solidtime", "UTC")
    everyones = await imported(world.admin, file, "solidtime", "UTC")

    assert (own["created"], failures(own)) == (1, [(3, "not_yours"), (4, "not_yours")])
    assert (everyones["created"], everyones["unchanged"], failures(everyones)) == (1, 1, [(4, "person_not_found")])
    assert [len(await entries(who)) for who in (world.user, world.admin)] == [1, 1]


async def test_watson(world: World) -> None:
    # `watson log --csv` of td-watson 2.1.0.
    file = file_of(
        "id,start,stop,project,tags", '4f33675,2024-03-05 09:00:00,2024-03-05 10:30:00,Project,"design, a,b"'
    )

    assert (await imported(world.admin, file, zone="Europe/Berlin"))["created"] == 1
    (found,) = await entries(world.admin)
    assert (found["start_date"][:16], found["technologies"]) == ("2024-03-05T08:00", ["design", "a,b"])


async def test_timewarrior(world: World) -> None:
    # What `jq` makes of `timew export` of version 1.4.3, as docs/moving.md has it; the last one runs.
    file = file_of(
        '"start","end","description","tags"',
        '"20240305T080000Z","20240305T093000Z","a ""note"", here","design, two words"',
        '"20240305T100000Z",,,"run"',
    )

    result = await imported(world.admin, file, zone="Europe/Berlin", default_project="Project")

    assert (result["created"], failures(result)) == (1, [(3, "end_missing")])
    (found,) = await entries(world.admin)
    assert (found["start_date"][:16], found["timezone_offset"]) == ("2024-03-05T08:00", -60)
    assert (found["description"], found["technologies"]) == ('a "note", here', ["design", "two words"])


async def test_timetrap(world: World) -> None:
    # `t display --format csv`, by its source; it leaves out what runs.
    file = file_of("start,end,note,sheet", '"2024-03-05 09:00:00","2024-03-05 10:30:00","a ""note"", here","Project"')

    assert (await imported(world.admin, file, zone="Europe/Berlin"))["created"] == 1
    (found,) = await entries(world.admin)
    assert (found["project_name"], found["description"]) == ("Project", 'a "note", here')


@pytest.mark.parametrize(
    ("name", "hour", "offset"),
    [(" UTC", "09", 0), (" +0000 UTC", "09", 0), ("Z", "09", 0), (" +0000", "09", 0), (" +0100", "08", -60)],
)
async def test_an_offset_may_be_a_name_or_stand_apart(world: World, name: str, hour: str, offset: int) -> None:
    file = file_of("start,end,project", f"2024-03-05 09:00:00.5{name},2024-03-05 10:00:00.5{name},Project")

    assert (await imported(world.admin, file))["failed"] == []
    (found,) = await entries(world.admin)
    assert (found["start_date"][:22], found["timezone_offset"]) == (f"2024-03-05T{hour}:00:00.50", offset)


async def test_times_beside_a_column_of_dates(world: World) -> None:
    # As TimeTagger 26.1.3 writes its reports: an empty line, totals between the rows, and no projects.
    header = "subtotals,tag_groups,duration,date,start,stop,description,user,tags"
    file = file_of(
        header,
        "",
        "2:30,Total,,,,,,,",
        ",,,,,,,,",
        ',,1:30,05-03-2024,09:00,10:30,"#client #dev Work",someone,#client #dev',
        ',,1:00,15-03-2024,23:30,00:30,"",someone,',
    )

    result = await imported(world.admin, file, zone="UTC", default_project="Project")

    assert (result["rows"], result["created"], notes(result)) == (2, 2, [])
    found = await entries(world.admin)
    assert [one["start_date"][:16] for one in found] == ["2024-03-05T09:00", "2024-03-15T23:30"]
    assert (found[1]["end_date"][:16], found[0]["technologies"]) == ("2024-03-16T00:30", ["client", "dev"])


async def test_rows_without_a_project_get_the_default_one_and_fail_without_it(world: World) -> None:
    file = file_of("start,end,client,project", "2024-03-05T09:00Z,2024-03-05T10:00Z,Customer,")

    assert failures(await imported(world.user, file)) == [(2, "project_missing")]
    assert failures(await imported(world.user, file, default_project="Nothing")) == [(2, "project_not_found")]
    first = await imported(world.admin, file, default_project="General")
    assert (first["created"], first["made"]["projects"]) == (1, 1)
    assert (await imported(world.admin, file, default_project="General"))["unchanged"] == 1
    assert (await entries(world.admin))[0]["project_name"] == "General"


async def test_a_workbook_with_times_beside_a_column_of_dates(world: World) -> None:
    # A cell for dates that holds a time alone comes as one of 1899.
    day, at_noon = date(2024, 3, 5), datetime(1899, 12, 31, 12)  # noqa: DTZ001
    file = sheet(
        [
            ["date", "start", "end", "project"],
            [day, time(9), time(10, 30), "Project"],
            [day, at_noon, time(13), "Project"],
        ]
    )

    assert (await imported(world.admin, file, zone="UTC", media_type=XLSX))["failed"] == []
    found = await entries(world.admin)
    assert [one["start_date"][:16] for one in found] == ["2024-03-05T09:00", "2024-03-05T12:00"]


async def test_times_of_day_are_wall_clocks(world: World) -> None:
    for row in ("2024-03-05,09:00,10:00,Project", ",5/3/2024 9:00 AM,5/3/2024 10:00 AM,Project"):
        (await send(world.admin, file_of("date,start,stop,project", row))).refused(400, "timezone_missing")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        # What `Date.toLocaleString` prints by the language of a user (Node.js 20 to 26; browsers have other blanks).
        ("3/25/2024, 9:00:00 AM", "3/25/2024, 2:05:00 PM"),
        ("3/25/2024, 9:00:00\u202fAM", "3/25/2024, 2:05:00\u202fPM"),
        ("25/3/2024, 9:00:00 a. m.", "25/3/2024, 2:05:00 p. m."),
        ("25/3/2024, 9:00:00 a.\u00a0m.", "25/3/2024, 2:05:00 p.\u00a0m."),
        ("25/03/2024, 09:00:00", "25/03/2024, 14:05:00"),
        ("25.3.2024, 09:00:00", "25.3.2024, 14:05:00"),
        ("25.3.2024, 09.00.00", "25.3.2024, 14.05.00"),
        ("25-3-2024, 09:00:00", "25-3-2024, 14:05:00"),
        ("25. 3. 2024 09:00:00", "25. 3. 2024 14:05:00"),
        ("25. 03. 2024. 09:00:00", "25. 03. 2024. 14:05:00"),
        ("2024. 03. 25. 09:00:00", "2024. 03. 25. 14:05:00"),
        ("2024/3/25 09:00:00", "2024/3/25 14:05:00"),
    ],
)
async def test_dates_and_times_as_browsers_print_them(world: World, start: str, end: str) -> None:
    file = file_of("project,start,end", f'Project,"{start}","{end}"')

    assert (await imported(world.admin, file, zone="UTC"))["failed"] == []
    (found,) = await entries(world.admin)
    moments = [datetime.fromisoformat(found[name]).strftime("%d %H:%M") for name in ("start_date", "end_date")]
    assert moments == ["25 09:00", "25 14:05"]
