"""Reads spans of time as .NET's TimeSpan does: in host.json's `functionTimeout`, and in the schedules of timers.

Hours go up to 23. Three numbers that begin with a larger one are days, hours and minutes: `24:00:00` is 24 days. One
day is `1.00:00:00`, or just `1`.
"""

import re
from datetime import timedelta

_SPAN = re.compile(
    r"(?P<sign>-?)(?:(?P<days>\d{1,8})\.)?(?P<parts>\d{1,8}(?::\d{1,8}){0,3})(?P<fraction>\.\d{1,7})?", re.ASCII
)
_MOST_DAYS = 10_675_198


def time_span(text: str) -> timedelta | None:
    """The span that the text means; None when it is none, or longer than .NET can say."""
    match = _SPAN.fullmatch(text.strip())
    found = (
        _numbers(match["days"], [int(part) for part in match["parts"].split(":")], match["fraction"]) if match else None
    )
    if match is None or found is None:
        return None
    days, hours, minutes, seconds = found
    if days > _MOST_DAYS or hours > 23 or minutes > 59 or seconds >= 60:
        return None
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if match["sign"] else span


def _numbers(days: str | None, parts: list[int], fraction: str | None) -> tuple[int, int, int, float] | None:
    """Days, hours, minutes and seconds, not yet held to their bounds."""
    match parts, days, fraction:
        case [only_days], None, None:
            return only_days, 0, 0, 0.0
        case [hours, minutes], _, None:
            return int(days or 0), hours, minutes, 0.0
        case [large, hours, minutes], None, None if large > 23:
            return large, hours, minutes, 0.0
        case [hours, minutes, seconds], _, _:
            return int(days or 0), hours, minutes, seconds + float(f"0{fraction or ''}")
        case [first, hours, minutes, seconds], None, _:
            return first, hours, minutes, seconds + float(f"0{fraction or ''}")
    return None
