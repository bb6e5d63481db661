"""How worked time is cut, rounded, grouped and added up: pure arithmetic over entries, exact to the millisecond.

An entry is cut at the range's edges and, where a day, a week or a month is among the groups, where the next of these
begins by the local calendar. Rounding comes after that cut, so that every level's parts add up to it. Time is in whole
milliseconds since 1970, money in whole minor units of its currency.

A report is of 100,000 entries or more, and nearly all of them are one part: whole, within the range, within one day.
Those are added up in one step. The others are cut, and their amounts shared out.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, tzinfo
from decimal import Decimal
from typing import NamedTuple

from shared.rates.rules import Rate, RateBook, Subject, amount_of, shares, units_of
from shared.reports.days import DAY, FIRST_DAY, OF_TIME, LocalDays, filled, key_of_day

MINUTE = 60_000
NOTHING = "none"
GROUPS = ("customer", "project", "activity", "user", "billable", *OF_TIME)
ROUNDINGS = ("none", "up", "down", "nearest")

# `(currency, what is billed, what it costs)`, in minor units.
Charge = tuple[str, int, int]
# The keys of groups, the rate by which an entry is billed, and the one by which it costs.
Lane = tuple[tuple[str, ...], Rate | None, Rate | None]


class Entry(NamedTuple):
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
        # West of UTC, year 1 begins hours after the first instant that there is.
        return max(FIRST_DAY + (self.start - self.timezone_offset * MINUTE) // DAY, 1)

    @property
    def subject(self) -> Subject:
        """What its price depends on."""
        return Subject(self.user_id, self.project_id, self.customer_id, self.activity_id, date.fromordinal(self.day))


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


class Cut(NamedTuple):
    """A part of an interval, and the keys of the day, week and month that it lies in, as far as they are groups."""

    keys: tuple[str, ...]
    start: int
    end: int


class Part(NamedTuple):
    """A part of an entry that lies in one group: its duration after rounding, and its shares of what it amounts to."""

    keys: tuple[str, ...]
    duration: int
    charges: Sequence[Charge] = ()

    @property
    def amounts(self) -> dict[str, list[Decimal]]:
        """For each currency, what is billed and what it costs."""
        return amounts_of(self.charges)


class Sums:
    """What one group adds up to."""

    __slots__ = ("billable_milliseconds", "entries", "groups", "milliseconds", "running", "units")

    def __init__(self) -> None:
        self.milliseconds = 0
        self.billable_milliseconds = 0
        self.entries = 0
        self.running = 0
        # For each currency, what is billed and what it costs, in minor units.
        self.units: dict[str, list[int]] = {}
        self.groups: dict[str, Sums] = {}

    def add(self, duration: int, charges: Sequence[Charge], *, billable: bool) -> None:
        """Add a part of an entry."""
        self.milliseconds += duration
        if billable:
            self.billable_milliseconds += duration
        for currency, billed, cost in charges:
            units = self.units.get(currency)
            if units is None:
                units = self.units[currency] = [0, 0]
            units[0] += billed
            units[1] += cost

    @property
    def amounts(self) -> dict[str, list[Decimal]]:
        """For each currency, what is billed and what it costs."""
        return amounts_of((currency, billed, cost) for currency, (billed, cost) in self.units.items())


def amounts_of(charges: Iterable[Charge]) -> dict[str, list[Decimal]]:
    """Minor units as amounts, by currency."""
    return {currency: [amount_of(units, currency) for units in pair] for currency, *pair in charges}


class Asked(NamedTuple):
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
        self._lanes: dict[tuple[object, ...], Lane] = {}
        self._of_time = tuple(group for group in asked.group_by if group in OF_TIME)
        self._time_keys: dict[int, tuple[str, ...]] = {}
        self._chains: dict[tuple[str, ...], list[Sums]] = {(): [self.total]}

    def add(self, entry: Entry) -> list[Part]:
        """Count an entry that meets the range; returns its parts."""
        parts = self.parts(entry)
        touched: set[int] = set()
        for keys, duration, charges in parts:
            for sums in self._chain(keys):
                sums.add(duration, charges, billable=entry.billable)
                if len(parts) > 1:
                    # A group that several parts lie in counts the entry once.
                    if id(sums) in touched:
                        continue
                    touched.add(id(sums))
                sums.entries += 1
                sums.running += entry.running
        return parts

    def keys(self) -> list[set[str]]:
        """The keys that occur at each level of groups, the outermost first."""
        levels = range(len(self.asked.group_by))
        return [{path[level] for path in self._chains if len(path) > level} for level in levels]

    def parts(self, entry: Entry) -> list[Part]:
        """What of an entry lies within the range, cut as the groups need it, earliest first."""
        asked = self.asked
        if not self._of_time and asked.first <= entry.start <= entry.end <= asked.beyond:
            # Nearly every entry: what does not depend on its length is worked out once for all like it.
            keys, billable, cost = self._lane(entry)
            duration = rounded(entry.end - entry.start, asked.rounding, asked.rounding_minutes)
            return [Part(keys, duration, _charged_in_one(duration, billable, cost))]
        start, end = max(entry.start, asked.first), min(entry.end, asked.beyond)
        cuts = self._cuts(start, max(start, end))
        durations = [rounded(cut.end - cut.start, asked.rounding, asked.rounding_minutes) for cut in cuts]
        if self._rates is None:
            charges: Sequence[Sequence[Charge]] = [()] * len(cuts)
        else:
            charges = self._charges(entry, cuts, durations)
        return [
            Part(self._path(entry, cut.keys), duration, shared)
            for cut, duration, shared in zip(cuts, durations, charges, strict=True)
        ]

    def _chain(self, keys: tuple[str, ...]) -> list[Sums]:
        """The sums of all together, and of each group on the way to the one with these keys."""
        chain = self._chains.get(keys)
        if chain is None:
            outer = self._chain(keys[:-1])
            group = outer[-1].groups[keys[-1]] = Sums()
            chain = self._chains[keys] = [*outer, group]
        return chain

    def _cuts(self, start: int, end: int) -> list[Cut]:
        """An interval, cut where one of the groups of time begins anew; a timer that starts this instant is one cut."""
        if not self._of_time:
            return [Cut((), start, end)]
        ordinal = self.days.of(start)
        if end <= self.days.start(ordinal + 1):
            return [Cut(self._keys_of(ordinal), start, end)]
        cuts: list[Cut] = []
        for day, since, upto in self.days.cut(start, end):
            keys = self._keys_of(day)
            # By week, an entry is cut at the week's edges, and not at each midnight.
            if cuts and cuts[-1].keys == keys:
                cuts[-1] = Cut(keys, cuts[-1].start, upto)
            else:
                cuts.append(Cut(keys, since, upto))
        return cuts

    def _keys_of(self, ordinal: int) -> tuple[str, ...]:
        keys = self._time_keys.get(ordinal)
        if keys is None:
            keys = self._time_keys[ordinal] = tuple(key_of_day(group, ordinal) for group in self._of_time)
        return keys

    def _path(self, entry: Entry, of_time: tuple[str, ...]) -> tuple[str, ...]:
        times = iter(of_time)
        return tuple([next(times) if group in OF_TIME else key_of(entry, group) for group in self.asked.group_by])

    def _charges(self, entry: Entry, cuts: Sequence[Cut], durations: Sequence[int]) -> Sequence[Sequence[Charge]]:
        """Each part's share of what the whole entry, also outside the range, is billed and costs."""
        _, billable, cost = self._lane(entry)
        if len(cuts) == 1 and (cuts[0].start, cuts[0].end) == (entry.start, entry.end):
            return [_charged_in_one(durations[0], billable, cost)]
        pieces = self._pieces(entry, cuts)
        billed_shares, cost_shares = (_shares(pieces, len(cuts), rate) for rate in (billable, cost))
        return [_charged(billable, cost, *pair) for pair in zip(billed_shares, cost_shares, strict=True)]

    def _lane(self, entry: Entry) -> Lane:
        """The keys of its groups, but for those of time, and its rates: the same for all entries like it."""
        # Between two days on which some rate begins, all entries of one subject have the same.
        key = (*entry[:5], self._rates.era(entry.day) if self._rates else 0)
        lane = self._lanes.get(key)
        if lane is None:
            keys = tuple(key_of(entry, group) for group in self.asked.group_by if group not in OF_TIME)
            subject = entry.subject
            billable = self._rates.rate_for("billable", subject) if self._rates and entry.billable else None
            cost = self._rates.rate_for("cost", subject) if self._rates else None
            lane = self._lanes[key] = keys, billable, cost
        return lane

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


def _charged_in_one(duration: int, billable: Rate | None, cost: Rate | None) -> list[Charge]:
    billed = units_of(duration, billable) if billable else 0
    return _charged(billable, cost, billed, units_of(duration, cost) if cost else 0)


def _charged(billable: Rate | None, cost: Rate | None, billed: int, costing: int) -> list[Charge]:
    if billable and cost and billable.currency == cost.currency:
        return [(billable.currency, billed, costing)]
    charges = [(billable.currency, billed, 0)] if billable else []
    return [*charges, (cost.currency, 0, costing)] if cost else charges


def _shares(pieces: Sequence[tuple[int | None, int]], parts: int, rate: Rate | None) -> list[int]:
    """What each part gets, in minor units, of what a rate makes of all pieces."""
    found = [0] * parts
    if rate:
        weights = [weight for _, weight in pieces]
        for (place, _), share in zip(pieces, shares(units_of(sum(weights), rate), weights), strict=True):
            if place is not None:
                found[place] += share
    return found


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


def outermost(report: Report) -> dict[str, Sums]:
    """The groups of the first level; of groups of time also those between two of them that have no entries."""
    return filled(report.total.groups, report.asked.group_by[0], report.days, Sums)
