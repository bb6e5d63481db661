"""What the cells of a file mean: dates, times of day, durations, numbers, yes and no. Pure.

A cell is a text, or what a workbook holds: a number, a truth value, a date, a time or a duration.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

Cell = Any
Order = Literal["ymd", "mdy", "dmy"]
ORDERS: tuple[Order, ...] = ("ymd", "mdy", "dmy")
Decimals = Literal[".", ","]

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Before that, a date is a mistake: of a spreadsheet, whose days begin with 1899.
EARLIEST_YEAR = 1901
LATEST_YEAR = 9998
# What spreadsheets and their libraries count days from: a duration of 25:30 in a cell for times of day comes as
# 1899-12-31 or 1900-01-01, at 01:30.
EPOCHS = (datetime(1899, 12, 31), datetime(1899, 12, 30), datetime(1900, 1, 1))  # noqa: DTZ001 - wall clocks

# What stands between the parts of a date or time. PHP 8.2 (ICU 72) and Babel 2.19.0 print a narrow no-break space
# before AM and PM, and Babel in Spanish (`2:05 p. m.`) another one within.
BLANKS = r"[ \t\u00a0\u2009\u202f]*"
# Czechs, Croats, Hungarians and Koreans put a blank after a date's dots: `5. 3. 2026`.
DATE = re.compile(rf"(\d{{1,4}})([-/]|\.{BLANKS})(\d{{1,2}})\2(\d{{1,4}})\.?", re.ASCII)
CLOCK = re.compile(
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?"
    rf"(?:{BLANKS}([ap])\.?{BLANKS}m\.?)?",
    re.ASCII | re.IGNORECASE,
)
LONG_CLOCK = re.compile(r"(\d{1,6}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?", re.ASCII)
# Days before the clock, as in the CSV of pandas (`0 days 01:30:00`), DuckDB (`1 day 01:30:00`) and Python's `timedelta`
# (`1 day, 1:30:00`).
DAYS = re.compile(r"(\d{1,4}) days?,? ", re.ASCII)
# ISO 8601, as Clockify's API has it: `PT1H30M`. OpenSpout 4 and 5, which write the CSV files of Kimai 2, print
# all parts of a PHP DateInterval, and microseconds as `F`, which ISO 8601 does not know: `P0Y0M0DT1H30M0S0F`.
ISO = re.compile(
    r"P(?:0Y0M)?(?:(\d{1,4})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:[.,](\d{1,9}))?S(?:0F)?)?)?(?<=[DHMSF])",
    re.ASCII,
)
# Numbers with units, as people write them and Jira, Everhour and Toggl show them: `1h 30m`, `1.5 h`, `1h30`, `47 min`.
UNITS = re.compile(
    rf"(?:(\d{{1,6}}(?:[.,]\d{{1,2}})?){BLANKS}h(?:ours?|rs?)?(?![a-z])[.,]?{BLANKS})?"
    rf"(?:(\d{{1,8}}){BLANKS}(?:m(?:in(?:ute)?s?)?(?![a-z])[.,]?|(?<=h\d\d)$){BLANKS})?"
    rf"(?:(\d{{1,9}}){BLANKS}s(?:ec(?:ond)?s?)?(?![a-z])\.?)?",
    re.ASCII | re.IGNORECASE,
)
NUMBER = re.compile(r"[+-]?\d{1,12}(?:[.,' \u00a0\u202f]\d{3})*(?:[.,]\d*)?|[+-]?[.,]\d+", re.ASCII)
# How Ruby and Go print offsets: ` +0100`, ` UTC` and ` +0000 UTC`.
NAMED_UTC = re.compile(r"(?: [+]0000)? UTC$")
OFFSET_APART = re.compile(r"(?<=\d) (?=[-+]\d\d:?\d\d$)", re.ASCII)
YES = frozenset({"yes", "true", "1", "y", "x", "ja", "wahr", "sí", "si", "verdadero", "oui", "vrai", "はい"})
NO = frozenset({"no", "false", "0", "n", "nein", "falsch", "falso", "non", "faux", "いいえ"})


class Length(NamedTuple):
    """A duration, and by how much the file may have rounded it."""

    duration: timedelta
    tolerance: timedelta

    def fits(self, other: timedelta) -> bool:
        return abs(self.duration - other) <= self.tolerance


def dates_of(text: str) -> Mapping[Order, date]:
    """What a date of digits means in each order in which it is one. With dots, it is day, month, year."""
    match = DATE.fullmatch(text.strip())
    if not match:
        return {}
    first, separator, second, third = match[1], match[2], match[3], match[4]
    readings: dict[Order, tuple[str, str, str]] = {}
    if len(first) == 4 and len(third) <= 2:
        readings = {"ymd": (first, second, third)}
    elif len(first) <= 2 and len(third) in {2, 4}:
        readings = {"dmy": (third, second, first)}
        if not separator.startswith("."):
            readings["mdy"] = (third, first, second)
    found: dict[Order, date] = {}
    for order, (year, month, day) in readings.items():
        try:
            found[order] = date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
        except ValueError:
            continue
    return found


def read_date(cell: Cell, order: Order | None) -> date:
    """A date; `order` is that of the file's dates. Raises ValueError."""
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        # A date that lost its format is the number of its day.
        cell = (EPOCHS[1] + timedelta(days=float(cell))).date()
    if isinstance(cell, str):
        cell = _dated(cell.strip(), order)
    if isinstance(cell, date) and EARLIEST_YEAR <= cell.year <= LATEST_YEAR:
        return cell
    raise ValueError("not a date")


