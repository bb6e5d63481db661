"""Sheets of many rows: XlsxWriter makes the workbook, and the rows are put into it as XML.

XlsxWriter keeps what a person sees: formats, widths, header, filters, totals, charts. Through it, 20 cells take a
quarter of a millisecond; as text of the format that is documented in ECMA-376 they take a tenth of that (decision 23).
Rows go to a temporary file as they come, so that memory does not grow with them.
"""

import asyncio
import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, NamedTuple, Self
from xml.sax.saxutils import escape

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from shared.errors import ApiError
from shared.rates.currencies import MINOR_UNITS

A4 = 9
CHARACTER_PIXELS = 7
CELL_PIXELS = 5
# Characters of a column that its longest text leaves: totals are bold, and texts indented.
MARGIN = 2
HOURS_DECIMALS = 2
# The title and an empty row stand above the header.
HEADER_ROW = 2
FIRST_ROW = HEADER_ROW + 1
# Of 1,048,576 rows, these are left for totals.
LAST_ROW = 1_048_000
# Points; Excel takes no row that is taller.
LINE_HEIGHT = 15
TALLEST_ROW = 409
# Zlib's fastest level: the usual one takes twice as long for a file of nearly the same size.
COMPRESSION = 1
PIECE = 1 << 20
# A larger part has to be ZIP64 (from 2 GiB on). SheetJS (xlsx 0.18.5) reads no workbook that has a part of that form.
MOST_BYTES_OF_PLAIN_ZIP = 2_000_000_000
# Day 0 of a workbook's calendar; from 1 March 1900 on, its days are those of everybody else.
DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall clock
FIRST_DATE = datetime(1900, 3, 1)  # noqa: DTZ001
ONE_DAY = timedelta(days=1)
# What a text can't have as it is: mark-up, what XML 1.0 has no place for, and what Excel would take for an escape.
SPECIAL = re.compile(r"[<>&\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
ESCAPED = re.compile(r"(_x[0-9A-Fa-f]{4}_)")

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
    """A column: its title, how its cells look (one of `FORMS`, or the code of a currency), and how wide it is."""

    title: str
    form: str = "text"
    width: int = 14


class Money(NamedTuple):
    """An amount, which is shown with the decimals of its currency."""

    amount: Decimal
    currency: str


class Formula(NamedTuple):
    """A formula, with its value: most programs show the value that is stored. `form` is as a column's."""

    text: str
    value: float
    form: str


class Sheet:
    """A sheet in the making: a title, a header that stays in sight, rows, and totals."""

    def __init__(
        self, workbook: "Workbook", sheet: Any, rows: IO[bytes], title: str, columns: Sequence[Column]
    ) -> None:
        self.sheet = sheet
        self.book = workbook.book
        self.next_row = FIRST_ROW
        self._workbook = workbook
        self._columns = columns
        self._printed = len(columns)
        self._places = [
            (xl_col_to_name(place), workbook.style(one.form), one.width * 11 // 10 if one.form == "long" else 0)
            for place, one in enumerate(columns)
        ]
        self._rows = rows
        self._widths = [column.width for column in columns]
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADER_ROW)
        sheet.freeze_panes(FIRST_ROW, 0)
        sheet.set_row(0, 24)
        sheet.set_row(HEADER_ROW, 32)
        sheet.write_string(0, 0, title, workbook.form("title"))
        for place, column in enumerate(columns):
            header = "header" if column.form in TEXTS else "header of numbers"
            sheet.write_string(HEADER_ROW, place, column.title, workbook.form(header))

    def write(self, cells: Sequence[Any]) -> None:
        """A row of texts, days, wall clocks, numbers and amounts; None and an empty text leave a cell empty.

        Raises ApiError 422 `report_too_large` where the format has no place for it: programs open no longer sheet.
        """
        if self.next_row > LAST_ROW:
            message = (
                f"There are more rows than a sheet can have ({LAST_ROW + 1:,}); ask for a shorter time, or for CSV"
            )
            raise ApiError(422, "report_too_large", message)
        self.next_row += 1
        number, lines = self.next_row, 1
        texts = [""]
        for (letter, style, line_length), value in zip(self._places, cells, strict=True):
            if value is None or value == "":
                continue
            if isinstance(value, str):
                text = xml_of(value) if SPECIAL.search(value) else value
                texts.append(
                    f'<c r="{letter}{number}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
                )
                if line_length and (len(value) >= line_length or "\n" in text):
                    lines = max(lines, sum(1 + len(line) // line_length for line in text.split("\n")))
            elif isinstance(value, Money):
                style_of_money = self._workbook.style(value.currency)
                texts.append(f'<c r="{letter}{number}" s="{style_of_money}"><v>{value.amount:f}</v></c>')
            elif isinstance(value, date):
                texts.append(_date(f'r="{letter}{number}" s="{style}"', value))
            else:
                texts.append(f'<c r="{letter}{number}" s="{style}"><v>{value!r}</v></c>')
        # A row has its height from here: programs work it out only when they change a cell.
        height = f' ht="{min(lines * LINE_HEIGHT, TALLEST_ROW)}" customHeight="1"' if lines > 1 else ""
        texts[0] = f'<row r="{number}"{height}>'
        self._rows.write("".join([*texts, "</row>"]).encode())

    @property
    def row_bytes(self) -> int:
        """How much the rows are as XML."""
        return self._rows.seek(0, os.SEEK_END)

    def cells_of(self, place: int) -> str:
        """The cells of a column, as a formula names them: `E4:E27`."""
        letter = xl_col_to_name(place)
        return f"{letter}{FIRST_ROW + 1}:{letter}{self._last_row + 1}"

    def close(self, totals: Sequence[Mapping[int, str | Formula]], printed: int) -> None:
        """Filters over the header, and rows of totals: by the place of the column, a text or a formula.

        `printed` columns go on paper: an id would make everything else too small to read.
        """
        self._printed = printed
        self._end = self._last_row + len(totals)
        self.sheet.print_area(0, 0, self._end, printed - 1)
        self.sheet.autofilter(HEADER_ROW, 0, self._last_row, len(self._columns) - 1)
        for row, cells in enumerate(totals, self._last_row + 1):
            for place, column in enumerate(self._columns):
                cell = cells.get(place)
                form = self._workbook.form(cell.form if isinstance(cell, Formula) else column.form, total=True)
                if isinstance(cell, Formula):
                    self.sheet.write_formula(row, place, cell.text, form, cell.value)
                    self._widen(place, _length(cell) + MARGIN)
                elif cell:
                    self.sheet.write_string(row, place, cell, form)
                else:
                    self.sheet.write_blank(row, place, None, form)

    def add_beside(self, chart: Any) -> None:
        """Put a chart beside the header, and not on paper."""
        self.sheet.insert_chart(HEADER_ROW, len(self._columns) + 1, chart)

    def add_below(self, chart: Any, lines: int) -> None:
        """Put a chart that is so many lines high below the totals, on paper as well: all on one page, or it is cut."""
        self.sheet.insert_chart(self._end + 2, 0, chart)
        self.sheet.fit_to_pages(1, 1)
        self.sheet.print_area(0, 0, self._end + 2 + lines, self._printed - 1)

    def pieces(self, made: bytes) -> Iterator[bytes]:
        """The sheet's XML as XlsxWriter has made it, with the rows before those of the totals."""
        before, mark, after = made.partition(b'<row r="%d"' % (self._last_row + 2))
        yield before
        self._rows.seek(0)
        while piece := self._rows.read(PIECE):
            yield piece
        yield mark + after

    @property
    def pixels(self) -> int:
        """How wide the printed columns are; known once it is closed."""
        return sum(width * CHARACTER_PIXELS + CELL_PIXELS for width in self._widths[: self._printed])

    def _widen(self, place: int, width: int) -> None:
        """Make a column at least so wide: programs show a number that does not fit as `###`."""
        self._widths[place] = max(width, self._widths[place])
        self.sheet.set_column(place, place, self._widths[place])

    @property
    def _last_row(self) -> int:
        # A filter has a row to filter, and a formula cells to add up, where there is nothing as well.
        return max(self.next_row - 1, FIRST_ROW)


class Workbook:
    """A workbook in the making; its temporary files go with the block."""

    def __init__(self) -> None:
        self._files = ExitStack()
        self._content = BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book: Any = xlsxwriter.Workbook(self._content, options)
        self._sheets: list[tuple[int, Sheet]] = []
        self._forms: dict[tuple[str, bool], Any] = {}
        self._styles: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, error: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._files.close()

    def add(self, name: str) -> Any:
        """A sheet behind those that there are, as XlsxWriter has them."""
        return self.book.add_worksheet(name)

    def sheet(self, sheet: Any, title: str, columns: Sequence[Column]) -> Sheet:
        """Begin to fill a sheet that `add` has given."""
        rows = self._files.enter_context(TemporaryFile())  # noqa: SIM115 - closed with the block
        made = Sheet(self, sheet, rows, title, columns)
        self._sheets.append((sheet.index + 1, made))
        return made

    def form(self, name: str, *, total: bool = False) -> Any:
        """How cells look: one of `FORMS`, or the code of a currency."""
        if (name, total) not in self._forms:
            look = FORMS.get(name) or {**TOP, "num_format": f"#,##0.{'0' * MINOR_UNITS[name]}".rstrip(".")}
            self._forms[name, total] = self.book.add_format({**look, **(TOTAL if total else {})})
        return self._forms[name, total]

    def style(self, name: str) -> int:
        """The number by which a cell names how it looks."""
        if name not in self._styles:
            # XlsxWriter has no public name for it. A test reads the formats of cells back.
            self._styles[name] = self.form(name)._get_xf_index()  # noqa: SLF001
        return self._styles[name]

    async def content(self) -> bytes:
        """The file. Packing many rows takes seconds, so that it is left to a thread."""
        return await asyncio.to_thread(self._packed)

    def _packed(self) -> bytes:
        self.book.close()
        sheets = {f"xl/worksheets/sheet{number}.xml": sheet for number, sheet in self._sheets}
        packed = BytesIO()
        with (
            zipfile.ZipFile(self._content) as made,
            zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION) as whole,
        ):
            for part in made.infolist():
                sheet, content = sheets.get(part.filename), made.read(part)
                is_large = sheet is not None and sheet.row_bytes > MOST_BYTES_OF_PLAIN_ZIP
                with whole.open(part.filename, "w", force_zip64=is_large) as file:
                    for piece in sheet.pieces(content) if sheet else (content,):
                        file.write(piece)
        return packed.getvalue()


def xml_of(text: str) -> str:
    """A text as a cell takes it: lines end with LF, because readers show a CR as `_x000D_`."""
    kept = UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    # Excel reads `_x0041_` as an A, where its `_` is not escaped itself.
    return escape(ESCAPED.sub(r"_x005F\1", kept))


def _length(total: Formula) -> int:
    """How many characters programs show of a total: no number of its column has more."""
    if total.form == "duration":
        return len(f"{total.value * 24:.0f}:00:00")
    return len(f"{total.value:,.{MINOR_UNITS.get(total.form, HOURS_DECIMALS)}f}")


def _date(attributes: str, value: date) -> str:
    """A day, or a wall clock."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    if moment < FIRST_DATE:
        # A workbook knows no such day.
        text = str(value)[: len("1900-02-28 12:00")]
        return f'<c {attributes} t="inlineStr"><is><t>{text}</t></is></c>'
    return f"<c {attributes}><v>{(moment - DAY_0) / ONE_DAY!r}</v></c>"
