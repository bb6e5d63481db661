"""Reports as CSV: read back by a reader of its own, whatever people wrote into it."""

import csv
import io
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.reports.csv_file import CsvFile, duration
from shared.reports.schemas import CsvStyle
from tests.application import Application
from tests.calling import Answer
from tests.world import World, make_world

MARCH = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": "Europe/Berlin", "format": "csv"}
ENTRY = ["date", "start", "end", "duration", "hours", "user_email", "user_name", "customer", "project", "activity",
         "description", "uri", "technologies", "billable"]  # fmt: skip


def table(answer: Answer, delimiter: str = ",") -> list[list[str]]:
    assert answer.status == 200, answer.content
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = io.StringIO(answer.content.decode("utf-8-sig"), newline="")
    return list(csv.reader(text, delimiter=delimiter, strict=True))


async def entries(world: World, **query: Any) -> Answer:
    return await world.user.get("reports/entries", {**MARCH, **query})


async def test_an_entry_is_a_row_with_local_clocks(world: World) -> None:
    entry = await world.entry(
        "2024-03-05T22:30:00Z", "2024-03-06T00:00:30.5Z", description="Grüße", uri="TT-1", technologies=["a", "b"]
    )

    answer = await entries(world)

    header, row = table(answer)
    assert header == [*ENTRY, "running", "id"]
    assert row == [
        "2024-03-05", "2024-03-05T23:30:00", "2024-03-06T01:00:30", "1:30:30", "1.5085", world.user.email, "Somebody",
        "Customer", "Project", "Activity", "Grüße", "TT-1", "a, b", "true", "false", entry["id"],
    ]  # fmt: skip
    assert answer.headers["Content-Disposition"] == 'attachment; filename="time 2024-03-01 to 2024-03-31.csv"'
    assert answer.content.count(b"\r\n") == answer.content.count(b"\n") == 2


async def test_an_administrators_file_has_money_and_a_users_has_none(world: World) -> None:
    (await world.admin.post("rates", {"kind": "billable", "amount": "85.50", "currency": "EUR"})).ok(201)
    (await world.admin.post("rates", {"kind": "cost", "amount": "5000", "currency": "JPY"})).ok(201)
    await world.entry("10:00", "11:00")
    everyone = {**MARCH, "user_id": "*", "delimiter": ";"}

    header, row = table(await world.admin.get("reports/entries", everyone), ";")
    groups = table(await world.admin.get("reports/time", everyone), ";")

    assert header == [*ENTRY, "amount", "currency", "cost", "cost_currency", "running", "id"]
    assert row[14:18] == ["85,50", "EUR", "5000", "JPY"]
    sums = ["project", "duration", "hours", "billable_hours", "entries"]
    assert groups == [
        [*sums, "amount_EUR", "cost_EUR", "amount_JPY", "cost_JPY"],
        ["Project", "1:00:00", "1,0000", "1,0000", "1", "85,50", "0,00", "0", "5000"],
    ]
    assert "85,50" not in (await entries(world, delimiter=";")).content.decode()


async def test_a_grouped_file_has_a_row_for_each_innermost_group(world: World) -> None:
    alone = await world.project_named("Alone")
    await world.entry("2024-03-05T10:00:00Z", "2024-03-05T11:00:00Z")
    await world.entry("2024-03-07T10:00:00Z", "2024-03-07T10:20:00Z", project_id=alone["id"], billable=False)

    rows = table(await world.user.get("reports/time", {**MARCH, "group_by": "day,customer,project"}))

    assert rows == [
        ["day", "customer", "project", "duration", "hours", "billable_hours", "entries"],
        ["2024-03-05", "Customer", "Project", "1:00:00", "1.0000", "1.0000", "1"],
        ["2024-03-06", "", "", "0:00:00", "0.0000", "0.0000", "0"],
        ["2024-03-07", "", "Alone", "0:20:00", "0.3333", "0.0000", "1"],
    ]


async def test_who_and_what_nobody_knows_a_name_of_has_the_id(world: World) -> None:
    """Two former employees, whom the directory has no more, are not two rows that nothing tells apart."""
    former, other = world.person(), world.person()
    await world.entry("10:00", "11:00", who=former)
    entry = await world.entry("10:00", "12:00", who=other)
    lost = {"project_id": str(uuid4()), "activity_id": str(uuid4())}
    document = await world.stored("time_entry", entry)
    await world.app.container("time_entry").replace_item(entry["id"], {**document, **lost})
    everyone = {**MARCH, "user_id": "*"}

    groups = table(await world.admin.get("reports/time", {**everyone, "group_by": "customer,project,user"}))
    rows = table(await world.admin.get("reports/entries", everyone))
    toggl = table(await world.admin.get("reports/entries", {**everyone, "layout": "toggl"}))

    assert [row[:3] for row in groups[1:]] == [
        ["", lost["project_id"], other.user_id], ["Customer", "Project", former.user_id],
    ]  # fmt: skip
    who_and_what = [
        [former.user_id, former.user_id, "Customer", "Project", "Activity"],
        [other.user_id, other.user_id, "", lost["project_id"], lost["activity_id"]],
    ]
    assert sorted(row[5:10] for row in rows[1:]) == sorted(who_and_what)
    assert sorted([row[1], row[0], *row[2:5]] for row in toggl[1:]) == sorted(who_and_what)