def _dated(text: str, order: Order | None) -> date | None:
    readings = dates_of(text)
    if "ymd" in readings:
        return readings["ymd"]
    if order == "mdy" and not readings.get("mdy"):
        # With dots as well, where somebody says so.
        return dates_of(text.replace(".", "/")).get("mdy")
    if order:
        return readings.get(order)
    return next(iter(readings.values())) if len(set(readings.values())) == 1 else None


def orders_of(cell: Cell) -> set[Order]:
    """Which orders of day and month a date allows; none where they make no difference."""
    readings = dates_of(cell) if isinstance(cell, str) else {}
    if "ymd" in readings or (len(readings) > 1 and len(set(readings.values())) == 1):
        return set()
    return set(readings)


def is_clock(cell: Cell) -> bool:
    """Whether a cell has a time of day alone. As a date, it is one of 1899 or 1900."""
    if isinstance(cell, str):
        return bool(CLOCK.fullmatch(cell.strip())) and not DATE.fullmatch(cell.strip())
    return isinstance(cell, time) or is_date(cell)


def with_offset(text: str) -> str:
    """A date and time with its offset, if it has one, as ISO 8601 writes it."""
    return OFFSET_APART.sub("", NAMED_UTC.sub("Z", text.strip()))


def is_moment(text: str) -> bool:
    """Whether a text is a date and a time of day without an offset, in anyone's notation."""
    try:
        return is_clock(split_moment(text.strip())[1])
    except ValueError:
        return False


def split_moment(text: str) -> tuple[str, str]:
    """The date and the time of day that a text has: `5/3/2026, 2:05 p. m.`. Raises ValueError where it has no date."""
    match = DATE.match(text)
    if not match:
        raise ValueError("not a date and time")
    return match[0], text[match.end() :].lstrip(", \t\u00a0\u202fT")


def read_clock(cell: Cell) -> timedelta:
    """A time of day, as what has passed since midnight by the wall clock: up to 24:00. Raises ValueError."""
    if isinstance(cell, datetime):
        cell = cell.time()
    if isinstance(cell, time):
        return timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second, microseconds=cell.microsecond)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        cell = timedelta(days=float(cell))
    if isinstance(cell, str):
        cell = _clocked(cell.strip())
    if isinstance(cell, timedelta) and timedelta() <= cell <= DAY:
        return _milliseconds(cell)
    raise ValueError("not a time of day")


def _clocked(text: str) -> timedelta | None:
    match = CLOCK.fullmatch(text)
    if not match:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[5].lower() == "p" else 0)
    if minute > 59 or second > 59:
        return None
    return timedelta(hours=hour, minutes=minute, seconds=second) + _fraction(match[4])


def read_lengths(cell: Cell, *, hours: bool, decimals: Decimals | None) -> list[Length]:
    """What a duration may mean, the likeliest first. Raises ValueError.

    A plain number is hours where the column says so (`hours`), else days, as in spreadsheets, or hours. What comes as a
    date of 1899 or 1900 has several readings, and none of them is certain: see `is_date`.
    """
    if isinstance(cell, str):
        return _lengths_of(cell.strip(), hours=hours, decimals=decimals)
    exact = timedelta(seconds=1)
    if isinstance(cell, timedelta):
        return _not_negative([Length(_milliseconds(cell), exact)])
    if isinstance(cell, time):
        return [Length(read_clock(cell), exact)]
    if is_date(cell):
        moment = cell if isinstance(cell, datetime) else datetime.combine(cell, time())
        return [Length(_milliseconds(moment - epoch), exact) for epoch in EPOCHS if moment >= epoch]
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _of_number(Decimal(repr(cell)), exact, hours=hours)
    raise ValueError("not a duration")


def is_date(cell: Cell) -> bool:
    """Whether a duration or a time of day comes as a date; of a duration, only clock times can tell which one it is."""
    return isinstance(cell, date) and cell.year < EARLIEST_YEAR


