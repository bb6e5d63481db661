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
    done = [Interval(entry.start, entry.end or now) for entry in entries]
    return {
        name: _shown(sum((_shared(entry, period) for entry in done), timedelta()))
        for name, period in periods(now, zone).items()
    }


def _shared(entry: Interval, period: Interval) -> timedelta:
    start, end = max(entry.start, period.start), min(entry.end or entry.start, period.end or entry.start)
    return max(end - start, timedelta())


def _shown(duration: timedelta) -> Worked:
    minutes, seconds = divmod(duration, timedelta(minutes=1))
    return {"hours": minutes // 60, "minutes": minutes % 60, "seconds": seconds.total_seconds()}
