"""The rules of an owner's timeline, as pure functions over instants, with `now` passed in.

One running entry for each owner; no two entries overlap, half-open: `[start, end)`, touching is fine, a running entry
reaches to infinity; `start < end`; nothing lies in the future. Instants that the server makes are whole tenths of a
second, because clients write milliseconds without padding, and only tenths survive that. Every path that writes an
entry calls these rules. Under concurrency, the timeline document makes them hold (see timeline.py).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.errors import ApiError
from shared.instants import TENTH, format_instant, parse_instant, tenth

# Client clocks differ from the server's.
START_LEEWAY = timedelta(minutes=5)
END_LEEWAY = timedelta(seconds=60)
SNAP = timedelta(minutes=5)
PROPOSED_LENGTH = timedelta(hours=8)
# Found by an index of its own, for it may reach into a range from far away: an entry that is longer than a week. There
# are few. The week is no setting: entries are marked by it when they are written, and read by it ever after.
OVER_A_WEEK = "_over_a_week"
WEEK = timedelta(days=7)


class Interval(NamedTuple):
    """`[start, end)`; without an end it is running, and reaches to infinity."""

    start: datetime
    end: datetime | None


class Placed(NamedTuple):
    """An entry's id and its interval, as seen by its neighbours."""

    id: str
    interval: Interval


def overlap(one: Interval, other: Interval) -> bool:
    """Whether the two share an instant."""
    return (other.end is None or one.start < other.end) and (one.end is None or other.start < one.end)


def billable_after(current: bool, given: bool | None, of_new_project: bool | None) -> bool:
    """Whether an entry is billable after an update. `of_new_project`: the project's value, None if it stays the same.

    Clients send whole items back, so that null and the current value say nothing; what they say wins over the project.
    """
    if given is not None and given != current:
        return given
    return current if of_new_project is None else of_new_project


def forgotten_before(now: datetime, hours: int) -> datetime:
    """A timer that has run since then, or longer, counts as forgotten: for so many hours it runs."""
    return now - timedelta(hours=hours)


def proposed_end(start: datetime, now: datetime, hours: int) -> datetime | None:
    """Where a forgotten timer may have been meant to end: 8 hours after its start. None while it is not forgotten."""
    return start + PROPOSED_LENGTH if start <= forgotten_before(now, hours) else None


def timer_start(requested: datetime | None, now: datetime, last_end: datetime | None = None) -> datetime:
    """The start of a running entry. One up to 5 minutes ahead of the server's clock becomes now.

    Now is not before `last_end`, an upper bound of the ends of the owner's entries, unless that is 5 minutes ahead: an
    entry that is stopped in the tenth of a second of its start ends at the next tenth, and the clocks of two instances
    differ. So whoever stops and starts at once needs no look at what is before. Raises ApiError 400 for a start further
    ahead.
    """
    if requested is None or now < requested <= now + START_LEEWAY:
        start = tenth(now)
        return last_end if last_end and start < last_end < start + SNAP else start
    if requested > now:
        raise _refused("start_date", "start_in_future", "The start lies in the future")
    return requested


def require_past(interval: Interval, now: datetime) -> None:
    """Raises ApiError 400 for an end that is not after the start, or more than 60 s ahead of the server's clock."""
    end = interval.end or now
    if end <= interval.start:
        raise _refused("end_date", "end_not_after_start", "The end must be after the start")
    if end > now + END_LEEWAY:
        raise _refused("end_date", "end_in_future", "The end lies in the future")


def moved_back(wanted: Interval, now: datetime, before: Sequence[Placed] = ()) -> Interval:
    """Where a new entry lies that ends a little ahead of the server's clock: it ends now, and keeps its length.

    It is not moved into the entries `before` it: there its start stays, so that what is lost is what lies ahead.
    """
    if wanted.end is None or wanted.end <= now:
        return wanted
    end = tenth(now)
    moved = Interval(wanted.start - (wanted.end - end), end)
    ends = [
        placed.interval.end
        for placed in before
        if placed.interval.end and placed.interval.start < wanted.start and overlap(placed.interval, moved)
    ]
    if not ends:
        return moved
    start = wanted.start if wanted.start < end else max(ends)
    return Interval(start, stop_at(start, now))


