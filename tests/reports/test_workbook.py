"""Reports as workbooks: read back by two libraries, and by LibreOffice and Gnumeric where they are installed."""

import csv
import io
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from tests.calling import Answer
from tests.world import World

MARCH = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": "Europe/Berlin", "format": "xlsx"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# In CI it is installed, and a test without it fails.
with_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None and os.environ.get("CI") != "true", reason="LibreOffice is not installed"
)
with_gnumeric = pytest.mark.skipif(
    shutil.which("ssconvert") is None and os.environ.get("CI") != "true", reason="Gnumeric is not installed"
)
HOSTILE = ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "http://example.com", "mailto:a@example.com",
           "\ttab", "two\nlines", "\U0001f600 مرحبا", "x" * 1500, "0012", "2024-03-05", "'=1"]  # fmt: skip


def workbook(answer: Answer, *, values: bool = False) -> Any:
    assert answer.status == 200, answer.content
    assert answer.headers["Content-Type"] == XLSX
    return openpyxl.load_workbook(io.BytesIO(answer.content), data_only=values)


async def full(world: World) -> None:
    """Two projects, two currencies, an entry over midnight."""
    (await world.admin.post("rates", {"kind": "billable", "amount": "85.50", "currency": "EUR"})).ok(201)
    (await world.admin.post("rates", {"kind": "cost", "amount": "5000", "currency": "JPY"})).ok(201)
    alone = await world.project_named("Alone")
    await world.entry("2024-03-05T22:30:00Z", "2024-03-06T00:00:00Z", description="Grüße")
    await world.entry("2024-03-07T10:00:00Z", "2024-03-08T22:30:00Z", project_id=alone["id"], billable=False)


async def test_an_entry_is_a_row_of_real_dates_durations_and_numbers(world: World) -> None:
    await full(world)

    answer = await world.user.get("reports/entries", MARCH)

    sheet = workbook(answer)["Entries"]
    header = [cell.value for cell in sheet[3]]
    row = dict(zip(header, sheet[5], strict=True))
    assert sheet["A1"].value == "Time 2024-03-01 to 2024-03-31, Europe/Berlin"
    assert (row["Date"].value, row["Date"].number_format) == (datetime(2024, 3, 5), "yyyy-mm-dd")  # noqa: DTZ001
    assert row["Start"].value == datetime(2024, 3, 5, 23, 30)  # noqa: DTZ001
    assert row["End"].value == datetime(2024, 3, 6, 1, 0)  # noqa: DTZ001
    assert (row["Duration"].value, row["Duration"].number_format) == (timedelta(hours=1, minutes=30), "[h]:mm:ss")
    assert (row["Hours"].value, row["Description"].value, row["Billable"].value) == (1.5, "Grüße", "yes")
    assert "Amount" not in header
    assert sheet.freeze_panes == "A4"
    assert sheet.auto_filter.ref == "A3:P5"
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="time 2024-03-01 to 2024-03-31.xlsx"'


async def test_totals_are_formulas_that_carry_their_value(world: World) -> None:
    await full(world)
    answer = await world.user.get("reports/entries", MARCH)

    formulas, values = workbook(answer)["Entries"], workbook(answer, values=True)["Entries"]

    assert formulas["E6"].value == "=SUBTOTAL(9,E4:E5)"
    assert values["E6"].value == 38.0
    assert (
        CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_name("Entries").to_python()[5][4]
        == 38.0
    )


async def test_amounts_have_a_row_of_totals_for_each_currency(world: World) -> None:
    await full(world)
    everyone = {**MARCH, "user_id": "*"}

    answer = await world.admin.get("reports/entries", everyone)

    formulas, values = workbook(answer)["Entries"], workbook(answer, values=True)["Entries"]
    assert [[values.cell(row, column).value for column in (1, 5, 15, 16, 17, 18)] for row in (6, 7, 8)] == [
        ["Total", 38.0, None, None, None, None],
        ["Total EUR", None, 128.25, "EUR", None, None],
        ["Total JPY", None, None, None, 190000, "JPY"],
    ]
    assert formulas["Q8"].value == (
        '=IFERROR(SUMPRODUCT(SUBTOTAL(9,OFFSET(Q4,ROW(Q4:Q5)-ROW(Q4),0)),--(R4:R5="JPY")),SUMIF(R4:R5,"JPY",Q4:Q5))'
    )
    assert (formulas["O7"].number_format, formulas["Q8"].number_format) == ("#,##0.00", "#,##0")
    only_billable = await world.admin.get("reports/entries", {**everyone, "project_id": world.project["id"]})
    assert workbook(only_billable, values=True)["Entries"]["A6"].value == "Total EUR"


