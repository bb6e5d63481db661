"""How long was worked in the current local day, week and month: pure arithmetic over intervals."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import TypedDict

from shared.instants import from_local, to_local
from shared.time_entries.rules import Interval


class Worked(TypedDict):
    """A duration as the frontend shows it; `hours` may exceed 24."""

    hours: int
    minutes: int
    seconds: float


def periods(now: datetime, offset_minutes: int) -> dict[str, Interval]:
    """The current local day, week (from Monday) and month, as ranges of instants."""
    midnight = datetime.combine(to_local(now, offset_minutes), time())
    monday = midnight - timedelta(days=midnight.weekday())
    first = midnight.replace(day=1)
    # Four days past the 28th are in the next month, whichever it is.
    next_first = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    local = {
        "day": (midnight, midnight + timedelta(days=1)),
        "week": (monday, monday + timedelta(days=7)),
        "month": (first, next_first),
    }
    return {
        name: Interval(from_local(start, offset_minutes), from_local(end, offset_minutes))
        for name, (start, end) in local.items()
    }


def worked(entries: Iterable[Interval], now: datetime, offset_minutes: int) -> dict[str, Worked]:
    """Worked time in each period, cut at its edges; a running entry counts up to now."""
    done = [Interval(entry.start, entry.end or now) for entry in entries]
    return {
        name: _shown(sum((_shared(entry, period) for entry in done), timedelta()))
        for name, period in periods(now, offset_minutes).items()
    }


def _shared(entry: Interval, period: Interval) -> timedelta:
    start, end = max(entry.start, period.start), min(entry.end or entry.start, period.end or entry.start)
    return max(end - start, timedelta())


def _shown(duration: timedelta) -> Worked:
    minutes, seconds = divmod(duration, timedelta(minutes=1))
    return {"hours": minutes // 60, "minutes": minutes % 60, "seconds": seconds.total_seconds()}
