"""Reports as a workbook (XLSX), as a person would make one: filters, real dates, durations, money, totals, a chart.

Every text is written as a text: XlsxWriter's `write()` makes formulas and links of what people wrote. A formula carries
its value, because LibreOffice and most programs that read workbooks show the value that is stored. Rows go to a
temporary file as they come, so that memory does not grow with them.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import xlsxwriter

from shared.instants import parse_instant, to_local
from shared.rates.currencies import MINOR_UNITS
from shared.reports.csv_file import leaves
from shared.reports.reading import Source
from shared.reports.rules import OF_TIME, Report

HOUR = 3_600_000
DAY = 24 * HOUR
A4 = 9
# Characters that XML 1.0 has no place for.
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# After so many rows, other requests have their turn.
SLICE = 50
# The title and an empty row stand above the header.
HEADER_ROW = 2
MOST_BARS = 60
# Points; Excel takes no row that is taller.
LINE_HEIGHT = 15
TALLEST_ROW = 409
TOP = {"valign": "top"}
HEADER = {"bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF", "valign": "vcenter", "text_wrap": True}
TEXTS = ("text", "long", "date", "clock")
FORMS: Mapping[str, Mapping[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "header": {**HEADER, "align": "left", "indent": 1},
    "header of numbers": {**HEADER, "align": "right"},
    "text": {**TOP, "align": "left", "indent": 1},
    "long": {**TOP, "text_wrap": True, "align": "left", "indent": 1},
    "date": {**TOP, "num_format": "yyyy-mm-dd", "align": "left", "indent": 1},
    "clock": {**TOP, "num_format": "yyyy-mm-dd hh:mm", "align": "left", "indent": 1},
    # `h:mm` would show 36 hours as 12:00.
    "duration": {**TOP, "num_format": "[h]:mm:ss"},
    "hours": {**TOP, "num_format": "#,##0.00"},
    # In a column of several currencies: each cell has its own.
    "money": TOP,
    "count": {**TOP, "num_format": "#,##0"},
}
TOTAL = {"bold": True, "top": 1}


class Column(NamedTuple):
    """A column: its title, how its cells look, how wide it is, and whether it is added up."""

    title: str
    form: str = "text"
    width: int = 14
    total: bool = False


class Money(NamedTuple):
    """An amount, which is shown with the decimals of its currency."""

    amount: Decimal
    currency: str


ENTRY_COLUMNS = (
    Column("Date", "date", 11), Column("Start", "clock", 16), Column("End", "clock", 16),
    Column("Duration", "duration", 11, total=True), Column("Hours", "hours", 9, total=True), Column("User", width=20),
    Column("E-mail", width=26), Column("Customer", width=20), Column("Project", width=22), Column("Activity", width=16),
    Column("Description", "long", 44), Column("Link or ticket", width=18), Column("Technologies", width=20),
    Column("Billable", width=9),
)  # fmt: skip
MONEY_COLUMNS = (
    Column("Amount", "money"), Column("Currency", width=10), Column("Cost", "money"), Column("Cost in", width=10),
)  # fmt: skip
LAST_COLUMNS = (Column("Running", width=9), Column("Id", width=38))


@dataclass(frozen=True, slots=True)
class Heading:
    """The line at the top of each sheet, and the zone of its wall clocks."""

    title: str
    zone: tzinfo


async def of_entries(rows: AsyncIterator[dict[str, Any]], source: Source, heading: Heading) -> bytes:
    """A workbook with a row for each entry."""
    with TemporaryDirectory() as folder:
        workbook = Workbook(folder)
        await _write_entries(workbook, rows, source, heading)
        return await workbook.content()


async def grouped(report: Report, rows: AsyncIterator[dict[str, Any]], source: Source, heading: Heading) -> bytes:
    """A workbook with the groups and a chart of them, and the entries on a second sheet.

    `report` counts the entries while they are written.
    """
    with TemporaryDirectory() as folder:
        workbook = Workbook(folder)
        # The first sheet comes first, though it is known last what stands in it.
        first = workbook.book.add_worksheet("Report")
        await _write_entries(workbook, rows, source, heading)
        _write_groups(workbook, first, report, source, heading)
        return await workbook.content()


class Workbook:
    """A workbook in the making, in a temporary folder."""

    def __init__(self, folder: str) -> None:
        self.path = Path(folder) / "report.xlsx"
        options = {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False}
        self.book: Any = xlsxwriter.Workbook(str(self.path), options)
        self._forms: dict[tuple[str, bool], Any] = {}

    def form(self, name: str, *, total: bool = False) -> Any:
        """How cells look: one of `FORMS`, or the code of a currency."""
        if (name, total) not in self._forms:
            look = FORMS.get(name) or {**TOP, "num_format": f"#,##0.{'0' * MINOR_UNITS[name]}".rstrip(".")}
            self._forms[name, total] = self.book.add_format({**look, **(TOTAL if total else {})})
        return self._forms[name, total]

    async def content(self) -> bytes:
        """The file. Packing many rows takes seconds, so that it is left to a thread."""
        await asyncio.to_thread(self.book.close)
        return self.path.read_bytes()


class Sheet:
    """A sheet in the making: a title, a header that stays in sight, rows, and totals."""

    def __init__(self, workbook: Workbook, sheet: Any, title: str, columns: Sequence[Column]) -> None:
        self._workbook = workbook
        self._sheet = sheet
        self._columns = columns
        self._sums: dict[int, Decimal] = {place: Decimal() for place, column in enumerate(columns) if column.total}
        self.next_row = HEADER_ROW + 1
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADER_ROW)
        sheet.freeze_panes(HEADER_ROW + 1, 0)
        sheet.set_row(0, 24)
        sheet.set_row(HEADER_ROW, 32)
        sheet.write_string(0, 0, title, workbook.form("title"))
        for place, column in enumerate(columns):
            header = "header" if column.form in TEXTS else "header of numbers"
            sheet.write_string(HEADER_ROW, place, column.title, workbook.form(header))

    def write(self, cells: Sequence[Any]) -> None:
        """A row of texts, wall clocks, numbers and amounts; None leaves a cell empty."""
        # A row must be given its height before its cells: programs work it out only when they change a cell.
        lines = max(_lines(column, value) for column, value in zip(self._columns, cells, strict=True))
        if lines > 1:
            self._sheet.set_row(self.next_row, min(lines * LINE_HEIGHT, TALLEST_ROW))
        for place, (column, value) in enumerate(zip(self._columns, cells, strict=True)):
            form = self._workbook.form(column.form)
            if isinstance(value, Money):
                self._number(place, value.amount, self._workbook.form(value.currency))
            elif isinstance(value, str):
                self._sheet.write_string(self.next_row, place, plain(value), form)
            elif isinstance(value, datetime):
                self._sheet.write_datetime(self.next_row, place, value, form)
            elif value is not None:
                self._number(place, Decimal(value), form)
        self.next_row += 1

    def close(self) -> None:
        """Filters over the header, and totals: formulas that go by what is filtered, with their values."""
        last = max(self.next_row - 1, HEADER_ROW + 1)
        self._sheet.autofilter(HEADER_ROW, 0, last, len(self._columns) - 1)
        for place, column in enumerate(self._columns):
            form = self._workbook.form(column.form, total=True)
            if place in self._sums:
                cells = f"{_letter(place)}{HEADER_ROW + 2}:{_letter(place)}{last + 1}"
                formula = f"=SUBTOTAL(109,{cells})"
                self._sheet.write_formula(last + 1, place, formula, form, float(self._sums[place]))
            else:
                self._sheet.write_string(last + 1, place, "" if place else "Total", form)

    def _number(self, place: int, value: Decimal, form: Any) -> None:
        self._sheet.write_number(self.next_row, place, float(value), form)
        if place in self._sums:
            self._sums[place] += value


def _lines(column: Column, value: Any) -> int:
    """How many lines a cell's text takes, about."""
    if column.form != "long" or not isinstance(value, str):
        return 1
    return sum(1 + len(line) // (column.width + 4) for line in value.splitlines()) or 1


def plain(text: str) -> str:
    """A text as a cell takes it: lines end with LF, because readers show a CR as `_x000D_`."""
    return UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


async def _write_entries(
    workbook: Workbook, rows: AsyncIterator[dict[str, Any]], source: Source, heading: Heading
) -> None:
    money = () if source.rates is None else MONEY_COLUMNS
    sheet_of_entries = workbook.book.add_worksheet("Entries")
    sheet = Sheet(workbook, sheet_of_entries, heading.title, [*ENTRY_COLUMNS, *money, *LAST_COLUMNS])
    async for row in rows:
        sheet.write([*_cells(row, source, heading.zone)])
        if sheet.next_row % SLICE == 0:
            await asyncio.sleep(0)
    sheet.close()


def _cells(row: Mapping[str, Any], source: Source, zone: tzinfo) -> Iterator[Any]:
    """An entry's cells, in the order of the columns."""
    start = to_local(parse_instant(row["start_date"]), zone)
    user = source.users.get(row["owner_id"])
    worked = Decimal(round(row["seconds"] * 1000))
    yield from (start.replace(hour=0, minute=0, second=0, microsecond=0), start)
    yield to_local(parse_instant(row["end_date"]), zone) if row["end_date"] else None
    yield from (worked / DAY, worked / HOUR, user.name if user else "", row["owner_email"])
    yield from (row["customer_name"], row["project_name"], row["activity_name"], row["description"], row["uri"])
    yield from (", ".join(row["technologies"]), "yes" if row["billable"] else "no")
    if source.rates is not None:
        for side in ("billable", "cost"):
            amounts = [one for one in row["amounts"] if Decimal(one[side])]
            yield Money(Decimal(amounts[0][side]), amounts[0]["currency"]) if amounts else None
            yield amounts[0]["currency"] if amounts else None
    yield from ("yes" if row["running"] else "no", row["id"])


def _write_groups(workbook: Workbook, first: Any, report: Report, source: Source, heading: Heading) -> None:
    currencies = sorted(report.total.amounts) if source.rates is not None else []
    columns = [
        *(Column(group.capitalize(), "text", 24) for group in report.asked.group_by),
        Column("Duration", "duration", 12, total=True),
        Column("Hours", "hours", 11, total=True),
        Column("Billable hours", "hours", 11, total=True),
        Column("Entries", "count", 9),
        *(Column(f"{side} {code}", code, 14, total=True) for code in currencies for side in ("Amount", "Cost")),
    ]
    sheet = Sheet(workbook, first, heading.title, columns)
    for names, sums in leaves(report.total, report, source):
        worked = Decimal(sums.milliseconds)
        amounts = [amount for code in currencies for amount in sums.amounts.get(code, (Decimal(), Decimal()))]
        billable = Decimal(sums.billable_milliseconds) / HOUR
        sheet.write([*names, worked / DAY, worked / HOUR, billable, sums.entries, *amounts])
    sheet.close()
    _chart(workbook, first, report, range(HEADER_ROW + 1, sheet.next_row), len(columns))


def _chart(workbook: Workbook, first: Any, report: Report, rows: range, columns: int) -> None:
    """The hours of each row, beside the table: upright for time, lying for names, which need room."""
    levels = len(report.asked.group_by)
    if not rows or len(rows) > MOST_BARS:
        return
    upright = report.asked.group_by[0] in OF_TIME
    chart = workbook.book.add_chart({"type": "column" if upright else "bar"})
    chart.add_series(
        {
            "name": "Hours",
            "categories": ["Report", rows[0], 0, rows[-1], levels - 1],
            "values": ["Report", rows[0], levels + 1, rows[-1], levels + 1],
            "fill": {"color": "#2E75B6"},
            "gap": 60,
        }
    )
    chart.set_title({"name": "Hours", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    names = {"num_font": {"size": 9}}
    values = {"min": 0, "num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}}
    if upright:
        chart.set_x_axis(names)
        chart.set_y_axis(values)
    else:
        # Lying bars have their names on the y axis, which counts from the bottom.
        chart.set_y_axis(names | {"reverse": True})
        chart.set_x_axis(values)
    chart.set_size({"width": 640, "height": max(280, 80 + (0 if upright else 26) * len(rows))})
    first.insert_chart(HEADER_ROW, columns + 1, chart)


def _letter(place: int) -> str:
    """The letter of a column; no report has more than 26."""
    return xlsxwriter.utility.xl_col_to_name(place)  # type: ignore[no-any-return]
