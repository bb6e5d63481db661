"""From the lines of a file to rows with a meaning: whose, when, what for. Pure but for the zone data.

What the file's own rows tell together is found out first: the order of day and month, the decimal separator, whether it
names customers at all.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError

from shared import instants
from shared.errors import ApiError
from shared.http.fields import Name
from shared.imports import values, wall_clock
from shared.imports.formats import FORMATS
from shared.imports.table import Line, Table, bad_file
from shared.imports.values import Cell, Decimals, Length, Order
from shared.imports.wall_clock import Readings, Remark
from shared.reports.csv_file import FORMULA
from shared.time_entries.rules import Interval
from shared.time_entries.schemas import TimeEntryBody

DATES = ("start_date", "end_date", "date", "day", "start", "end", "created")
ENDS = ("end", "end_time")
NUMBERS = ("duration", "hours")
TEXTS = TimeEntryBody(only=("description", "uri", "technologies"), partial=True)
NAME = Name()
MOST_TECHNOLOGIES = 10
# What Clockify calls time that was not worked.
BREAK = "break"


class RowError(Exception):
    """A row can't be imported: a stable code, and a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be read, as its import says."""

    format: str
    timezone: ZoneInfo | None = None
    date_format: Order | None = None
    default_activity: str = "Imported"
    default_project: str = ""