async def test_projects_of_one_name_have_their_customers_beside_it_unless_a_column_has(world: World) -> None:
    other = await world.customer_named("Other")
    alike = [await world.project_named("Website", **fields) for fields in ({}, {"customer_id": other["id"]})]
    for day, one in enumerate([world.project, *alike], 4):
        await world.entry(f"2024-03-{day:02}T10:00:00Z", f"2024-03-{day:02}T{10 + day}:00:00Z", project_id=one["id"])

    async def names(group_by: str, **query: str) -> list[list[str]]:
        rows = table(await world.user.get("reports/time", {**MARCH, "group_by": group_by, **query}))
        return [row[: group_by.count(",") + 1] for row in rows[1:]]

    assert await names("project") == [["Website (Other)"], ["Website"], ["Project"]]
    assert await names("day,project") == [
        ["2024-03-04", "Project"], ["2024-03-05", "Website"], ["2024-03-06", "Website (Other)"],
    ]  # fmt: skip
    assert await names("project,customer") == [["Website", "Other"], ["Website", ""], ["Project", "Customer"]]
    assert await names("project", project_id=alike[1]["id"]) == [["Website"]]


def name_all(world: World, name: str, emails: dict[str, str]) -> None:
    users = [{"id": one, "tenant_id": world.tenant_id, "name": name, "email": email} for one, email in emails.items()]
    Path(world.app.settings["DIRECTORY_FILE"]).write_text(json.dumps({"users": users}), encoding="utf-8")


async def test_people_of_one_name_have_their_e_mails_beside_it(
    with_directory: Application, http: aiohttp.ClientSession
) -> None:
    world = await make_world(http, with_directory)
    silent = world.person()
    name_all(world, "Luis Luna", {world.user.user_id: "luis@example.com", silent.user_id: ""})
    await world.entry("10:00", "12:00")
    await world.entry("10:00", "11:00", who=silent)

    groups = table(await world.admin.get("reports/time", {**MARCH, "user_id": "*", "group_by": "user"}))

    assert [row[0] for row in groups[1:]] == ["Luis Luna (luis@example.com)", f"Luis Luna ({silent.user_id})"]


@pytest.mark.parametrize(
    ("query", "delimiter", "hours"),
    [
        ({}, ",", "1.5000"),
        ({"decimal": ","}, ",", "1,5000"),
        ({"delimiter": ";"}, ";", "1,5000"),
        ({"delimiter": ";", "decimal": "."}, ";", "1.5000"),
        ({"delimiter": ","}, ",", "1.5000"),
        ({"delimiter": "tab"}, "\t", "1.5000"),
        ({"delimiter": "\t", "decimal": ","}, "\t", "1,5000"),
    ],
)
@pytest.mark.parametrize("bom", [True, False])
async def test_separators_and_byte_order_mark_are_as_asked(
    world: World, query: dict[str, str], delimiter: str, hours: str, bom: bool
) -> None:
    await world.entry("10:00", "11:30")

    answer = await entries(world, **query, bom="true" if bom else "false")

    assert answer.content.startswith(b"\xef\xbb\xbf") is bom
    assert table(answer, delimiter)[1][4] == hours


@pytest.mark.parametrize("absent", ["", "undefined", "null"])
async def test_a_separator_without_a_value_counts_as_absent(world: World, absent: str) -> None:
    await world.entry("10:00", "11:30")

    answer = await entries(world, delimiter=absent, decimal=absent)

    assert table(answer)[1][4] == "1.5000"


@pytest.mark.parametrize(
    "query",
    [{"delimiter": "|"}, {"delimiter": ",,"}, {"delimiter": ";\n"}, {"delimiter": "tab\n"}, {"decimal": ";"},
     {"decimal": ",\n"}, {"bom": "1"}, {"raw": "x"}],
)  # fmt: skip
async def test_other_separators_are_400(world: World, query: dict[str, str]) -> None:
    assert list((await entries(world, **query)).refused(400)["errors"]) == list(query)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"), ("'=1", "''=1"),
        ("''@x", "'''@x"), ("'quoted'", "'quoted'"), ("a=1", "a=1"), (" =1", " =1"),
        ("\U0001f600 مرحبا", "\U0001f600 مرحبا"),
        ('say "hi", then\nstop', 'say "hi", then\nstop'), ("x" * 1500, "x" * 1500),
    ],
    ids=lambda text: repr(text)[:20],
)  # fmt: skip
async def test_a_text_that_looks_like_a_formula_gets_an_apostrophe(world: World, text: str, cell: str) -> None:
    await world.entry("10:00", "11:00", description=text)

    assert table(await entries(world))[1][10] == cell
    assert table(await entries(world, raw="true"))[1][10] == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    for style in (CsvStyle(), CsvStyle(delimiter=";"), CsvStyle(delimiter="\t", bom=True, raw=True)):
        file = CsvFile(style)
        file.write([file.text(text), "end"])
        content = file.content().decode("utf-8-sig" if style.bom else "utf-8")
        (row,) = csv.reader(io.StringIO(content, newline=""), delimiter=style.delimiter, strict=True)
        assert row[0] in {text, f"'{text}"}
        assert style.raw or not row[0].startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0:00:00"), (59_999, "0:00:59"), (3_600_000, "1:00:00"), (36 * 3_600_000 + 61_000, "36:01:01")],
)
def test_a_duration_is_cut_to_whole_seconds(milliseconds: int, text: str) -> None:
    assert duration(milliseconds) == text


async def test_toggls_layout_has_its_columns_order_and_formats(world: World) -> None:
    await world.entry(
        "2024-03-05T22:30:00Z", "2024-03-06T00:00:30Z", description="Work", technologies=["a", "b"], billable=False
    )

    header, row = table(await entries(world, layout="toggl"))

    assert header == ["User", "Email", "Client", "Project", "Task", "Description", "Billable", "Start date",
                      "Start time", "End date", "End time", "Duration", "Tags"]  # fmt: skip
    assert row == ["Somebody", world.user.email, "Customer", "Project", "Activity", "Work", "No", "2024-03-05",
                   "23:30:00", "2024-03-06", "01:00:30", "01:30:30", "a, b"]  # fmt: skip