async def test_amounts_of_one_currency_stand_beside_the_total_of_the_time(world: World) -> None:
    """A currency in which everything is free has no amounts, and no row."""
    (await world.admin.post("rates", {"kind": "billable", "amount": "85.50", "currency": "EUR"})).ok(201)
    (await world.admin.post("rates", {"kind": "cost", "amount": "0", "currency": "USD"})).ok(201)
    await world.entry("10:00", "11:00")
    await world.entry("11:00", "13:00")

    answer = await world.admin.get("reports/entries", {**MARCH, "user_id": "*"})

    sheet = workbook(answer)["Entries"]
    total = sheet[6]
    assert sheet.max_row == 6
    assert (total[0].value, total[14].value, total[15].value) == ("Total", "=SUBTOTAL(9,O4:O5)", "EUR")
    assert workbook(answer, values=True)["Entries"]["O6"].value == 256.5


@pytest.mark.parametrize(("rows", "bars"), [(3, "3"), (70, "60")])
async def test_a_chart_shows_the_groups_and_of_very_many_the_first(world: World, rows: int, bars: str) -> None:
    for number in range(rows):
        project = await world.project_named(f"Project {number}")
        await world.entry(
            f"{number // 6:02}:{number % 6}0", f"{number // 6:02}:{number % 6}5", project_id=project["id"]
        )

    answer = await world.user.get("reports/time", {**MARCH, "group_by": "customer,project"})

    (chart,) = workbook(answer)["Report"]._charts
    assert chart.series[0].val.numRef.f == f"Report!$D$4:$D${3 + int(bars)}"
    assert chart.series[0].cat.strRef.f == f"Report!$B$4:$B${3 + int(bars)}"
    assert len(chart.series[0].cat.strRef.strCache.pt) == len(chart.series[0].val.numRef.numCache.pt) == int(bars)


async def test_lying_bars_whose_names_come_again_have_a_text_each_that_is_not_printed(world: World) -> None:
    """Programs write the names of outer levels on their side, over one another."""
    alone = await world.project_named("Alone")
    await world.entry("10:00", "12:00")
    await world.entry("12:00", "13:00", project_id=alone["id"])

    async def groups(group_by: str) -> Any:
        return workbook(await world.user.get("reports/time", {**MARCH, "group_by": group_by}))["Report"]

    repeated, distinct = await groups("customer,project,user"), await groups("customer,project")

    assert [cell.value for cell in repeated["H"]][2:6] == [
        "In the chart", "Customer, Project, Somebody", "Alone, Somebody", None,
    ]  # fmt: skip
    names = repeated._charts[0].series[0].cat.strRef
    assert names.f == "Report!$H$4:$H$5"
    assert [point.v for point in names.strCache.pt] == ["Customer, Project, Somebody", "Alone, Somebody"]
    assert repeated.print_area == "'Report'!$A$1:$G$19"
    assert distinct._charts[0].series[0].cat.strRef.f == "Report!$B$4:$B$5"
    assert [cell.value for cell in distinct[3]][-1] == "Entries"


@pytest.mark.parametrize(("days", "on_paper"), [(31, True), (45, False)])
async def test_a_chart_is_on_one_page_with_its_rows_or_not_on_paper(world: World, days: int, on_paper: bool) -> None:
    for number in (0, days - 1):
        day = date(2024, 3, 1) + timedelta(days=number)
        await world.entry(f"{day}T10:00:00Z", f"{day}T11:00:00Z")

    query = {**MARCH, "end_date": "2024-06-30", "group_by": "day"}
    sheet = workbook(await world.user.get("reports/time", query))["Report"]

    (chart,) = sheet._charts
    assert (chart.anchor._from.row > days) is on_paper
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, None if on_paper else 0)