@dataclass(slots=True)
class Row:
    """A row that can be read. It has an interval, or, without clock times, a local day and a length.

    `customer` is None where the file names none at all, and `""` where the row names none.
    """

    number: int
    email: str
    name: str
    customer: str | None
    project: str
    activity: str
    description: str | None
    uri: str | None
    technologies: list[str]
    billable: bool | None
    timezone_offset: int
    interval: Interval | None = None
    day: date | None = None
    length: timedelta = timedelta()
    remarks: list[Remark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Failed:
    """A row that can't be imported, and why."""

    number: int
    code: str
    message: str


class Reader:
    """Reads the rows of one file."""

    def __init__(self, table: Table, options: Options) -> None:
        """Goes through the file once. Raises ApiError 400 where a date or number is ambiguous, or a zone is missing."""
        self._table = table
        self._options = options
        self._format = FORMATS[options.format]
        self.count = 0
        self._decimals: Decimals | None = None
        self._order: Order | None = options.date_format
        self._has_customers = False
        self._has_ends = False
        # How many people it names, where it names them without an e-mail.
        self.names: set[str] = set()
        self._look_through()

    def rows(self) -> Iterator[Row | Failed]:
        """The rows in the order of the file, each readable or failed."""
        for line in self._table.rows():
            cells = self._cells(line)
            try:
                yield self._row(line, cells)
            except RowError as error:
                yield Failed(line.number, error.code, error.message)
            except ValidationError as error:
                yield Failed(line.number, "validation_failed", _sentence(error))
            except OverflowError:
                yield Failed(line.number, "date_invalid", "The date lies outside the years that can be kept")

    def _look_through(self) -> None:
        dates: list[tuple[int, set[Order]]] = []
        numbers: list[tuple[int, set[Decimals]]] = []
        for line in self._table.rows():
            self.count += 1
            cells = self._cells(line)
            self._has_customers = self._has_customers or bool(_text(cells.get("customer", "")))
            self._has_ends = self._has_ends or any(_text(cells.get(one, "")) for one in ENDS)
            if not _text(cells.get("email", "")) and (name := _person(cells)):
                self.names.add(name)
            self._require_zone(line, cells)
            _tell(dates, line.number, [_orders(cells.get(name, "")) for name in DATES])
            _tell(numbers, line.number, [_separators(cells.get(name, "")) for name in NUMBERS])
        if self._order is None:
            self._order = _settle(
                dates, "date_ambiguous", "whether the day or the month comes first", "; say it with date_format"
            )
        if self._table.delimiter == ";":
            # Only where the decimal separator is a comma do spreadsheets separate columns so.
            numbers = [(number, allowed if len(allowed) == 1 else {","}) for number, allowed in numbers]
        self._decimals = _settle(numbers, "number_ambiguous", "whether a comma or a point begins the decimals")

    def _require_zone(self, line: Line, cells: Mapping[str, Cell]) -> None:
        if self._options.timezone:
            return
        clock = "start" in self._format.columns
        if not clock or any(_is_local(cells.get(name, "")) for name in ("start", "end")):
            message = f"The times of row {line.number} have no offset: say in which timezone= they are"
            raise ApiError(400, "timezone_missing", message, errors={"timezone": ["Missing data for required field."]})

    def _cells(self, line: Line) -> dict[str, Cell]:
        """A row's cells by what they hold; an absent one is not there."""
        cells = {name: line.cells[place] for name, place in self._table.places.items() if place < len(line.cells)}
        if self._table.is_csv:
            # What our own reports put before a text that a spreadsheet would take for a formula.
            return {name: text[1:] if text[:1] == "'" and FORMULA.match(text) else text for name, text in cells.items()}
        return cells

    def _row(self, line: Line, cells: Mapping[str, Cell]) -> Row:
        if line.broken:
            raise RowError("cell_without_value", "A formula of this row has no value, or an error; save it with values")
        if _text(cells.get("type", "")).casefold() == BREAK:
            raise RowError("not_work", "This is a break, not work")
        project = _name(cells, "project") or self._options.default_project
        if not project:
            raise RowError("project_missing", "The row names no project; default_project can name one for such rows")
        tags = _tags(_text(cells.get("technologies", "")), have_signs="tag_groups" in cells)
        distinct = [*dict.fromkeys(tags)]
        texts = TEXTS.load(
            {
                "description": _text(cells.get("description", ""), strip=False) or None,
                "uri": _text(cells.get("uri", "")) or None,
                "technologies": distinct[:MOST_TECHNOLOGIES],
            }
        )
        row = Row(
            number=line.number,
            email=_text(cells.get("email", "")).lower(),
            name=_person(cells),
            customer=_name(cells, "customer") if self._has_customers else None,
            project=project,
            activity=_name(cells, "activity") or self._options.default_activity,
            **texts,
            billable=_read(
                values.read_flag, cells.get("billable", ""), "billable_invalid", "Billable is neither yes nor no"
            ),
            timezone_offset=0,
        )
        if left_out := distinct[MOST_TECHNOLOGIES:]:
            row.remarks.append(
                Remark("tags_left_out", f"More than {MOST_TECHNOLOGIES} tags; left out: {', '.join(left_out)}")
            )
        self._place(row, cells)
        return row

    def _place(self, row: Row, cells: Mapping[str, Cell]) -> None:
        """When the row's work was."""
        if "date" in self._format.columns:
            row.day = _read(lambda cell: values.read_date(cell, self._order), cells.get("date", ""), *DATE_INVALID)
            lengths, dated = self._lengths(cells)
            if dated or not lengths:
                raise RowError("duration_invalid", "The row's duration can't be read")
            row.length = lengths[0].duration
            zone = self._zone()
            row.timezone_offset = _offset(instants.start_of_day(row.day, zone), zone)
            return
        lengths, dated = self._lengths(cells)
        start, stated_end = self._moments(cells, lengths)
        if stated_end is None and (dated or not lengths):
            raise RowError("end_missing", "The row has no end, and no duration that can be read")
        if stated_end is None and self._ran_on(cells, lengths):
            raise RowError("end_missing", RUNNING)
        end = stated_end or _after(start, lengths[0].duration)
        row.interval, remarks = wall_clock.interval(start, end, lengths, self._options.timezone or UTC)
        if dated and not wall_clock.fits(_length(row.interval), lengths):
            raise RowError("duration_invalid", "The duration is a date that does not fit the row's times")
        row.remarks += remarks
        zone_offset = self._own_offset(cells)
        row.timezone_offset = (
            _offset(row.interval.start, self._options.timezone) if self._options.timezone else zone_offset
        )

    def _ran_on(self, cells: Mapping[str, Cell], lengths: Sequence[Length]) -> bool:
        """Whether a row without an end was running when its file was made: then its duration is nothing, or what had
        passed until that moment (klok 1.2.1, Hamster 3.0.3), and the same row with its end would overlap with that.
        """
        running = _read(values.read_flag, cells.get("running", ""), "running_invalid", "Running is neither yes nor no")
        return bool(running) or self._has_ends or not lengths[0].duration

    def _moments(self, cells: Mapping[str, Cell], lengths: Sequence[Length]) -> tuple[Readings, Readings | None]:
        """The readings of the row's start and end; None for an end that it does not have."""
        if "start" in self._format.columns:
            start, end = (self._moment(cells, name, lengths) for name in ("start", "end"))
        else:
            start, end = (self._clock(cells, name, lengths) for name in ("start", "end"))
        if start is None:
            raise RowError("start_missing", "The row has no start")
        return start, end

    def _moment(self, cells: Mapping[str, Cell], name: str, lengths: Sequence[Length]) -> Readings | None:
        """A date and time in one cell, or a time beside a column of dates."""
        cell = cells.get(name, "")
        if cell == "":
            return None
        if "day" in cells and values.is_clock(cell):
            clocks = {f"{one}_time": cells.get(one, "") for one in ("start", "end")}
            return self._clock({"start_date": cells["day"], **clocks}, name, lengths)
        if isinstance(cell, datetime):
            return wall_clock.readings(instants.whole_milliseconds(cell), self._zone())
        text = values.with_offset(str(cell))
        try:
            moment = instants.parse_moment(text)
        except ValueError:
            day, clock = _read(values.split_moment, text, *DATE_INVALID)
            local = _read(lambda one: values.read_date(one, self._order), day, *DATE_INVALID)
            passed = _read(values.read_clock, clock, *TIME_INVALID)
            return wall_clock.readings(datetime.combine(local, datetime.min.time()) + passed, self._zone())
        if not values.EARLIEST_YEAR <= moment.year <= values.LATEST_YEAR:
            raise RowError(*DATE_INVALID)
        moment = instants.whole_milliseconds(moment)
        return Readings([moment], moment) if moment.tzinfo else wall_clock.readings(moment, self._zone())

    def _clock(self, cells: Mapping[str, Cell], name: str, lengths: Sequence[Length]) -> Readings | None:
        """A date in one cell, and a time in another. An end may lack its date."""
        day, clock = cells.get(f"{name}_date", ""), cells.get(f"{name}_time", "")
        if clock == "":
            return None
        passed = _read(values.read_clock, clock, *TIME_INVALID)
        if day == "" and name == "end":
            start = self._clock(cells, "start", lengths)
            return start and wall_clock.end_without_date(start, passed, lengths, self._zone())
        local = _read(lambda one: values.read_date(one, self._order), day, *DATE_INVALID)
        return wall_clock.readings(datetime.combine(local, datetime.min.time()) + passed, self._zone())

    def _lengths(self, cells: Mapping[str, Cell]) -> tuple[list[Length], bool]:
        """What the row's duration may be, and whether it comes as a date; the first column that has one counts."""
        for name in NUMBERS:
            if (cell := cells.get(name, "")) != "":
                is_hours = name in self._format.hours
                lengths = _read(
                    lambda one: values.read_lengths(one, hours=is_hours, decimals=self._decimals),  # noqa: B023
                    cell, "duration_invalid", "The row's duration can't be read",
                )  # fmt: skip
                return lengths, values.is_date(cell)
        return [], False

    def _own_offset(self, cells: Mapping[str, Cell]) -> int:
        """The offset that the row's start itself has, where no zone is named."""
        try:
            moment = datetime.fromisoformat(values.with_offset(str(cells.get("start", ""))).upper())
        except ValueError:
            return 0
        return _bounded(moment.utcoffset() or timedelta())

    def _zone(self) -> ZoneInfo:
        if self._options.timezone is None:
            raise RowError("timezone_missing", "The row's times have no offset")
        return self._options.timezone


DATE_INVALID = ("date_invalid", "The row's date can't be read")
RUNNING = "The row has no end, as if it still ran when the file was made: give it one, or stop it and export again"
TIME_INVALID = ("time_invalid", "The row's time can't be read")


def _read(reader: Any, cell: Cell, code: str, message: str) -> Any:
    try:
        return reader(cell)
    except ValueError as error:
        raise RowError(code, message) from error


def _after(start: Readings, length: timedelta) -> Readings:
    """The end of a row that has a start and a length alone."""
    return Readings([start.instants[0] + length], start.wall + length)


def _text(cell: Cell, *, strip: bool = True) -> str:
    """A cell as text: a number without a fraction that it does not have."""
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
    return text.strip() if strip else text


def _name(cells: Mapping[str, Cell], column: str) -> str:
    text = _text(cells.get(column, ""))
    if not text:
        return ""
    try:
        return _checked(text)
    except ValidationError as error:
        raise ValidationError({column: error.messages}) from error


@lru_cache(maxsize=1024)
def _checked(name: str) -> str:
    """A name as it is kept. Most rows of a file repeat those of others."""
    return str(NAME.deserialize(name))


def _person(cells: Mapping[str, Cell]) -> str:
    names = (_text(cells.get(name, "")) for name in ("name", "first_name", "last_name"))
    return " ".join(" ".join(names).casefold().split())


def _tags(text: str, *, have_signs: bool) -> list[str]:
    """A row's tags, joined by commas, or a list in JSON; or, as TimeTagger has them, by blanks, each with its `#`."""
    if have_signs:
        return [tag for word in text.split() if (tag := word.strip("#"))]
    if text.startswith("["):
        try:
            return [str(tag) for tag in json.loads(text) if str(tag).strip()]
        except ValueError:
            pass
    return values.read_tags(text)


def _orders(cell: Cell) -> set[Order]:
    try:
        return values.orders_of(values.split_moment(cell.strip())[0]) if isinstance(cell, str) else set()
    except ValueError:
        return set()


def _separators(cell: Cell) -> set[Decimals]:
    return values.decimals_of(cell) if isinstance(cell, str) and set(cell) & {".", ","} else set()


def _is_local(cell: Cell) -> bool:
    """Whether a date and time has no offset of its own."""
    if isinstance(cell, str):
        try:
            return instants.parse_moment(values.with_offset(cell)).tzinfo is None
        except ValueError:
            return values.is_clock(cell) or values.is_moment(cell)
    return isinstance(cell, datetime) or values.is_clock(cell)


def _tell(told: list[tuple[int, set[Any]]], number: int, allowed: Sequence[set[Any]]) -> None:
    """Keep what a row tells, as long as nothing is kept twice: a file may have a million rows."""
    known = [one for _, one in told]
    told += ((number, one) for one in allowed if one and one not in known)


def _settle(readings: list[tuple[int, set[Any]]], code: str, question: str, advice: str = "") -> Any:
    settled, doubtful = values.settled(readings)
    if doubtful is not None and not set.intersection(*(allowed for _, allowed in readings)):
        raise bad_file(code, f"Row {doubtful} and others do not agree on {question}{advice}")
    if doubtful is not None:
        raise bad_file(code, f"Row {doubtful} does not tell {question}, and no other row settles it{advice}")
    return settled


def _offset(instant: datetime, zone: ZoneInfo) -> int:
    """Minutes from local time to UTC at an instant."""
    return _bounded(instants.to_local(instant, zone) - instant.replace(tzinfo=None))


def _bounded(ahead: timedelta) -> int:
    minutes = -(ahead // timedelta(minutes=1))
    return max(-840, min(840, minutes))


def _length(interval: Interval) -> timedelta:
    return (interval.end or interval.start) - interval.start


def _sentence(error: ValidationError) -> str:
    (name, complaint), *_ = error.normalized_messages().items()  # type: ignore[no-untyped-call]
    while not isinstance(complaint, str):
        complaint = next(iter(complaint.values() if isinstance(complaint, dict) else complaint))
    return f"{name}: {complaint}"