def _lengths_of(text: str, *, hours: bool, decimals: Decimals | None) -> list[Length]:
    if match := ISO.fullmatch(text.upper()):
        days, whole_hours, minutes, seconds = (int(part or 0) for part in match.groups()[:4])
        length = timedelta(days, hours=whole_hours, minutes=minutes, seconds=seconds) + _fraction(match[5])
        return [Length(length, timedelta(seconds=1))]
    if (days_before := DAYS.match(text)) and LONG_CLOCK.fullmatch(text, days_before.end()):
        (clock,) = _lengths_of(text[days_before.end() :], hours=hours, decimals=decimals)
        return [clock._replace(duration=DAY * int(days_before[1]) + clock.duration)]
    if match := LONG_CLOCK.fullmatch(text):
        if int(match[2]) > 59 or int(match[3] or 0) > 59:
            raise ValueError("not a duration")
        length = timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3] or 0))
        return [Length(length + _fraction(match[4]), timedelta(seconds=1 if match[3] else 60))]
    if text and (match := UNITS.fullmatch(text)):
        return [_with_units(match)]
    # A time of day as a spreadsheet shows it: five minutes are `12:05:00 AM`.
    if CLOCK.fullmatch(text) and text[-1] in "mM.":
        return [Length(read_clock(text), timedelta(seconds=1 if text.count(":") == 2 else 60))]
    number = read_number(text, decimals)
    digits = -int(number.as_tuple().exponent)
    return _of_number(number, max(HOUR * 10.0**-digits, timedelta(seconds=1)), hours=hours)


def _with_units(match: re.Match[str]) -> Length:
    hours = Decimal((match[1] or "0").replace(",", "."))
    seconds = round(hours * 3600) + int(match[2] or 0) * 60 + int(match[3] or 0)
    digits = -int(hours.as_tuple().exponent)
    exact = timedelta(seconds=1 if match[3] else 60)
    return Length(timedelta(seconds=seconds), max(exact, HOUR * 10.0**-digits) if digits else exact)


def _of_number(number: Decimal, tolerance: timedelta, *, hours: bool) -> list[Length]:
    units = (HOUR,) if hours else (DAY, HOUR)
    if not 0 <= number <= 10**6:
        raise ValueError("not a duration")
    return [
        Length(timedelta(milliseconds=round(number * (unit // timedelta(milliseconds=1)))), tolerance) for unit in units
    ]


def _not_negative(lengths: list[Length]) -> list[Length]:
    if lengths[0].duration < timedelta():
        raise ValueError("not a duration")
    return lengths


def decimals_of(text: str) -> set[Decimals]:
    """Which decimal separators a number's text allows: both where it says nothing, none where it is no number."""
    text = text.strip()
    if not NUMBER.fullmatch(text):
        return set()
    points, commas = text.count("."), text.count(",")
    if points and commas:
        return {"."} if text.rindex(".") > text.rindex(",") else {","}
    if points + commas != 1:
        return {".", ","} if not points + commas else ({","} if points else {"."})
    separator: Decimals = "." if points else ","
    whole, _, fraction = text.lstrip("+-").partition(separator)
    # `1.234` may be a thousand and more; `0.125` and `1234.567` may not.
    groups = len(fraction) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    return {".", ","} if groups else {separator}


def read_number(text: str, decimals: Decimals | None) -> Decimal:
    """A number; `decimals` is the file's decimal separator. Raises ValueError."""
    allowed = decimals_of(text)
    separator = decimals if decimals in allowed else next(iter(allowed)) if len(allowed) == 1 else None
    if not allowed or (decimals and separator != decimals):
        raise ValueError("not a number")
    grouping = {".": ",", ",": "."}.get(separator or "", "")
    plain = re.sub(f"[' \u00a0\u202f{re.escape(grouping)}]", "", text.strip())
    return Decimal(plain.replace(",", "."))


def read_flag(cell: Cell) -> bool | None:
    """Yes or no; None for an empty cell. Raises ValueError."""
    if isinstance(cell, bool):
        return cell
    word = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip().casefold()
    if word in YES | NO:
        return word in YES
    if word:
        raise ValueError("neither yes nor no")
    return None


def read_tags(text: str) -> list[str]:
    """The tags of a row, joined by a comma and a blank."""
    return [tag for part in re.split(r",\s+", text) if (tag := part.strip())]


def settled(readings: Iterable[tuple[int, set[Any]]]) -> tuple[Any | None, int | None]:
    """What all rows allow, and the first row that allows several where nothing settles it.

    `readings` has each row's number and what it allows; a row that allows nothing says nothing. `(None, None)` where
    there is nothing to settle; a row's number with None where rows contradict each other.
    """
    left: set[Any] | None = None
    doubtful: int | None = None
    for number, allowed in readings:
        if not allowed:
            continue
        if len(allowed) > 1 and doubtful is None:
            doubtful = number
        left = allowed if left is None else left & allowed
        if not left:
            return None, number if doubtful is None else doubtful
    if left is None:
        return None, None
    return (next(iter(left)), None) if len(left) == 1 else (None, doubtful)


def _fraction(digits: str | None) -> timedelta:
    return timedelta(milliseconds=int((digits or "0").ljust(3, "0")[:3]))


def _milliseconds(length: timedelta) -> timedelta:
    """To the nearest: a workbook's fraction of a day is a float, and 9:00 may be a little less."""
    return timedelta(milliseconds=round(length / timedelta(milliseconds=1)))
