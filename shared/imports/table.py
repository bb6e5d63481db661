"""A file as a table: CSV in UTF-8, or the first sheet of a workbook. Its size is bounded, whatever it says it is."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple
from xml.etree import ElementTree as ET

from shared.errors import ApiError
from shared.imports.formats import MOST_ROWS_ABOVE, TELLING, Format
from shared.imports.values import Cell

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DELIMITERS = (",", ";", "\t")
# How an encrypted workbook begins, and one of before 2007.
COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK"
MOST_PARTS = 1000
# What the library needs of a workbook: no pictures, no macros.
PARTS = re.compile(r"(\[Content_Types\]\.xml|_rels/\.rels|xl/(_rels/|worksheets/)?[^/]+\.(xml|rels))", re.IGNORECASE)
ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="(\d{1,7})"')
CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
FORMULA = re.compile(rb"<(?:\w+:)?f\b")
VALUE = re.compile(rb"<(?:\w+:)?v\b[^>/]*>[^<]|<(?:\w+:)?t\b")
ERROR = re.compile(rb'\bt="e"')
# A date cell that holds a text of ISO 8601, and no number. A workbook's dates are wall clocks, whatever they end with.
ISO_DATE = re.compile(rb'(<(?:\w+:)?c\b[^<>]{0,200}\bt="d"[^<>]{0,200}>\s*<(?:\w+:)?v>[^<]{1,40})Z(?=</)')


# The bound of the csv module, 128 KiB, would end a file at a large cell. So its row fails, as with any text too long.
LARGEST_CELL = 5 * 1024 * 1024

# What an import needs at least, with some of what exports have besides.
FEWEST_COLUMNS = 5


class Bounds(NamedTuple):
    """How large a workbook may be once it is unpacked: its parts together, and each sheet from its first cell to its
    last, all of which the library holds in memory.
    """

    unpacked_bytes: int
    cells: int


# Of a call, which has seconds; and of the command line.
ONLINE = Bounds(32 * 1024 * 1024, 500_000)
OFFLINE = Bounds(1024 * 1024 * 1024, 20_000_000)


class Line(NamedTuple):
    """A row, with its number as a spreadsheet shows it: the header is 1. `broken`: one of its cells has no value."""

    number: int
    cells: Sequence[Cell]
    broken: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """What is imported: its name, and its content in memory or on the disk."""

    name: str
    media_type: str
    content: bytes | Path

    def open(self) -> BinaryIO:
        return self.content.open("rb") if isinstance(self.content, Path) else io.BytesIO(self.content)

    def digest(self) -> bytes:
        """What tells this content from any other."""
        digest = sha256()
        with self.open() as file:
            while some := file.read(1024 * 1024):
                digest.update(some)
        return digest.digest()


class Table:
    """The rows of a file below its header. They can be gone through more than once."""

    def __init__(self, file: File, form: Format, bounds: Bounds = ONLINE) -> None:
        """Raises ApiError 400 for a file that is none, or that lacks a column."""
        self.is_csv = file.media_type == CSV
        self.delimiter = _delimiter(file, form) if self.is_csv else ""
        self._file = file
        self._sheet = [] if self.is_csv else _sheet_lines(file, bounds)
        self._header, self.places = self._find_header(form)

    def rows(self) -> Iterator[Line]:
        """The rows that say when or for what; a row of totals does not. Raises ApiError 400 for a malformed file."""
        places = [place for name, place in self.places.items() if name in TELLING]
        for line in self._lines():
            if line.number > self._header and any(line.cells[one] != "" for one in places if one < len(line.cells)):
                yield line

    def _lines(self) -> Iterator[Line]:
        return _csv_lines(self._file, self.delimiter) if self.is_csv else iter(self._sheet)

    def _find_header(self, form: Format) -> tuple[int, dict[str, int]]:
        best: tuple[int, dict[str, int]] = (0, {})
        for line in self._lines():
            places = form.places(line.cells)
            if len(places) > len(best[1]):
                best = line.number, places
            if line.number > MOST_ROWS_ABOVE:
                break
        if missing := form.missing(best[1]):
            names = ", ".join(repr(title) for title in missing)
            raise bad_file(
                "columns_missing", f"The file has no column {names}; is it of this format, and are its titles English?"
            )
        return best


def bad_file(code: str, message: str) -> ApiError:
    """400 for a file that can't be read."""
    return ApiError(400, code, message)


def _delimiter(file: File, form: Format) -> str:
    """What separates the columns: with it, the header has the most columns of the format."""

    def known(delimiter: str) -> int:
        lines = (line for line in _csv_lines(file, delimiter, strict=False) if line.cells)
        return max(
            (len(form.places(line.cells)) for line, _ in zip(lines, range(MOST_ROWS_ABOVE), strict=False)), default=0
        )

    return max(DELIMITERS, key=known)


def _csv_lines(file: File, delimiter: str, *, strict: bool = True) -> Iterator[Line]:
    with file.open() as content:
        start = content.read(8)
        if start.startswith((ZIP, COMPOUND_FILE)):
            raise bad_file("not_csv", "This is no CSV file; send a workbook as what it is")
        content.seek(0)
        text = io.TextIOWrapper(content, encoding="utf-8-sig", newline="")
        csv.field_size_limit(LARGEST_CELL)
        lines = csv.reader(text, delimiter=delimiter, strict=strict)
        try:
            for number, cells in enumerate(lines, 1):
                yield Line(number, cells)
        except UnicodeDecodeError as error:
            message = "The file must be CSV in UTF-8; in a spreadsheet, save it as CSV UTF-8"
            raise bad_file("not_utf8", message) from error
        except csv.Error as error:
            if not strict:
                return
            raise bad_file("csv_malformed", f"The file is not well-formed CSV after line {lines.line_num}") from error


