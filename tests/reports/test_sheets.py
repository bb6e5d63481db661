"""Sheets of many rows, read back cell by cell by two libraries."""

import io
import zipfile
from datetime import datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from shared.errors import ApiError
from shared.reports.sheets import LAST_ROW, Column, Money, Workbook, xml_of

COLUMNS = [
    Column("Text"), Column("Long", "long", 40), Column("Date", "date"), Column("Clock", "clock"),
    Column("Duration", "duration"), Column("Hours", "hours"), Column("Money", "money"), Column("Count", "count"),
]  # fmt: skip
WRITABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=80)


async def made(*rows: list[Any]) -> bytes:
    with Workbook() as workbook:
        sheet = workbook.sheet(workbook.add("Sheet"), "Title", COLUMNS)
        for row in rows:
            sheet.write(row)
        sheet.close([{0: "Total"}], len(COLUMNS))
        return await workbook.content()


def row_of(text: str) -> list[Any]:
    return [text, None, None, None, None, None, None, None]


async def test_each_kind_of_cell_has_its_value_and_its_format() -> None:
    clock = datetime(2026, 11, 1, 13, 45)  # noqa: DTZ001 - a wall clock
    content = await made(
        ["a", "b", clock.replace(hour=0, minute=0), clock, 1.5, 36.25, Money(Decimal("12.3"), "KWD"), 7]
    )

    sheet = openpyxl.load_workbook(io.BytesIO(content))["Sheet"]

    assert [(cell.value, cell.number_format) for cell in sheet[4][2:]] == [
        (datetime(2026, 11, 1), "yyyy-mm-dd"),  # noqa: DTZ001
        (clock, "yyyy-mm-dd hh:mm"),
        (sheet["E4"].value, "[h]:mm:ss"),
        (36.25, "#,##0.00"),
        (12.3, "#,##0.000"),
        (7, "#,##0"),
    ]
    assert sheet["E4"].value.total_seconds() == 36 * 3600
    assert [cell.value for cell in sheet[3]] == [column.title for column in COLUMNS]
    assert [sheet["A1"].value, sheet["A5"].value, sheet.dimensions] == ["Title", "Total", "A1:H5"]


@settings(max_examples=20)
@given(st.lists(WRITABLE, min_size=1, max_size=20))
async def test_any_text_is_read_back_as_it_was(texts: list[str]) -> None:
    content = await made(*map(row_of, texts))

    sheet = openpyxl.load_workbook(io.BytesIO(content))["Sheet"]
    read = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("Sheet").to_python()

    assert [row[0] for row in read[3:-1]] == texts
    assert [cell.value or "" for (cell,) in sheet.iter_rows(4, 3 + len(texts), 1, 1)] == texts


@pytest.mark.parametrize(
    ("text", "xml"),
    [
        ("a\r\nb\rc", "a\nb\nc"), ("a\x00b\x0bc\ufffe", "abc"), ("\ta", "\ta"), ("", ""),
        ("<b> & </t>", "&lt;b&gt; &amp; &lt;/t&gt;"),
        # Excel would show an A.
        ("_x0041_", "_x005F_x0041_"), ("_x41_", "_x41_"),
    ],
)  # fmt: skip
def test_what_a_cell_cannot_hold_is_left_out_or_escaped(text: str, xml: str) -> None:
    assert xml_of(text) == xml


async def test_a_text_of_several_lines_has_a_row_that_is_high_enough() -> None:
    rows = [["", text, *[None] * 6] for text in ("short", "one\ntwo", "x" * 100, "\n".join("x" * 50))]

    sheet = openpyxl.load_workbook(io.BytesIO(await made(*rows)))["Sheet"]

    assert [sheet.row_dimensions[row].height for row in range(4, 8)] == [None, 30, 45, 409]


async def test_a_day_before_the_calendar_of_workbooks_is_a_text() -> None:
    old = datetime(1900, 2, 28, 12)  # noqa: DTZ001 - a wall clock

    sheet = openpyxl.load_workbook(io.BytesIO(await made([None, None, old, old, None, None, None, None])))["Sheet"]

    assert (sheet["C4"].value, sheet["D4"].value) == ("1900-02-28 12:00", "1900-02-28 12:00")


async def test_a_sheet_without_rows_has_its_header_and_totals() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(await made()))["Sheet"]

    assert (sheet["A3"].value, sheet["A4"].value, sheet["A5"].value) == ("Text", None, "Total")
    assert sheet.auto_filter.ref == "A3:H4"


async def test_more_rows_than_a_sheet_can_have_are_refused() -> None:
    """The command line has no other bound, and programs call such a file damaged."""
    with Workbook() as workbook:
        sheet = workbook.sheet(workbook.add("Sheet"), "Title", COLUMNS)
        sheet.next_row = LAST_ROW
        sheet.write(row_of("the last one"))
        with pytest.raises(ApiError) as refused:
            sheet.write(row_of("one too many"))

    assert (refused.value.status, refused.value.code) == (422, "report_too_large")


async def test_no_part_is_of_a_form_that_readers_in_browsers_refuse() -> None:
    """SheetJS 0.18.5 says "Bad compressed size" of a part that is ZIP64: version 45, where a plain one is 20."""
    with zipfile.ZipFile(io.BytesIO(await made(row_of("a")))) as archive:
        assert {part.extract_version for part in archive.infolist()} == {20}
