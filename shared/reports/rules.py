"""How worked time is cut, rounded, grouped and added up: pure arithmetic over entries, exact to the millisecond.

An entry is cut at the range's edges and, where a day, a week or a month is among the groups, where the next of these
begins by the local calendar. Rounding comes after that cut, so that every level's parts add up to it. Time is in whole
milliseconds since 1970, money in decimals of the currency's own minor unit.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import NamedTuple

from shared import instants
from shared.rates.rules import Rate, RateBook, Subject, amount_of, shares

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
MINUTE = 60_000
DAY = 86_400_000
FIRST_DAY = EPOCH.toordinal()
NOTHING = "none"
GROUPS = ("customer", "project", "activity", "user", "billable", "day", "week", "month")
OF_TIME = ("day", "week", "month")
ROUNDINGS = ("none", "up", "down", "nearest")


def milliseconds(instant: datetime) -> int:
    """An aware instant in whole milliseconds since 1970, rounded down."""
    return (instant - EPOCH) // MILLISECOND


@dataclass(frozen=True, slots=True)
class Entry:
    """A time entry as a report sees it; `end` is now for a running one. `timezone_offset` is its own, in minutes."""

    user_id: str
    project_id: str
    customer_id: str | None
    activity_id: str
    billable: bool
    start: int
    end: int
    running: bool
    timezone_offset: int

    @property
    def day(self) -> int:
        """The ordinal of its local start date, by its own offset."""
        return FIRST_DAY + (self.start - self.timezone_offset * MINUTE) // DAY

    @property
    def subject(self) -> Subject:
        """What its price depends on."""
        day = date.fromordinal(self.day)
        return Subject(self.user_id, self.project_id, self.customer_id, self.activity_id, day)


class LocalDays:
    """When the local days of a zone begin, each worked out once."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._starts: dict[int, int] = {}

    def start(self, ordinal: int) -> int:
        """When the day with this proleptic ordinal begins."""
        start = self._starts.get(ordinal)
        if start is None:
            start = milliseconds(instants.start_of_day(date.fromordinal(ordinal), self.zone))
            self._starts[ordinal] = start
        return start

    def of(self, instant: int) -> int:
        """The ordinal of the day that an instant lies in."""
        ordinal = FIRST_DAY + instant // DAY
        while self.start(ordinal) > instant:
            ordinal -= 1
        while self.start(ordinal + 1) <= instant:
            ordinal += 1
        return ordinal

    def cut(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """The parts `(ordinal of the day, start, end)` of an interval, cut at each local midnight."""
        ordinal = self.of(start)
        while start < end:
            upto = min(end, self.start(ordinal + 1))
            # A day that the zone skipped has nothing.
            if upto > start:
                yield ordinal, start, upto
            start, ordinal = upto, ordinal + 1


def rounded(duration: int, way: str, minutes: int) -> int:
    """A duration rounded to whole steps of `minutes`; `nearest` rounds the half up."""
    step = minutes * MINUTE
    if way == "up":
        return -(-duration // step) * step
    if way == "down":
        return duration // step * step
    if way == "nearest":
        return (duration + step // 2) // step * step
    return duration


def key_of_day(group: str, ordinal: int) -> str:
    """`2026-11-01`, `2026-W44` or `2026-11`."""
    day = date.fromordinal(ordinal)
    if group == "day":
        return day.isoformat()
    if group == "month":
        return day.isoformat()[:7]
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


class Cut(NamedTuple):
    """A part of an interval, and the keys of the day, week and month that it lies in, as far as they are groups."""

    keys: tuple[str, ...]
    start: int
    end: int


@dataclass(slots=True)
class Part:
    """A part of an entry that lies in one group: its duration after rounding, and its shares, billed and cost."""

    keys: tuple[str, ...]
    duration: int
    amounts: dict[str, list[Decimal]] = field(default_factory=dict)


@dataclass(slots=True)
class Sums:
    """What one group adds up to. `amounts`: for each currency, what is billed and what it costs."""

    milliseconds: int = 0
    billable_milliseconds: int = 0
    entries: int = 0
    running: int = 0
    amounts: dict[str, list[Decimal]] = field(default_factory=dict)
    groups: dict[str, "Sums"] = field(default_factory=dict)

    def add(self, part: Part, entry: Entry) -> None:
        self.milliseconds += part.duration
        if entry.billable:
            self.billable_milliseconds += part.duration
        for currency, (billable, cost) in part.amounts.items():
            amounts = self.amounts.setdefault(currency, [Decimal(), Decimal()])
            amounts[0] += billable
            amounts[1] += cost

    def count(self, entry: Entry) -> None:
        self.entries += 1
        self.running += entry.running


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked for: a range of instants, groups, and how durations are rounded."""

    first: int
    beyond: int
    group_by: tuple[str, ...] = ()
    rounding: str = "none"
    rounding_minutes: int = 15


class Report:
    """Entries, added up one after the other: memory grows with the groups, not with the entries."""

    def __init__(self, asked: Asked, zone: tzinfo, rates: RateBook | None = None) -> None:
        """`rates`: None where the reader may not see amounts."""
        self.asked = asked
        self.days = LocalDays(zone)
        self.total = Sums()
        self._rates = rates
        self._prices: dict[tuple[str | int | None, ...], tuple[Rate | None, Rate | None]] = {}
        self._of_time = tuple(group for group in asked.group_by if group in OF_TIME)
        self._keys: dict[int, tuple[str, ...]] = {}

    def add(self, entry: Entry) -> list[Part]:
        """Count an entry that meets the range; returns its parts."""
        parts = self.parts(entry)
        self.total.count(entry)
        touched: set[tuple[str, ...]] = set()
        for part in parts:
            self.total.add(part, entry)
            sums = self.total
            for depth, key in enumerate(part.keys, 1):
                group = sums.groups.get(key)
                if group is None:
                    group = sums.groups[key] = Sums()
                sums = group
                sums.add(part, entry)
                if (path := part.keys[:depth]) not in touched:
                    touched.add(path)
                    sums.count(entry)
        return parts

    def parts(self, entry: Entry) -> list[Part]:
        """What of an entry lies within the range, cut as the groups need it, earliest first."""
        asked = self.asked
        start = max(entry.start, asked.first)
        cuts = self._cuts(start, max(start, min(entry.end, asked.beyond)))
        parts = [
            Part(self._path(entry, cut.keys), rounded(cut.end - cut.start, asked.rounding, asked.rounding_minutes))
            for cut in cuts
        ]
        if self._rates is not None:
            self._price(entry, cuts, parts)
        return parts

    def _cuts(self, start: int, end: int) -> list[Cut]:
        """An interval, cut where one of the groups of time begins anew; a timer that starts this instant is one cut."""
        if not self._of_time:
            return [Cut((), start, end)]
        if start >= end:
            return [Cut(self._keys_of(self.days.of(start)), start, start)]
        cuts: list[Cut] = []
        for ordinal, since, upto in self.days.cut(start, end):
            keys = self._keys_of(ordinal)
            # By week, an entry is cut at the week's edges, and not at each midnight.
            if cuts and cuts[-1].keys == keys:
                cuts[-1] = Cut(keys, cuts[-1].start, upto)
            else:
                cuts.append(Cut(keys, since, upto))
        return cuts

    def _keys_of(self, ordinal: int) -> tuple[str, ...]:
        keys = self._keys.get(ordinal)
        if keys is None:
            keys = self._keys[ordinal] = tuple(key_of_day(group, ordinal) for group in self._of_time)
        return keys

    def _path(self, entry: Entry, of_time: tuple[str, ...]) -> tuple[str, ...]:
        times = iter(of_time)
        return tuple(next(times) if group in OF_TIME else key_of(entry, group) for group in self.asked.group_by)

    def _price(self, entry: Entry, cuts: Sequence[Cut], parts: Sequence[Part]) -> None:
        """Give each part its share of what the whole entry, also outside the range, is billed and costs."""
        billable, cost = self._rates_for(entry)
        if billable is None and cost is None:
            return
        is_whole = len(cuts) == 1 and (cuts[0].start, cuts[0].end) == (entry.start, entry.end)
        # Nearly every entry is: then the one part has all of the amount.
        pieces = [(0, parts[0].duration)] if is_whole else self._pieces(entry, cuts)
        _add_shares(parts, pieces, billable, 0)
        _add_shares(parts, pieces, cost, 1)

    def _rates_for(self, entry: Entry) -> tuple[Rate | None, Rate | None]:
        # A subject takes longer to make and to hash than the rest of a price does.
        key = (entry.user_id, entry.project_id, entry.customer_id, entry.activity_id, entry.day)
        rates = self._prices.get(key)
        if rates is None and self._rates is not None:
            subject = entry.subject
            rates = self._rates.rate_for("billable", subject), self._rates.rate_for("cost", subject)
            self._prices[key] = rates
        billable, cost = rates or (None, None)
        return billable if entry.billable else None, cost

    def _pieces(self, entry: Entry, cuts: Sequence[Cut]) -> list[tuple[int | None, int]]:
        """What shares an entry's amount: `(place of the part, None outside the range, duration)`, earliest first.

        Cut at every midnight, whatever the groups, so that the shares are the same with any of them; where durations
        are rounded, the rounded parts.
        """
        asked, last = self.asked, len(cuts) - 1
        spans = [
            (None, entry.start, cuts[0].start),
            *((place, cut.start, cut.end) for place, cut in enumerate(cuts)),
            (None, cuts[last].end, entry.end),
        ]
        pieces: list[tuple[int | None, int]] = []
        for place, start, end in spans:
            if start >= end:
                continue
            if asked.rounding == "none":
                pieces += [(place, upto - since) for _, since, upto in self.days.cut(start, end)]
            else:
                pieces.append((place, rounded(end - start, asked.rounding, asked.rounding_minutes)))
        return pieces


def _add_shares(parts: Sequence[Part], pieces: Sequence[tuple[int | None, int]], rate: Rate | None, side: int) -> None:
    """Share out what a rate makes of all pieces. `side`: 0 for what is billed, 1 for what it costs."""
    if rate is None:
        return
    weights = [weight for _, weight in pieces]
    for (place, _), share in zip(pieces, shares(amount_of(sum(weights), rate), weights), strict=True):
        if place is not None:
            amounts = parts[place].amounts.setdefault(rate.currency, [Decimal(), Decimal()])
            amounts[side] += share


def key_of(entry: Entry, group: str) -> str:
    """The key of a group that is not one of time."""
    if group == "billable":
        return "true" if entry.billable else "false"
    value: str | None = getattr(entry, f"{group}_id")
    return value or NOTHING


def in_order(
    groups: dict[str, Sums], group: str, name_of: Callable[[str, str], str]
) -> Iterable[tuple[str, str, Sums]]:
    """`(key, name, sums)`: groups of time ascending, others by time, most first, then by name, then by key."""
    named = [(key, key if group in OF_TIME else name_of(group, key), sums) for key, sums in groups.items()]
    if group in OF_TIME:
        return sorted(named, key=lambda each: each[0])
    return sorted(named, key=lambda each: (-each[2].milliseconds, each[1], each[0]))


def filled(groups: dict[str, Sums], group: str, days: LocalDays) -> dict[str, Sums]:
    """Groups of time with those between two of them that have no entries; not days that the zone skipped."""
    if group not in OF_TIME or not groups:
        return groups
    first, last = min(groups), max(groups)
    ordinal, keys = _first_day(first), {first: groups[first]}
    while key_of_day(group, ordinal) != last:
        ordinal += 1
        key = key_of_day(group, ordinal)
        if key in groups or days.start(ordinal) < days.start(ordinal + 1):
            keys.setdefault(key, groups.get(key) or Sums())
    return keys


def _first_day(key: str) -> int:
    if "W" in key:
        year, week = key.split("-W")
        return date.fromisocalendar(int(year), int(week), 1).toordinal()
    return date.fromisoformat(f"{key}-01" if len(key) == len("2026-11") else key).toordinal()
