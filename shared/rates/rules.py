"""Which rate counts for an entry, and what its time costs: pure rules, decimal arithmetic, never floats.

Time is in whole milliseconds. An amount is of a whole entry, rounded half-even to the currency's minor unit; the parts
that an entry is cut into share it, so that they add up to it whatever they are grouped by.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from shared.rates.currencies import MINOR_UNITS

KINDS = ("billable", "cost")
# What a rate may be for, the most specific first: of several that are valid, the first of this list counts.
PRECEDENCE: tuple[tuple[str, ...], ...] = (
    ("user_id", "project_id"),
    ("project_id", "activity_id"),
    ("project_id",),
    ("user_id", "customer_id"),
    ("customer_id",),
    ("user_id", "activity_id"),
    ("activity_id",),
    ("user_id",),
    (),
)
IDS = ("user_id", "project_id", "customer_id", "activity_id")
HOUR = 3_600_000
# A rate has so many decimals at most.
FRACTION_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is, as far as its price depends on it. `day`: its local start date by its own offset."""

    user_id: str
    project_id: str
    customer_id: str | None
    activity_id: str
    day: date


@dataclass(frozen=True)
class Rate:
    """What an hour costs from `valid_from` on (None: since ever), until the next of the same kind and ids begins."""

    kind: str
    amount: Decimal
    currency: str
    user_id: str | None = None
    project_id: str | None = None
    customer_id: str | None = None
    activity_id: str | None = None
    valid_from: date | None = None

    @cached_property
    def fractions(self) -> int:
        """The amount in the smallest part that a rate may have."""
        return int(self.amount.scaleb(FRACTION_DIGITS))

    @property
    def ids(self) -> tuple[str | None, ...]:
        return self.user_id, self.project_id, self.customer_id, self.activity_id

    @property
    def given(self) -> tuple[str, ...]:
        """The names of the ids that it is for."""
        return tuple(name for name, value in zip(IDS, self.ids, strict=True) if value is not None)


class RateBook:
    """A tenant's rates, to be asked for each of many entries."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        held: dict[tuple[str | None, ...], list[tuple[date, Rate]]] = defaultdict(list)
        for rate in rates:
            held[rate.kind, *rate.ids].append((rate.valid_from or date.min, rate))
        self._held = {key: sorted(steps, key=lambda step: step[0]) for key, steps in held.items()}
        used = {(rate.kind, rate.given) for rate in (steps[0][1] for steps in self._held.values())}
        # Of the nine ways most tenants use two or three: only those are looked through.
        self._first_days: list[int] = sorted({day.toordinal() for steps in self._held.values() for day, _ in steps})
        self._ways = {kind: [way for way in PRECEDENCE if (kind, way) in used] for kind in KINDS}

    def era(self, day: int) -> int:
        """Which of the eras a day lies in, by its ordinal: on all days of one, every subject has the same rates."""
        return bisect_right(self._first_days, day)

    def rate_for(self, kind: str, subject: Subject) -> Rate | None:
        """The most specific rate of this kind that is valid on the subject's day; None where there is none."""
        for way in self._ways[kind]:
            ids = [getattr(subject, name) if name in way else None for name in IDS]
            steps = self._held.get((kind, *ids))
            # A subject without a customer is not that of the rates for no customer in particular.
            if steps and all(getattr(subject, name) is not None for name in way):
                place = bisect_right(steps, subject.day, key=lambda step: step[0])
                if place:
                    return steps[place - 1][1]
        return None


def units_of(milliseconds: int, rate: Rate) -> int:
    """Hours times the rate, in the currency's minor unit, rounded half-even in one step."""
    divisor: int = HOUR * 10 ** (FRACTION_DIGITS - MINOR_UNITS[rate.currency])
    units, rest = divmod(milliseconds * rate.fractions, divisor)
    return units + (2 * rest > divisor or (2 * rest == divisor and units % 2 == 1))


def amount_of(units: int, currency: str) -> Decimal:
    """Minor units of a currency as an amount."""
    return Decimal(units).scaleb(-MINOR_UNITS[currency])


def shares(units: int, weights: Sequence[int]) -> list[int]:
    """Minor units shared out in proportion to `weights` by largest remainder.

    The shares add up to them. Of equal remainders the earlier part comes first. Without any weight the first has all.
    """
    total = sum(weights)
    if not total:
        weights, total = [1] + [0] * (len(weights) - 1), 1
    parts = [divmod(units * weight, total) for weight in weights]
    left = units - sum(whole for whole, _ in parts)
    # Sorting keeps the order of equal ones.
    favoured = set(sorted(range(len(parts)), key=lambda place: -parts[place][1])[:left])
    return [whole + (place in favoured) for place, (whole, _) in enumerate(parts)]