async def test_columns_are_as_wide_as_their_longest_name_and_their_total(world: World) -> None:
    """Programs cut names that do not fit, and show numbers that do not as `###`."""
    (await world.admin.post("rates", {"kind": "billable", "amount": "9999999.99", "currency": "IDR"})).ok(201)
    long = await world.project_named("A name of fifty characters, which is the longest.")
    await world.entry("2024-03-01T00:00:00Z", "2024-03-08T00:00:00Z", project_id=long["id"])
    await world.entry("2024-03-08T00:00:00Z", "2024-03-15T00:00:00Z")

    book = workbook(
        await world.admin.get("reports/time", {**MARCH, "user_id": "*", "group_by": "customer,project"}), values=True
    )

    groups, entries = book["Report"], book["Entries"]
    assert (groups["G6"].value, entries["O6"].value) == (3359999996.64, 3359999996.64)
    for sheet, column in ((groups, "G"), (entries, "O")):
        assert sheet.column_dimensions[column].width > len("3,359,999,996.64")
    assert groups.column_dimensions["B"].width > len(long["name"]) > groups.column_dimensions["A"].width
    # The entries' names have lines enough: their columns have no room for the longest. The user's id needs two.
    assert (entries["I5"].value, entries["I5"].alignment.wrap_text) == (long["name"], True)
    assert (entries.row_dimensions[4].height, entries.row_dimensions[5].height) == (30, 45)


async def test_groups_stand_on_the_first_sheet_with_a_chart_and_their_entries_on_the_second(world: World) -> None:
    await full(world)

    answer = await world.admin.get("reports/time", {**MARCH, "user_id": "*", "group_by": "project"})

    book = workbook(answer)
    assert book.sheetnames == ["Report", "Entries"]
    rows = [[cell.value for cell in row] for row in book["Report"].iter_rows(min_row=3, max_col=7)]
    # Nothing costs euros, and nothing is billed in yen.
    assert rows[0] == ["Project", "Duration", "Hours", "Billable hours", "Entries", "Amount EUR", "Cost JPY"]
    assert [row[0] for row in rows[1:4]] == ["Alone", "Project", "Total"]
    assert [row[2:] for row in rows[1:3]] == [[36.5, 0, 1, None, 182500], [1.5, 1.5, 1, 128.25, 7500]]
    assert book["Report"]["F5"].number_format == "#,##0.00"
    assert book["Report"]["G5"].number_format == "#,##0"
    assert len(book["Report"]._charts) == 1
    entries = [cell.value for cell in book["Entries"][3]]
    assert entries[14:18] == ["Amount", "Currency", "Cost", "Cost in"]
    assert [cell.value for cell in book["Entries"][5]][14:18] == [128.25, "EUR", 7500, "JPY"]
    own = await world.user.get("reports/time", MARCH)
    assert [cell.value for cell in workbook(own)["Report"][3]][-1] != "Cost JPY"


async def test_former_employees_are_told_apart_by_their_ids(world: World) -> None:
    """The directory has them no more, and knows no names."""
    former = [world.person() for _ in range(2)]
    for who in former:
        await world.entry("10:00", "11:00", who=who)

    book = workbook(await world.admin.get("reports/time", {**MARCH, "user_id": "*", "group_by": "user"}))

    ids = sorted(who.user_id for who in former)
    assert sorted(cell.value for cell in book["Report"]["A"][3:5]) == ids
    assert sorted(cell.value for cell in book["Entries"]["F"][3:5]) == ids
    names = book["Report"]._charts[0].series[0].cat.strRef.strCache
    assert sorted(point.v for point in names.pt) == ids


