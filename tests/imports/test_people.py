"""Whose a row is: by e-mail, or by first and last name; an ordinary user's file holds their own rows alone."""

import json
from pathlib import Path

import aiohttp
import pytest

from tests.application import Application
from tests.calling import Person
from tests.imports.importing import (
    CSV,
    GENERIC,
    HARVEST,
    XLSX,
    entries,
    failures,
    file_of,
    generic,
    imported,
    send,
)
from tests.world import World, make_world


@pytest.fixture
async def world(with_directory: Application, http: aiohttp.ClientSession) -> World:
    made = await make_world(http, with_directory)
    people(made, [(made.user, "Luis Luna"), (made.admin, "Ada Andrade")])
    return made


def people(world: World, them: list[tuple[Person, str]]) -> None:
    users = [
        {"id": one.user_id, "tenant_id": one.tenant_id, "name": name, "email": one.email.upper()} for one, name in them
    ]
    write(world, json.dumps({"users": users}))


def write(world: World, content: str) -> None:
    Path(world.app.settings["DIRECTORY_FILE"]).write_text(content)


def of(email: str, hour: int = 9) -> str:
    return generic(f"2024-03-05T{hour:02}:00:00Z", f"2024-03-05T{hour + 1:02}:00:00Z", user_email=email)


def harvest(first: str, last: str, notes: str = "Work") -> str:
    return f"2024-03-05,Customer,Project,,Activity,{notes},1.0,Yes,No,No,{first},{last},,Yes,,,,,,"


async def test_an_administrators_file_holds_others_rows(world: World) -> None:
    file = file_of(GENERIC, of(world.user.email), of(world.user.email.title(), 10), of(""), of("nobody@example.com"))

    result = await imported(world.admin, file)

    assert failures(result) == [(5, "person_not_found")]
    assert len(await entries(world.user)) == 2
    (own,) = await entries(world.admin)
    assert own["owner_id"] == world.admin.user_id
    (event,) = await world.outbox("time_entry", (await entries(world.user))[0])
    assert (event["user_id"], event["owner_id"]) == (world.admin.user_id, world.user.user_id)


async def test_what_was_imported_for_others_can_be_taken_back(world: World) -> None:
    result = await imported(world.admin, file_of(GENERIC, of(world.user.email), of("")))

    assert (await world.admin.delete(f"imports/{result['import_id']}")).ok() == {"deleted": 2, "kept": []}
    assert await entries(world.user) == []


async def test_an_ordinary_users_file_holds_no_others_rows(world: World) -> None:
    file = file_of(
        GENERIC, of(world.user.email.upper()), of(world.admin.email, 10), of("nobody@example.com", 11), of("", 12)
    )

    result = await imported(world.user, file)

    assert failures(result) == [(3, "not_yours"), (4, "not_yours")]
    assert len(await entries(world.user)) == 2
    assert await entries(world.admin) == []


@pytest.mark.parametrize(
    ("form", "query"),
    [("toggl", {"format": "csv", "layout": "toggl"}), ("generic", {"format": "csv"}), ("generic", {"format": "xlsx"})],
)
async def test_a_report_of_people_without_an_e_mail_gives_nobody_their_hours(
    world: World, form: str, query: dict[str, str]
) -> None:
    """Reports have the id where they know no e-mail: of a former employee, and of a user who has none."""
    silent, former = world.person(), world.person()
    sam = {"id": silent.user_id, "tenant_id": silent.tenant_id, "name": "Sam", "email": ""}
    write(world, json.dumps({"users": [sam]}))
    for who in (silent, former):
        await world.entry("10:00", "11:00", who=who)
    everyone = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": "UTC", "user_id": "*", **query}
    report = await world.admin.get("reports/entries", everyone)
    for entry in await entries(silent):
        (await silent.delete(f"time-entries/{entry['id']}")).ok(204)

    result = await imported(
        world.admin, report.content, form, "UTC", media_type=XLSX if query["format"] == "xlsx" else CSV
    )

    assert [code for _, code in failures(result)] == ["person_not_found"]
    assert result["created"] == len(await entries(silent)) == 1
    assert await entries(world.admin) == []


@pytest.mark.parametrize("form", ["toggl", "clockify", "generic"])
async def test_a_file_without_e_mails_gives_its_rows_to_whom_they_name(world: World, form: str) -> None:
    """Somebody took the column out, or a report of before there were ids left it empty."""
    times = {"generic": "Start,End"}.get(form, "Start date,Start time,End date,End time")
    clocks = {"generic": "2024-03-05 09:00,2024-03-05 10:00"}.get(form, "2024-03-05,09:00:00,2024-03-05,10:00:00")
    names = ("Luis Luna", "Ada Andrade", "Nobody Else")
    who = "user_name" if form == "generic" else "User"
    file = file_of(
        f"{who},Client,Project,Task,{times}", *(f"{name},Customer,Project,Activity,{clocks}" for name in names)
    )

    own = await imported(world.user, file, form, "UTC")
    everyones = await imported(world.admin, file, form, "UTC")

    assert (own["created"], failures(own)) == (1, [(3, "not_yours"), (4, "not_yours")])
    assert (everyones["created"], everyones["unchanged"], failures(everyones)) == (1, 1, [(4, "person_not_found")])
    assert [len(await entries(one)) for one in (world.user, world.admin)] == [1, 1]


async def test_harvest_names_people_by_first_and_last_name(world: World) -> None:
    file = file_of(HARVEST, harvest("luis", "LUNA"), harvest("", ""), harvest("No", "Body"))

    result = await imported(world.admin, file, "harvest", "UTC")

    assert failures(result) == [(4, "person_not_found")]
    assert (len(await entries(world.user)), len(await entries(world.admin))) == (1, 1)


async def test_two_people_of_one_name_are_not_told_apart(world: World) -> None:
    people(world, [(world.user, "Luis Luna"), (world.person(), "Luis Luna")])

    result = await imported(world.admin, file_of(HARVEST, harvest("Luis", "Luna")), "harvest", "UTC")

    assert failures(result) == [(2, "person_ambiguous")]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([("Luis", "Luna")], []),
        # Their own export, in which their name is spelled otherwise.
        ([("Luis A.", "Luna")], []),
        ([("Ada", "Andrade")], [(2, "not_yours")]),
        ([("Luis A.", "Luna"), ("Some", "Body")], [(2, "not_yours"), (3, "not_yours")]),
    ],
)
async def test_in_an_ordinary_users_file_another_name_is_anothers(
    world: World, names: list[tuple[str, str]], expected: list[tuple[int, str]]
) -> None:
    file = file_of(HARVEST, *(harvest(*name) for name in names))

    assert failures(await imported(world.user, file, "harvest", "UTC")) == expected


async def test_a_directory_that_can_not_be_read_is_503_and_writes_nothing(world: World) -> None:
    write(world, "x")

    answer = await send(world.admin, file_of(GENERIC, of("")))

    answer.refused(503, "directory_unavailable")
    assert await entries(world.admin) == []
