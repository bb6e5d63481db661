"""Reports as workbooks: read back by two libraries, and by LibreOffice where it is installed."""

import csv
import io
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from shared.reports.workbook import plain
from tests.calling import Answer
from tests.world import World

MARCH = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": "Europe/Berlin", "format": "xlsx"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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

    assert formulas["E6"].value == "=SUBTOTAL(109,E4:E5)"
    assert values["E6"].value == 38.0
    assert (
        CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_name("Entries").to_python()[5][4]
        == 38.0
    )


async def test_groups_stand_on_the_first_sheet_with_a_chart_and_their_entries_on_the_second(world: World) -> None:
    await full(world)

    answer = await world.admin.get("reports/time", {**MARCH, "user_id": "*", "group_by": "project"})

    book = workbook(answer)
    assert book.sheetnames == ["Report", "Entries"]
    rows = [[cell.value for cell in row] for row in book["Report"].iter_rows(min_row=3, max_col=9)]
    assert rows[0] == ["Project", "Duration", "Hours", "Billable hours", "Entries", "Amount EUR", "Cost EUR",
                       "Amount JPY", "Cost JPY"]  # fmt: skip
    assert [row[0] for row in rows[1:]] == ["Alone", "Project", "Total"]
    assert [row[2:] for row in rows[1:3]] == [[36.5, 0, 1, 0, 0, 0, 182500], [1.5, 1.5, 1, 128.25, 0, 0, 7500]]
    assert book["Report"]["F4"].number_format == "#,##0.00"
    assert book["Report"]["I4"].number_format == "#,##0"
    assert len(book["Report"]._charts) == 1
    entries = [cell.value for cell in book["Entries"][3]]
    assert entries[14:18] == ["Amount", "Currency", "Cost", "Cost in"]
    assert [cell.value for cell in book["Entries"][5]][14:18] == [128.25, "EUR", 7500, "JPY"]
    own = await world.user.get("reports/time", MARCH)
    assert [cell.value for cell in workbook(own)["Report"][3]][-1] != "Cost JPY"


async def test_each_level_and_each_day_has_its_row(world: World) -> None:
    await full(world)

    answer = await world.user.get("reports/time", {**MARCH, "group_by": "day,project"})

    sheet = workbook(answer)["Report"]
    rows = [[cell.value for cell in row][:5:3] for row in sheet.iter_rows(min_row=4, max_col=4)]
    assert [row[0] for row in rows] == ["2024-03-05", "2024-03-06", "2024-03-07", "2024-03-08", "Total"]


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


@pytest.mark.parametrize(
    ("text", "cell"), [("a\r\nb\rc", "a\nb\nc"), ("a\x00b\x0bc\ufffe", "abc"), ("\ta", "\ta"), ("", "")]
)
def test_what_xml_has_no_place_for_is_left_out(text: str, cell: str) -> None:
    assert plain(text) == cell


async def test_an_empty_report_is_a_workbook_as_well(world: World) -> None:
    for path in ("reports/time", "reports/entries"):
        book = workbook(await world.user.get(path, MARCH), values=True)
        assert [cell.value for cell in book[book.sheetnames[0]]["A"]][-1] == "Total"


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
async def test_libreoffice_shows_totals_hours_and_umlauts(world: World, tmp_path: Path) -> None:
    await full(world)
    await world.entry("2024-03-09T10:00:00Z", "2024-03-09T10:15:00Z", description="=1+1")
    file = tmp_path / "report.xlsx"
    file.write_bytes((await world.user.get("reports/entries", MARCH)).content)

    subprocess.run(  # noqa: S603, ASYNC221 - nothing else runs meanwhile
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",  # noqa: S607
         "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", str(tmp_path), str(file)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip

    rows = list(csv.reader((tmp_path / "report.csv").read_text(encoding="utf-8").splitlines()))
    assert [row[3] for row in rows[3:7]] == ["0:15:00", "36:30:00", "1:30:00", "38:15:00"]
    assert [row[10] for row in rows[3:6]] == ["=1+1", "", "Grüße"]
