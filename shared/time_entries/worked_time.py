"""How long was worked in the current local day, week and month: pure arithmetic over intervals."""

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import TypedDict

from shared import instants
from shared.time_entries.rules import Interval


class Worked(TypedDict):
    """A duration as the frontend shows it; `hours` may exceed 24."""

    hours: int
    minutes: int
    seconds: float


def periods(now: datetime, zone: tzinfo) -> dict[str, Interval]:
    """The current local day, week (from Monday) and month, as ranges of instants."""
    today = instants.local_day(now, zone)
    monday = today - timedelta(days=today.weekday())
    return {
        "day": Interval(instants.start_of_day(today, zone), instants.end_of_day(today, zone)),
        "week": Interval(instants.start_of_day(monday, zone), instants.start_of_day(monday + timedelta(days=7), zone)),
        "month": Interval(*instants.month_of(today.year, today.month, zone)),
    }


def worked(entries: Iterable[Interval], now: datetime, zone: tzinfo) -> dict[str, Worked]:
    """Worked time in each period, cut at its edges; a running entry counts up to now."""
    # One that begins a moment from now has not been worked.
    spells = [(start, end) for entry in entries if (start := entry.start) < (end := entry.end or now)]
    return {
        name: _shown(_within(spells, period.start, period.end or now)) for name, period in periods(now, zone).items()
    }


def _within(spells: Iterable[tuple[datetime, datetime]], first: datetime, beyond: datetime) -> timedelta:
    parts = (min(end, beyond) - max(start, first) for start, end in spells if start < beyond and end > first)
    return sum(parts, timedelta())


def _shown(duration: timedelta) -> Worked:
    minutes, seconds = divmod(duration, timedelta(minutes=1))
    return {"hours": minutes // 60, "minutes": minutes % 60, "seconds": seconds.total_seconds()}