def cut_to_now(interval: Interval, now: datetime) -> Interval:
    """Where an update puts a stopped entry: an end a little ahead of the server's clock becomes now.

    Raises ApiError 400 for a start that lies ahead.
    """
    if interval.end is None or interval.end <= now:
        return interval
    if interval.start > now:
        raise _refused("start_date", "start_in_future", "The start lies in the future")
    return Interval(interval.start, min(interval.end, stop_at(interval.start, now)))


def forbid_too_long(interval: Interval, now: datetime, longest: timedelta) -> None:
    """Raises ApiError 400 when an entry begins more than `longest` before its end or, running, before now."""
    if (interval.end or now) - interval.start > longest:
        hours = longest // timedelta(hours=1)
        raise _refused("start_date", "entry_too_long", f"A time entry can't be longer than {hours} h")


def length_mark(entry: dict[str, Any]) -> dict[str, Any]:
    """What an entry with these dates keeps, so that lists find it: nothing, unless it is longer than a week."""
    end = entry["end_date"]
    is_long = end is not None and parse_instant(end) - parse_instant(entry["start_date"]) > WEEK
    return {OVER_A_WEEK: True} if is_long else {}


def snapped_start(start: datetime, before: Sequence[Placed]) -> datetime:
    """The start of a timer among the stopped entries in its way: less than 5 minutes before the last end, it is that.

    The frontend switches entries with "stop's end + 1 s", and clocks are slow as often as fast.
    """
    ends = [placed.interval.end for placed in before if placed.interval.end]
    return max(ends) if ends and start < max(ends) < start + SNAP else start


def stop_at(start: datetime, now: datetime) -> datetime:
    """The end of an entry that is stopped now; in the same tenth of a second as its start, the next tenth."""
    return max(tenth(now), tenth(start) + TENTH)


def snapped(interval: Interval, others: Sequence[Placed]) -> Interval:
    """Where an entry lies among `others`: a timer's start may snap. What overlaps then is not looked for here."""
    start = interval.start if interval.end else snapped_start(interval.start, others)
    return Interval(start, interval.end)


def forbid_overlap(interval: Interval, others: Sequence[Placed]) -> None:
    """Raises ApiError 422 with the conflicting entries when any of `others` shares an instant with `interval`."""
    if in_the_way := [placed for placed in others if overlap(interval, placed.interval)]:
        raise _overlap(interval, in_the_way)


def trimmed(interval: Interval, others: Sequence[Placed]) -> Placed | None:
    """The one entry before `interval` that gives way to it, with its new end; None when nothing is in the way.

    Raises ApiError 422 when two are in the way, when trimming would leave nothing of the entry, and when it would lose
    a part of it that `interval` does not cover.
    """
    in_the_way = [placed for placed in others if overlap(interval, placed.interval)]
    if not in_the_way:
        return None
    first = in_the_way[0]
    covered = first.interval.end is not None and (interval.end is None or first.interval.end <= interval.end)
    if len(in_the_way) > 1 or first.interval.start >= interval.start or not covered:
        raise _overlap(interval, in_the_way)
    return Placed(first.id, Interval(first.interval.start, interval.start))


def forbid_second_timer(running: Placed | None) -> None:
    """Raises ApiError 409 when an entry is running already."""
    if running:
        raise ApiError(409, "timer_already_running", "Another time entry is running", conflicts=described([running]))


def _overlap(interval: Interval, in_the_way: Sequence[Placed]) -> ApiError:
    """The refusal, under the date that runs into each of them: an entry that starts later is in the end's way."""
    message = "There is another time entry in that date range"
    by_end = [interval.end is not None and placed.interval.start > interval.start for placed in in_the_way]
    names = (["start_date"] if not all(by_end) else []) + (["end_date"] if any(by_end) else [])
    return ApiError(
        422,
        "time_entry_overlap",
        message,
        errors={name: [f"{message}."] for name in names},
        conflicts=described(in_the_way),
    )


def described(entries: Sequence[Placed]) -> list[dict[str, str | None]]:
    return [
        {"id": entry_id, "start_date": format_instant(start), "end_date": format_instant(end) if end else None}
        for entry_id, (start, end) in entries
    ]


def _refused(field: str, code: str, message: str) -> ApiError:
    return ApiError(400, code, message, errors={field: [f"{message}."]})