def _sheet_lines(file: File, bounds: Bounds) -> list[Line]:
    """The rows of the first sheet that is shown."""
    # Imported late: no other request needs it.
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415

    parts = {name: _with_wall_clocks(part) for name, part in _unpacked(file, bounds).items()}
    broken = {name: _looked_through(part, bounds) for name, part in parts.items() if "worksheets/" in name.lower()}
    try:
        with CalamineWorkbook.from_filelike(_packed(parts)) as workbook:
            shown = [
                one.name
                for one in workbook.sheets_metadata
                if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
            ]
            if not shown:
                raise bad_file("xlsx_malformed", "The workbook has no sheet")
            sheet = workbook.get_sheet_by_name(shown[0])
            above: list[Sequence[Cell]] = [[]] * (sheet.start or (0, 0))[0]
            rows: list[Sequence[Cell]] = [*above, *sheet.iter_rows()]
    except (CalamineError, ValueError, OverflowError) as error:
        raise bad_file("xlsx_malformed", "The file is not a workbook that can be read") from error
    unread = broken.get(_path_of(parts, shown[0]), frozenset())
    return [Line(number, cells, number in unread) for number, cells in enumerate(rows, 1)]


def _unpacked(file: File, bounds: Bounds) -> dict[str, bytes]:
    """The parts of a workbook, as they really are: what the archive says of their sizes is not believed."""
    with file.open() as content:
        if content.read(len(COMPOUND_FILE)) == COMPOUND_FILE:
            message = (
                "The workbook has a password, or is of a program of before 2007; save it as XLSX without a password"
            )
            raise bad_file("xlsx_protected", message)
        left = bounds.unpacked_bytes
        try:
            with zipfile.ZipFile(content) as archive:
                entries = [one for one in archive.infolist() if PARTS.fullmatch(one.filename)]
                if len(entries) > MOST_PARTS:
                    raise _too_large()
                if any(one.flag_bits & 1 for one in entries):
                    raise bad_file("xlsx_protected", "The workbook has a password; save it without one")
                parts: dict[str, bytes] = {}
                for entry in entries:
                    with archive.open(entry) as part:
                        parts[entry.filename] = part.read(left + 1)
                    left -= len(parts[entry.filename])
                    if left < 0:
                        raise _too_large()
        except (
            zipfile.BadZipFile,
            zipfile.LargeZipFile,
            NotImplementedError,
            OSError,
            EOFError,
            ValueError,
            RuntimeError,
        ) as error:
            raise bad_file("xlsx_malformed", "The file is not a workbook that can be read") from error
        return parts


def _packed(parts: dict[str, bytes]) -> BinaryIO:
    """The parts as an archive again, which holds nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    buffer.seek(0)
    return buffer


def _with_wall_clocks(part: bytes) -> bytes:
    """A part whose date cells name no zone.

    SheetJS (xlsx 0.18.5, with `cellDates`) ends the wall clocks of its date cells with a `Z`, which spreadsheets do not
    heed. The library, python-calamine 0.9.1, makes a text of such a cell, and that would be an instant: hours away.
    """
    return ISO_DATE.sub(rb"\1", part) if b't="d"' in part else part


def _looked_through(content: bytes, bounds: Bounds) -> frozenset[int]:
    """The rows of a sheet that have a formula without a value, or an error: the library reads both as empty.

    Raises ApiError 400 for a sheet whose cells lie too far apart.
    """
    # Counting is quick. What says that it has more rows than that is not worth a closer look.
    if content.count(b"<row") > bounds.cells // FEWEST_COLUMNS:
        raise _too_large()
    last_row = max((int(match[1]) for match in ROW.finditer(content)), default=1)
    last_column = max(map(_column, {match[1] for match in PLACE.finditer(content)}), default=1)
    if last_row * last_column > bounds.cells:
        message = f"The sheet reaches to row {last_row} and column {last_column}; delete what is empty there"
        raise bad_file("xlsx_too_large", message)
    if not (FORMULA.search(content) or ERROR.search(content)):
        return frozenset()
    return frozenset(int(place[2]) for match in CELL.finditer(content) if (place := _broken(match)))


def _broken(cell: re.Match[bytes]) -> re.Match[bytes] | None:
    """The place of a cell that has no value to read."""
    within = cell[2] or b""
    if ERROR.search(cell[1]) or (FORMULA.search(within) and not VALUE.search(within)):
        return PLACE.search(cell[1])
    return None


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _path_of(parts: dict[str, bytes], sheet: str) -> str:
    """The part that holds a sheet, by the workbook's relations; raises nothing: a sheet that is not found is none."""
    try:
        book = ET.fromstring(parts["xl/workbook.xml"])  # noqa: S314 - its size is bounded, and expat limits entities
        relations = ET.fromstring(parts["xl/_rels/workbook.xml.rels"])  # noqa: S314
    except (KeyError, ET.ParseError):
        return ""
    targets = {one.get("Id"): str(one.get("Target")) for one in relations}
    for one in book.iter():
        if one.tag.endswith("}sheet") and one.get("name") == sheet:
            wanted = next((value for key, value in one.items() if key.endswith("}id")), None)
            target = targets.get(wanted, "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return ""


def _too_large() -> ApiError:
    return bad_file(
        "xlsx_too_large", "The workbook is larger than can be read; delete its empty rows, or save it as CSV"
    )