async def test_each_level_and_each_day_has_its_row(world: World) -> None:
    await full(world)

    answer = await world.user.get("reports/time", {**MARCH, "group_by": "day,project"})

    rows = [*workbook(answer)["Report"].iter_rows(min_row=4, max_col=4)]
    assert [row[0].value for row in rows] == [*(datetime(2024, 3, day) for day in (5, 6, 7, 8)), "Total"]  # noqa: DTZ001
    assert {row[0].number_format for row in rows} == {"yyyy-mm-dd"}
    read = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_name("Report").to_python()
    assert [row[:2] for row in read[3:5]] == [[date(2024, 3, 5), "Project"], [date(2024, 3, 6), "Project"]]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({}, ""),
        ({"rounding": "up"}, ", rounded up to 15 min"),
        ({"rounding": "nearest", "rounding_minutes": "6"}, ", rounded to the nearest 6 min"),
    ],
)
async def test_the_title_tells_how_durations_are_rounded(world: World, query: dict[str, str], told: str) -> None:
    """A row's duration is then not what lies between its start and end."""
    await world.entry("10:00", "10:10")

    book = workbook(await world.user.get("reports/time", {**MARCH, **query}))

    assert {sheet["A1"].value for sheet in book} == {f"Time 2024-03-01 to 2024-03-31, Europe/Berlin{told}"}


async def test_weeks_months_and_days_before_the_calendar_of_workbooks_are_texts(world: World) -> None:
    await world.entry("1900-02-28T10:00:00Z", "1900-02-28T11:00:00Z")
    await world.entry("1900-03-01T10:00:00Z", "1900-03-01T11:00:00Z")
    spring = {**MARCH, "start_date": "1900-01-01", "end_date": "1900-04-30", "timezone": "UTC"}

    async def groups(group: str) -> list[object]:
        sheet = workbook(await world.user.get("reports/time", {**spring, "group_by": group}))["Report"]
        return [cell.value for cell in sheet["A"][3:-1]]

    assert await groups("day") == ["1900-02-28", datetime(1900, 3, 1)]  # noqa: DTZ001
    assert await groups("week") == ["1900-W09"]
    assert await groups("month") == ["1900-02", "1900-03"]


