"""What the new system is to have of one owner's old entries, given what it has: pure, and complete at every run.

A run looks at everything that an owner has in both systems, so it comes to the same result however often it is run,
and wherever an earlier one was cut off. What people have changed here since, and what lies in a locked period, stays.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from operations.adopt.documents import OldEntry
from operations.adopt.placing import Place, places
from operations.adopt.remarks import KEPT, LEFT_OUT, Remark, Row, Time, length, month_of
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import Document, is_live, own_fields
from shared.instants import format_instant
from shared.time_entries.entry import ADOPTED
from shared.time_entries.rules import Interval, overlap
from shared.time_entries.timeline import interval_of

# The action of the events, by which an item that nobody has changed here is known.
ACTION = "adopted"


@dataclass(frozen=True, slots=True)
class How:
    """By which rules a run adopts: when it is, how long an entry may be, whether overlaps are trimmed or skipped."""

    now: datetime
    longest: timedelta
    trim: bool


class Target(NamedTuple):
    """A document as it is to be, with its marks, and what the event says of it."""

    document: Document
    description: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be there, by id, and what there is to tell."""

    targets: Mapping[str, Target]
    rows: Sequence[Row]


@dataclass(slots=True)
class Hours:
    """Milliseconds of an owner's month: in the old system, of that in the new one, and what the list explains."""

    old: int = 0
    new: int = 0
    listed: int = 0
    # Of entries that the old system does not have.
    recorded_here: int = 0


def is_untouched(document: Mapping[str, object]) -> bool:
    """Whether the last change of an item was an adoption."""
    context = document.get("_last_event_ctx")
    return isinstance(context, dict) and context.get("action") == ACTION


def plan_of(
    partition: Sequence[str],
    entries: Sequence[OldEntry],
    documents: Mapping[str, Document],
    locked: Sequence[Interval],
    how: How,
) -> Plan:
    """The plan for the owner in `partition`. `documents`: all of their items here, deleted ones included, by id."""
    kept = _kept(entries, documents, locked)
    placed = _placed(entries, documents, locked, how, kept)
    targets: dict[str, Target] = {}
    rows: list[Row] = []
    for entry in entries:
        present = documents.get(entry.id)
        if code := kept.get(entry.id):
            remarks = _differing(entry, present, code)
            time = Time(entry.was, _seen(present))
        else:
            place = placed.get(entry.id, Place(None))
            told = (*entry.time_remarks, *place.remarks, *_too_long(place.interval, how))
            remarks = (*(entry.remarks if place.interval or entry.deleted else ()), *told)
            time = Time(entry.was, place.interval)
            if target := _target(partition, entry, present, place):
                targets[entry.id] = Target(target, _description(remarks))
        rows += _rows(partition, entry, remarks, time)
    return Plan(targets, rows)


def hours_of(entries: Iterable[OldEntry], shown: Mapping[str, Interval], rows: Iterable[Row]) -> dict[str, Hours]:
    """The hours by month. `shown`: the intervals of the live entries of the new system, by id."""
    months: dict[str, Hours] = {}
    ids = {entry.id for entry in entries}

    def month(interval: Interval) -> Hours:
        return months.setdefault(month_of(interval), Hours())

    for entry in entries:
        if entry.was:
            month(entry.was).old += length(entry.was)
    for entry_id, interval in shown.items():
        if entry_id in ids:
            month(interval).new += length(interval)
        else:
            month(interval).recorded_here += length(interval)
    for old, new in (row.time for row in rows if row.time):
        if old:
            month(old).listed -= length(old)
        if new:
            month(new).listed += length(new)
    return months


def without_doubles(partition: Sequence[str], entries: Sequence[OldEntry]) -> tuple[list[OldEntry], list[Row]]:
    """The entries, each id once: two ids of the old system may be the same UUID in two spellings."""
    first: dict[str, OldEntry] = {}
    rows: list[Row] = []
    for entry in entries:
        if first.setdefault(entry.id, entry) is not entry:
            rows += _rows(partition, entry, (Remark("id_taken", LEFT_OUT),), Time(entry.was, None))
    return [*first.values()], rows


