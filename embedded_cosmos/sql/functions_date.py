"""Date and time functions: strings of the form 2026-01-31T12:34:56.1234567Z, ticks of 100 ns, milliseconds."""

import calendar
import re
import time
from collections.abc import Callable
from datetime import date
from typing import Any

from embedded_cosmos.sql.functions_math import is_integer
from embedded_cosmos.sql.values import UNDEFINED, is_number

SECOND = 10_000_000
DAY = 86_400 * SECOND
EPOCH = date(1970, 1, 1).toordinal()
# The service knows no date before 1601.
FIRST, LAST = (date(1601, 1, 1).toordinal() - EPOCH) * DAY, (date.max.toordinal() + 1 - EPOCH) * DAY

PARTS = {
    "year": ("year", "yyyy", "yy"),
    "month": ("month", "mm", "m"),
    "day": ("day", "dd", "d"),
    "hour": ("hour", "hh"),
    "minute": ("minute", "mi", "n"),
    "second": ("second", "ss", "s"),
    "millisecond": ("millisecond", "ms"),
    "microsecond": ("microsecond", "mcs"),
    "nanosecond": ("nanosecond", "ns"),
    "weekday": ("weekday", "dw"),
}
NAMES = {name: part for part, names in PARTS.items() for name in names}
TICKS = {
    "day": DAY,
    "hour": 3600 * SECOND,
    "minute": 60 * SECOND,
    "second": SECOND,
    "millisecond": 10_000,
    "microsecond": 10,
}


DATE = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"([T ](?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(\.(?P<fraction>\d{1,7}))?)?"
    r"(Z| ?(?P<sign>[+-])(?P<ahead>\d\d)(:?(?P<aside>\d\d))?)?",
    re.ASCII,
)
PLACES = ("year", "month", "day", "hour", "minute", "second", "ahead", "aside")
MOST_MINUTES = 14 * 60


def parse(text: Any) -> int | None:
    """Ticks since 1970, or None for what is no date."""
    found = DATE.fullmatch(text) if type(text) is str else None
    if found is None:
        return None
    year, month, day, hour, minute, second, ahead, aside = (int(part or 0) for part in found.group(*PLACES))
    offset = (ahead * 60 + aside) * (-1 if found["sign"] == "-" else 1)
    if hour > 23 or minute > 59 or second > 59 or aside > 59 or abs(offset) > MOST_MINUTES:
        return None
    try:
        days = date(year, month, day).toordinal() - EPOCH
    except ValueError:
        return None
    fraction = int((found["fraction"] or "").ljust(7, "0"))
    ticks = days * DAY + ((hour * 60 + minute - offset) * 60 + second) * SECOND + fraction
    return ticks if FIRST <= ticks < LAST else None


def write(ticks: int) -> Any:
    if not FIRST <= ticks < LAST:
        return UNDEFINED
    days, rest = divmod(ticks, DAY)
    seconds, fraction = divmod(rest, SECOND)
    day = date.fromordinal(days + EPOCH)
    return f"{day.isoformat()}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:07}Z"


def part_named(name: Any) -> str | None:
    return NAMES.get(name.lower()) if type(name) is str else None


def add(name: Any, count: Any, text: Any) -> Any:
    part, ticks = part_named(name), parse(text)
    if part in (None, "weekday") or ticks is None or not is_number(count) or not is_integer(count):
        return UNDEFINED
    number = int(count)
    if part in ("year", "month"):
        return add_months(ticks, number * 12 if part == "year" else number)
    if part == "nanosecond":
        return write(ticks + ((number + 50) // 100 if number >= 0 else -((50 - number) // 100)))
    return write(ticks + number * TICKS[part])


def add_months(ticks: int, count: int) -> Any:
    """The same day of another month, or that month's last if it is shorter."""
    days, rest = divmod(ticks, DAY)
    day = date.fromordinal(days + EPOCH)
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if not 1 <= year <= 9999:
        return UNDEFINED
    last = calendar.monthrange(year, month + 1)[1]
    return write((date(year, month + 1, min(day.day, last)).toordinal() - EPOCH) * DAY + rest)


def difference(name: Any, start: Any, end: Any) -> Any:
    """How many boundaries of the part lie between the two."""
    part, first, second = part_named(name), parse(start), parse(end)
    if part in (None, "weekday") or first is None or second is None:
        return UNDEFINED
    if part in ("year", "month"):
        one, other = (date.fromordinal(ticks // DAY + EPOCH) for ticks in (first, second))
        years = other.year - one.year
        return years if part == "year" else years * 12 + other.month - one.month
    if part == "nanosecond":
        return (second - first) * 100
    return second // TICKS[part] - first // TICKS[part]


def part_of(name: Any, text: Any) -> Any:
    part, ticks = part_named(name), parse(text)
    if part is None or ticks is None:
        return UNDEFINED
    if part in ("year", "month", "day"):
        return getattr(date.fromordinal(ticks // DAY + EPOCH), part)
    if part == "weekday":
        return (ticks // DAY + EPOCH) % 7
    if part == "nanosecond":
        return ticks % SECOND * 100
    within = {"hour": DAY, "minute": TICKS["hour"], "second": TICKS["minute"]}.get(part, SECOND)
    return ticks % within // TICKS[part]


def from_parts(*numbers: Any) -> Any:
    if not all(is_number(number) and is_integer(number) for number in numbers):
        return UNDEFINED
    year, month, day, hour, minute, second, fraction = (*map(int, numbers), *([0] * (7 - len(numbers))))
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60 and 0 <= fraction < SECOND):
        return UNDEFINED
    try:
        days = date(year, month, day).toordinal() - EPOCH
    except (ValueError, OverflowError):
        return UNDEFINED
    return write(days * DAY + ((hour * 60 + minute) * 60 + second) * SECOND + fraction)


def from_number(unit: int) -> Callable[[Any], Any]:
    def apply(number: Any) -> Any:
        return write(int(number) * unit) if is_number(number) and is_integer(number) else UNDEFINED

    return apply


def to_number(unit: int) -> Callable[[Any], Any]:
    def apply(text: Any) -> Any:
        ticks = parse(text)
        return UNDEFINED if ticks is None else ticks // unit if ticks >= 0 else -(-ticks // unit)

    return apply


def now() -> int:
    return time.time_ns() // 100


OF_ONE: dict[str, Callable[..., Any]] = {
    "DATETIMETOTICKS": to_number(1),
    "DATETIMETOTIMESTAMP": to_number(10_000),
    "TICKSTODATETIME": from_number(1),
    "TIMESTAMPTODATETIME": from_number(10_000),
}
CURRENT: dict[str, Callable[..., Any]] = {
    "GETCURRENTDATETIME": lambda: write(now()),
    "GETCURRENTTIMESTAMP": lambda: now() // 10_000,
    "GETCURRENTTICKS": now,
}
NOW = CURRENT | {f"{name}STATIC": apply for name, apply in CURRENT.items()}
