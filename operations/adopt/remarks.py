"""What an adoption tells of a document that breaks a rule: which rule, and what was done about it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from shared.time_entries.rules import Interval

# What was done, where nothing of it was brought over, or all of it as it was.
LEFT_OUT = "left out"
KEPT = "kept"


class Remark(NamedTuple):
    """A rule that something breaks, by its code, and what was done; `old` and `new` are the value before and after."""

    code: str
    done: str
    old: Any = None
    new: Any = None


class Time(NamedTuple):
    """Where an entry lies in the old system and in the new one. None: nowhere, as a deleted one."""

    old: Interval | None
    new: Interval | None

    @property
    def milliseconds(self) -> int:
        """How much more time the new system has of it than the old one."""
        return length(self.new) - length(self.old)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list. Of the rows about one entry, at most one has `time`, so that rows can be added up."""

    container_id: str
    tenant_id: str
    owner_id: str | None
    item_id: str
    remark: Remark
    time: Time | None = None


def length(interval: Interval | None) -> int:
    """The milliseconds of a stopped entry. One that runs has none yet, in either system."""
    if interval is None or interval.end is None:
        return 0
    return (interval.end - interval.start) // timedelta(milliseconds=1)


def month_of(interval: Interval) -> str:
    """The month that an entry counts for: that of its start, in UTC."""
    # `%Y` has no zeros before a year such as 202, a mistyped 2020.
    return interval.start.date().isoformat()[:7]