@pytest.mark.parametrize(("group_by", "column"), [("day", "A"), ("week,day", "B"), ("project,day", "B")])
async def test_days_have_a_bar_for_each_row(world: World, group_by: str, column: str) -> None:
    """Programs take an axis over dates for one of time: it would be in its order, with room for days without a row."""
    await world.entry("2024-03-05T10:00:00Z", "2024-03-05T11:00:00Z")
    await world.entry("2024-03-07T10:00:00Z", "2024-03-07T12:00:00Z")

    answer = await world.user.get("reports/time", {**MARCH, "group_by": group_by})

    (chart,) = workbook(answer)["Report"]._charts
    names = chart.series[0].cat.strRef
    assert names.f.startswith(f"Report!${column}$4:")
    assert [names.strCache.pt[place].v for place in (0, -1)] == ["2024-03-05", "2024-03-07"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as parts:
        assert b"<c:auto " not in parts.read("xl/charts/chart1.xml")


async def test_every_text_stays_a_text(world: World) -> None:
    for hour, text in enumerate(HOSTILE):
        await world.entry(f"{hour:02}:00", f"{hour:02}:30", description=text, uri=text[:100])

    answer = await world.user.get("reports/entries", MARCH)

    cells = [cell for (cell,) in workbook(answer)["Entries"].iter_rows(min_row=4, max_row=17, min_col=11, max_col=11)]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [cell.value for cell in cells] == HOSTILE[::-1]
    assert not any(cell.hyperlink for cell in cells)
    read = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_name("Entries").to_python()
    assert [row[10] for row in read[3:17]] == HOSTILE[::-1]


async def test_an_empty_report_is_a_workbook_as_well(world: World) -> None:
    for path in ("reports/time", "reports/entries"):
        book = workbook(await world.user.get(path, MARCH), values=True)
        assert [cell.value for cell in book[book.sheetnames[0]]["A"]][-1] == "Total"


@with_libreoffice
async def test_libreoffice_shows_totals_hours_and_umlauts(world: World, tmp_path: Path) -> None:
    await full(world)
    await world.entry("2024-03-09T10:00:00Z", "2024-03-09T10:15:00Z", description="=1+1")
    everyone = {**MARCH, "user_id": "*"}

    shown = converted(await world.admin.get("reports/entries", everyone), tmp_path)

    assert [row[3] for row in shown[3:7]] == ["0:15:00", "36:30:00", "1:30:00", "38:15:00"]
    assert [row[10] for row in shown[3:6]] == ["=1+1", "", "Grüße"]
    assert [(row[0], *row[14:18]) for row in shown[7:9]] == [
        ("Total EUR", "149.63", "EUR", "", ""), ("Total JPY", "", "", "191,250", "JPY"),
    ]  # fmt: skip


@with_libreoffice
async def test_libreoffice_shows_days_as_they_are_in_csv(world: World, tmp_path: Path) -> None:
    await full(world)

    shown = converted(await world.user.get("reports/time", {**MARCH, "group_by": "day"}), tmp_path)

    assert [row[0] for row in shown[3:]] == ["2024-03-05", "2024-03-06", "2024-03-07", "2024-03-08", "Total"]


@with_libreoffice
async def test_formulas_give_the_values_that_they_carry(world: World, tmp_path: Path) -> None:
    """LibreOffice is told to work all of them out, instead of showing what is stored."""
    await full(world)
    settings = tmp_path / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(ALWAYS_CALCULATE, encoding="utf-8")
    answer = await world.admin.get("reports/entries", {**MARCH, "user_id": "*"})

    calculated = converted(with_values_of(answer, b"7.5"), tmp_path)

    assert [row[3:5] for row in calculated[5:6]] == [["38:00:00", "38.00"]]
    assert [row[14:18] for row in calculated[6:8]] == [["128.25", "EUR", "", ""], ["", "", "190,000", "JPY"]]


@with_gnumeric
async def test_gnumeric_calculates_totals_too(world: World, tmp_path: Path) -> None:
    """Gnumeric 1.12 has no function 109 of SUBTOTAL, and takes no cells one by one: both gave errors."""
    await full(world)
    answer = await world.admin.get("reports/entries", {**MARCH, "user_id": "*"})

    calculated = calculated_by_gnumeric(with_values_of(answer, b"7.5"), tmp_path)

    assert [row[3:5] for row in calculated[5:6]] == [["38:00:00", "38"]]
    assert [row[14:18] for row in calculated[6:8]] == [["128.25", "EUR", "", ""], ["", "", "190000", "JPY"]]


ALWAYS_CALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item></oor:items>
"""


def with_values_of(answer: Answer, value: bytes) -> Answer:
    """The same workbook, where every formula carries a wrong value."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(answer.content)) as before, zipfile.ZipFile(changed, "w") as after:
        for name in before.namelist():
            after.writestr(name, re.sub(rb"</f><v>[^<]*", b"</f><v>" + value, before.read(name)))
    return replace(answer, content=changed.getvalue())


def converted(answer: Answer, folder: Path) -> list[list[str]]:
    """What LibreOffice shows of the first sheet."""
    file = folder / "report.xlsx"
    file.write_bytes(answer.content)
    subprocess.run(  # noqa: S603 - nothing else runs meanwhile
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to",  # noqa: S607
         "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", str(folder), str(file)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return [*csv.reader((folder / "report.csv").read_text(encoding="utf-8").splitlines())]


def calculated_by_gnumeric(answer: Answer, folder: Path) -> list[list[str]]:
    """What Gnumeric makes of the first sheet when it works all formulas out."""
    (folder / "report.xlsx").write_bytes(answer.content)
    subprocess.run(
        ["ssconvert", "--recalc", "--export-type=Gnumeric_stf:stf_csv", "report.xlsx", "report.csv"],  # noqa: S607
        check=True, capture_output=True, cwd=folder, timeout=120,
    )  # fmt: skip
    return [*csv.reader((folder / "report.csv").read_text(encoding="utf-8").splitlines())]