def _kept(entries: Iterable[OldEntry], documents: Mapping[str, Document], locked: Sequence[Interval]) -> dict[str, str]:
    """What stays as it is here, by id, and why."""
    kept: dict[str, str] = {}
    for entry in entries:
        present = documents.get(entry.id)
        if present is None:
            continue
        if not is_untouched(present):
            there_too = present.get(ADOPTED, entry.written_at) != entry.written_at
            kept[entry.id] = "changed_in_both" if there_too else "changed_here"
        elif (interval := _seen(present)) and _meets(interval, locked):
            kept[entry.id] = "period_locked"
    return kept


def _placed(
    entries: Sequence[OldEntry],
    documents: Mapping[str, Document],
    locked: Sequence[Interval],
    how: How,
    kept: dict[str, str],
) -> dict[str, Place]:
    """The places of what is not `kept`; what would come to lie in a locked period is kept as well."""
    ids = {entry.id for entry in entries}
    while True:
        fixed = [
            interval_of(document)
            for item_id, document in documents.items()
            if is_live(document) and (item_id not in ids or item_id in kept)
        ]
        wanted = {entry.id: entry.wanted for entry in entries if entry.wanted and entry.id not in kept}
        placed = places(wanted, fixed, trim=how.trim)
        refused = [id_ for id_, place in placed.items() if place.interval and _meets(place.interval, locked)]
        if not refused:
            return placed
        kept |= dict.fromkeys(refused, "period_locked")


def _meets(interval: Interval, locked: Iterable[Interval]) -> bool:
    return any(overlap(interval, one) for one in locked)


def _seen(document: Document | None) -> Interval | None:
    """Where a document lies that can be seen here."""
    return interval_of(document) if document and is_live(document) else None


def _differing(entry: OldEntry, present: Document | None, code: str) -> tuple[Remark, ...]:
    """What there is to tell of an entry that stays as it is here: nothing where it is the same in both systems."""
    if present is None:
        return (Remark(code, LEFT_OUT),)
    same = all(present.get(name) == value for name, value in entry.fields.items()) and _seen(present) == entry.was
    return () if same else (Remark(code, KEPT),)


def _target(partition: Sequence[str], entry: OldEntry, present: Document | None, place: Place) -> Document | None:
    """The document that is to be there; None where none is, and none was."""
    tenant_id, owner_id = partition
    interval = place.interval or entry.interval
    if interval and (place.interval or entry.deleted):
        own = {"id": entry.id, "tenant_id": tenant_id, "owner_id": owner_id, **entry.fields, **dates(interval)}
        return own | ({"deleted": entry.deleted} if entry.deleted else {}) | {ADOPTED: entry.written_at}
    if present is None:
        return None
    # What was brought over by an earlier run has no place any more.
    return {"deleted": str(uuid5(NAMESPACE_URL, entry.id)), **own_fields(present), ADOPTED: entry.written_at}


def dates(interval: Interval) -> Document:
    """An interval as an entry keeps it."""
    return {
        "start_date": format_instant(interval.start),
        "end_date": format_instant(interval.end) if interval.end else None,
    }


def _too_long(interval: Interval | None, how: How) -> tuple[Remark, ...]:
    """An entry may be longer than anyone could make it here: its hours are what they are."""
    if interval and (interval.end or how.now) - interval.start > how.longest:
        return (Remark("entry_too_long", KEPT),)
    return ()


def _description(remarks: Iterable[Remark]) -> str:
    codes = ", ".join(Counter(remark.code for remark in remarks))
    return f"Adopt a time entry ({codes})" if codes else "Adopt a time entry"


def _rows(partition: Sequence[str], entry: OldEntry, remarks: Sequence[Remark], time: Time) -> list[Row]:
    """A row for each remark; the last one says where the entry lay and lies."""
    tenant_id, owner_id = partition
    rows = [Row(TIME_ENTRY, tenant_id, owner_id, entry.id, remark) for remark in remarks]
    return [*rows[:-1], Row(TIME_ENTRY, tenant_id, owner_id, entry.id, remarks[-1], time)] if rows else []
