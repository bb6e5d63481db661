"""What a timesheet is: its period, its states and who may change them, and its digest. Pure.

The digest is over the canonical form of the period's entries (`docs/timesheets.md`), which holds no free text: erasing
a person's words breaks no proof.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from shared import instants
from shared.cosmos.items import Document
from shared.errors import ApiError
from shared.time_entries.entry import DEFAULTS
from shared.time_entries.rules import Placed, described
from shared.time_entries.timeline import LOCKING, Lock

LONGEST_DAYS = 62
MILLISECOND = timedelta(milliseconds=1)
STATES = ("submitted", "approved", "rejected", "withdrawn", "reopened")

# What a timesheet is, whoever is told of it: its answer and its events hold more.
PERIOD = ("id", "tenant_id", "owner_id", "start_date", "end_date", "timezone", "start", "end", "status")
# The fields of an entry that the digest is over. The owner is the timesheet's, and not kept with each of them.
DIGESTED = (
    "id",
    "owner_id",
    "project_id",
    "activity_id",
    "start_date",
    "end_date",
    "timezone_offset",
    "billable",
)
KEPT = tuple(name for name in DIGESTED if name != "owner_id")

# What was submitted of each entry, by its id: the values of KEPT.
Submitted = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Transition:
    """How a timesheet comes from one state to another, and what the event says."""

    action: str
    origin: str
    target: str
    description: str

    @property
    def releases(self) -> bool:
        """Whether its period is locked no longer."""
        return self.target not in LOCKING


class Step(NamedTuple):
    """A transition, and a word to it."""

    transition: Transition
    comment: str | None


APPROVE = Transition("approve", "submitted", "approved", "Approve a timesheet")
REJECT = Transition("reject", "submitted", "rejected", "Reject a timesheet")
WITHDRAW = Transition("withdraw", "submitted", "withdrawn", "Withdraw a timesheet")
REOPEN = Transition("reopen", "approved", "reopened", "Reopen a timesheet")


class Period(NamedTuple):
    """A timesheet's period: local dates, both inclusive, and the instants `[start, end)` that they are."""

    first: date
    last: date
    zone: str
    start: datetime
    end: datetime

    @property
    def lock(self) -> Lock:
        return instants.format_instant(self.start), instants.format_instant(self.end)


def period_of(first: date, last: date, zone: ZoneInfo, now: datetime) -> Period:
    """The period of these local dates.

    Raises ApiError 400 for one that ends before it starts, is longer than 62 days, begins or ends with a day that the
    zone skipped, or has not begun.
    """
    if last < first:
        raise _refused("end_date", "period_ends_before_it_starts", "The end must not be before the start")
    if (last - first).days >= LONGEST_DAYS:
        raise _refused("end_date", "period_too_long", f"A timesheet can't be longer than {LONGEST_DAYS} days")
    for name, day in (("start_date", first), ("end_date", last)):
        if instants.start_of_day(day, zone) >= instants.end_of_day(day, zone):
            raise _refused(name, "day_skipped", f"There was no {day} in {zone.key}")
    start = instants.start_of_day(first, zone)
    if start > now:
        raise _refused("start_date", "period_not_begun", "The period has not begun")
    return Period(first, last, zone.key, start, instants.end_of_day(last, zone))


def id_of(first: date, random_bits: int) -> str:
    """The id of a timesheet that begins on this local date: a UUID of version 8 (RFC 9562).

    It begins with the date, so that lists go by the id alone, which the database always indexes: newest period first,
    no two alike, and never a look at the ids of other documents. `random_bits`: 96 random bits.
    """
    bits = first.toordinal() << 96 | random_bits
    version, variant = 0xF << 76, 0x3 << 62
    return str(UUID(int=bits & ~version & ~variant | 0x8 << 76 | 0x2 << 62))


def ids_from(day: date) -> str:
    """What the ids of timesheets that begin on this date or later are not below."""
    return f"{day.toordinal():08x}"


def ids_beyond(day: date) -> str:
    """What the ids of timesheets that begin on this date or before are below."""
    return f"{day.toordinal() + 1:08x}"


def earliest_meeting(day: date) -> date:
    """The first date on which a period can begin that reaches to this one."""
    return max(day, date.min + timedelta(days=LONGEST_DAYS)) - timedelta(days=LONGEST_DAYS - 1)


def forbid_unfinished(period: Period, entries: Sequence[Placed]) -> None:
    """Raises ApiError 422, with the entry, for one that is running in the period or reaches over its edge."""
    for entry in entries:
        start, end = entry.interval
        if end is None:
            raise _unfinished("timesheet_entry_running", "A time entry is running in the period; stop it first", entry)
        if start < period.start or end > period.end:
            raise _unfinished("timesheet_entry_crosses", "A time entry reaches over the edge of the period", entry)


def forbid_transition(transition: Transition, state: str) -> None:
    """Raises ApiError 409 `timesheet_state`, with the state, where a timesheet is not where the transition begins."""
    if state != transition.origin:
        raise ApiError(
            409,
            "timesheet_state",
            f"The timesheet is {state}; only one that is {transition.origin} can be {transition.target}",
            members={"state": state},
        )


def submitted(entries: Iterable[Mapping[str, Any]]) -> Submitted:
    """What is kept of these entries, by their ids."""
    return {entry["id"]: [_kept(entry.get(name), name) for name in KEPT] for entry in entries}


def digest(owner_id: str, rows: Submitted) -> str:
    """`v1:sha256:` and 64 hexadecimal digits, over the canonical form of the entries."""
    return f"v1:sha256:{sha256(canonical(owner_id, rows).encode()).hexdigest()}"


def canonical(owner_id: str, rows: Submitted) -> str:
    """A line of JSON for each entry, in the order of start and id: its digested fields by name, without blanks."""
    entries = sorted(
        (dict(zip(KEPT, values, strict=True), owner_id=owner_id) for values in rows.values()),
        key=lambda entry: (entry["start_date"], entry["id"]),
    )
    return "".join(f"{json.dumps(entry, sort_keys=True, separators=(',', ':'))}\n" for entry in entries)


def milliseconds(rows: Submitted) -> int:
    """How long the entries are together, in whole milliseconds."""
    start, end = KEPT.index("start_date"), KEPT.index("end_date")
    return sum(_between(values[start], values[end]) for values in rows.values())


def differences(before: Submitted, present: Submitted) -> list[dict[str, str]]:
    """What of the present entries is not as it was submitted: `{"id", "reason"}`, in the order of the ids."""
    reasons = {
        entry_id: "added" if entry_id not in before else "missing" if entry_id not in present else "changed"
        for entry_id in before.keys() | present.keys()
        if before.get(entry_id) != present.get(entry_id)
    }
    return [{"id": entry_id, "reason": reasons[entry_id]} for entry_id in sorted(reasons)]


def entry_of(owner_id: str, values: Sequence[Any]) -> Document:
    """A submitted entry as a document, as far as it is kept."""
    return {**dict(zip(KEPT, values, strict=True)), "owner_id": owner_id}


def _kept(value: Any, name: str) -> Any:
    return DEFAULTS[name] if value is None else value


def _between(start: str, end: str | None) -> int:
    if end is None:
        return 0
    return (instants.parse_instant(end) - instants.parse_instant(start)) // MILLISECOND


def _refused(field: str, code: str, message: str) -> ApiError:
    return ApiError(400, code, message, errors={field: [f"{message}."]})


def _unfinished(code: str, message: str, entry: Placed) -> ApiError:
    return ApiError(422, code, message, conflicts=described([entry]))
