"""The time entries of an owner: every write, each one attempt after another until it is applied.

An attempt reads the timeline and what else it needs in parallel, applies the rules, and returns the batch: entry,
timeline, outbox documents. The first may go by what this worker remembers instead: see remembered.py.
"""

import asyncio
import json
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import uuid4

from azure.cosmos.exceptions import CosmosAccessConditionFailedError, CosmosResourceNotFoundError

from shared.auth.caller import Caller
from shared.catalog.references import COPIED, is_billable, require_references
from shared.clients import container
from shared.config import settings
from shared.cosmos import items, transactions
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import LIVE, Document, own_fields
from shared.cosmos.transactions import Change, Operation
from shared.errors import ApiError
from shared.events.outbox import outbox_document, stamped
from shared.http.etags import Precondition
from shared.instants import format_instant, whole_milliseconds
from shared.time_entries import reading, rules
from shared.time_entries.entry import ADOPTED, DATES, MEANING, PLAIN
from shared.time_entries.idempotency import Key
from shared.time_entries.remembered import Decide, Remembered, memory, settle
from shared.time_entries.rules import Interval, Placed
from shared.time_entries.timeline import (
    TIMELINE_ID,
    Timeline,
    forbid_locked,
    interval_of,
    neighbours,
    placed,
    read_timeline,
    timeline_of,
)

# A batch holds 100 operations, of which an entry takes two and the timeline one; and 2 MB. Beyond 1 MiB, aiohttp warns
# that a body holds up the event loop, so that a batch is smaller, with room for what surrounds the documents.
MOST_WRITES = 49
LARGEST_BATCH_BYTES = 900_000
STILL_RUNNING = f"FROM c WHERE {LIVE} AND IS_NULL(c.end_date)"


class Write(NamedTuple):
    """One entry's part of a batch: what was read (None for a new one), what it becomes, and what that is called."""

    before: Document | None
    after: Document
    action: str
    description: str


def fitting(writes: Iterable[Write]) -> list[Write]:
    """The first of these writes that fit into one batch; where there are any, at least one."""
    fit: list[Write] = []
    size = 0
    for write in islice(writes, MOST_WRITES):
        # The event holds what the entry was and what it becomes.
        size += len(json.dumps(write.before)) + 2 * len(json.dumps(write.after))
        if fit and size > LARGEST_BATCH_BYTES:
            break
        fit.append(write)
    return fit


async def create(
    caller: Caller, now: datetime, fields: Mapping[str, Any], idempotency_key: str | None = None
) -> Document:
    """A new entry of the caller's; without an `end_date` it starts the timer.

    The same `idempotency_key` with the same meaning makes no second entry: it answers the first, as it is by then.

    Raises ApiError: 400, 409 or 422 by the rules; 422 when the key came with another meaning; 409 when the entry that
    it made has been deleted.
    """
    key = Key.of(caller, idempotency_key, fields) if idempotency_key else None
    entry_id = key.entry_id if key else str(uuid4())

    async def decide(known: Remembered) -> Change[Document]:
        try:
            return await make(known)
        except ApiError:
            # What refuses it may be the entry that another instance has just made with the same key.
            if key and (made := await key.made(caller)):
                return Change(made)
            raise

    async def make(known: Remembered) -> Change[Document]:
        made, timeline, referred = await asyncio.gather(
            key.made(caller) if key else _nothing(),
            _timeline(caller, known),
            require_references(caller.tenant_id, fields),
        )
        if made:
            return Change(made)
        interval = await _place(timeline, fields["start_date"], fields["end_date"], now)
        entry = {
            "id": entry_id,
            "tenant_id": caller.tenant_id,
            "owner_id": caller.user_id,
            **{name: fields[name] for name in PLAIN},
            "billable": rules.billable_after(is_billable(referred["project_id"]), fields["billable"], None),
            **_dates(interval),
            **(key.mark if key else {}),
        }
        action = "Start a timer" if interval.end is None else "Create a time entry"
        return change_of(caller, now, timeline, [Write(None, entry, "create", action)])

    return await _settle(caller, decide)


async def update(
    caller: Caller, now: datetime, entry_id: str, given: Mapping[str, Any], wanted: Precondition
) -> Document:
    """Change what is given of the caller's entry; one that changes nothing writes nothing."""

    async def decide(known: Remembered) -> Change[Document]:
        timeline, entry = await _own(caller, entry_id, wanted, known)
        before, old = own_fields(entry), interval_of(entry)
        interval = _moved(old, given, now)
        plain = {name: given[name] for name in PLAIN if name in given and name != "billable"}
        changed = {name: value for name, value in plain.items() if before.get(name) != value}
        others, referred = await _looked_up(caller, changed, in_reach(timeline, entry_id, old, interval))
        project = referred.get("project_id")
        billable = rules.billable_after(
            is_billable(before), given.get("billable"), is_billable(project) if project else None
        )
        if billable != is_billable(before):
            changed["billable"] = billable
        near, trims = [placed(other) for other in others], bool(given.get("update_last_entry_if_overlap"))
        interval = interval if trims else rules.snapped(interval, near)
        after = before | changed | (_dates(interval) if interval != old else {})
        if after == before:
            return Change(entry)
        await forbid_locked(timeline, old, interval)
        writes = [Write(entry, after, "update", "Update a time entry")]
        if not trims:
            rules.forbid_overlap(interval, near)
        elif shorter := rules.trimmed(interval, near):
            writes.append(await _trim(timeline, shorter, others))
        return change_of(caller, now, timeline, writes)

    return await _settle(caller, decide)


async def stop(caller: Caller, now: datetime, entry_id: str, wanted: Precondition) -> Document:
    """End the caller's running entry now.

    The timeline's copy of it is enough, unless the client has read the entry itself (If-Match). Where the copy was not
    right, the next attempt reads the entry.
    """
    copy_will_do = wanted.tags is None

    async def decide(known: Remembered) -> Change[Document]:
        nonlocal copy_will_do
        timeline, entry = await _own(caller, entry_id, wanted, known, copy_will_do=copy_will_do)
        copy_will_do = False
        start, end = interval_of(entry)
        if end:
            raise ApiError(422, "time_entry_already_stopped", "The time entry is already stopped")
        await forbid_locked(timeline, Interval(start, end))
        after = own_fields(entry) | _dates(Interval(start, rules.stop_at(start, now)))
        return change_of(caller, now, timeline, [Write(entry, after, "update", "Stop a time entry")])

    return await _settle(caller, decide)


async def restart(caller: Caller, now: datetime, entry_id: str, wanted: Precondition) -> Document:
    """Make the caller's stopped entry run on from its own start."""

    async def decide(known: Remembered) -> Change[Document]:
        timeline, entry = await _own(caller, entry_id, wanted, known)
        old = interval_of(entry)
        if old.end is None:
            raise ApiError(422, "time_entry_already_running", "The time entry is already running")
        interval = Interval(old.start, None)
        rules.forbid_too_long(interval, now, longest())
        rules.forbid_second_timer(timeline.timer)
        await forbid_locked(timeline, interval)
        if str(timeline.last_end) > entry["end_date"]:
            others = await neighbours(caller.tenant_id, caller.user_id, interval, entry_id)
            rules.forbid_overlap(interval, [placed(other) for other in others])
        after = own_fields(entry) | _dates(interval)
        return change_of(caller, now, timeline, [Write(entry, after, "update", "Restart a time entry")])

    return await _settle(caller, decide)


async def delete(caller: Caller, now: datetime, entry_id: str, wanted: Precondition) -> None:
    """Soft-delete the caller's entry."""

    async def decide(known: Remembered) -> Change[Document]:
        timeline, entry = await _own(caller, entry_id, wanted, known)
        await forbid_locked(timeline, interval_of(entry))
        after = own_fields(entry) | {"deleted": str(uuid4())}
        return change_of(caller, now, timeline, [Write(entry, after, "delete", "Delete a time entry")])

    await _settle(caller, decide)


async def mark_length(entry: Document) -> bool:
    """Set the mark that a long entry of an older version lacks, if its dates are still those that were read.

    It is no change of the entry: it makes no event, and the client's `If-Match` still holds. Returns whether it is set.
    """
    unchanged = " AND ".join(f'c.{name} = "{entry[name]}"' for name in DATES)
    marks = [{"op": "set", "path": f"/{name}", "value": value} for name, value in rules.length_mark(entry).items()]
    try:
        await container(TIME_ENTRY).patch_item(
            entry["id"], [entry["tenant_id"], entry["owner_id"]], marks, filter_predicate=f"FROM c WHERE {unchanged}"
        )
    except (CosmosAccessConditionFailedError, CosmosResourceNotFoundError):
        return False
    return True


async def _nothing() -> None:
    """Stands in a gather where there is nothing to read."""


async def _settle(caller: Caller, decide: Decide) -> Document:
    return await settle(caller.tenant_id, caller.user_id, decide)


async def _timeline(caller: Caller, known: Remembered) -> Timeline:
    partition = caller.tenant_id, caller.user_id
    return await (timeline_of(*partition, known.timeline) if known.timeline else read_timeline(*partition))


async def _own(
    caller: Caller, entry_id: str, wanted: Precondition, known: Remembered, *, copy_will_do: bool = False
) -> tuple[Timeline, Document]:
    """The caller's timeline and entry: what is not known already is read by one request.

    With `copy_will_do` the running entry is the timeline's copy of it, which has no `_etag`. Raises ApiError 404; 403
    where an admin sees another's; 412 where it changed.
    """
    if known.timeline or copy_will_do:
        timeline = await _timeline(caller, known)
        copy = timeline.running if copy_will_do and timeline.running and timeline.running["id"] == entry_id else None
        entry = known.entry_called(entry_id) or copy or await reading.get(caller, entry_id)
    else:
        timeline, entry = await _together(caller, entry_id)
    if entry["owner_id"] != caller.user_id:
        raise ApiError(403, "not_the_owner", "Only its owner may change a time entry")
    wanted.check(entry)
    return timeline, entry


async def _together(caller: Caller, entry_id: str) -> tuple[Timeline, Document]:
    partition = caller.tenant_id, caller.user_id
    if found := await items.read_together(TIME_ENTRY, [TIMELINE_ID, entry_id], [*partition]):
        document, entry = found
        memory().read(document)
        if items.is_live(entry):
            return await timeline_of(*partition, document), entry
    # Somebody else's entry, or none at all; or there is no timeline yet.
    return await asyncio.gather(read_timeline(*partition), reading.get(caller, entry_id))


async def _place(timeline: Timeline, start: datetime | None, end: datetime | None, now: datetime) -> Interval:
    """Where a new entry lies; raises ApiError where it can't."""
    if end is not None:
        wanted = Interval(start or now, end)
        rules.require_past(wanted, now)
    else:
        rules.forbid_second_timer(timeline.timer)
        wanted = Interval(rules.timer_start(start, now, timeline.ended_by), None)
    rules.forbid_too_long(wanted, now, longest())
    interval, others = rules.moved_back(wanted, now), []
    if not timeline.surely_free(interval):
        others = [placed(other) for other in await neighbours(timeline.tenant_id, timeline.owner_id, interval)]
        interval = rules.snapped(rules.moved_back(wanted, now, others), others)
    await forbid_locked(timeline, interval)
    rules.forbid_overlap(interval, others)
    return interval


def longest() -> timedelta:
    """How long an entry may be, and how long ago a timer may begin."""
    return timedelta(hours=settings().longest_entry_hours)


def _moved(old: Interval, given: Mapping[str, Any], now: datetime) -> Interval:
    """Where an update puts an entry. A null stands for what it was: an update never restarts a stopped entry."""
    start, end = _unless_the_same(given.get("start_date"), old.start), _unless_the_same(given.get("end_date"), old.end)
    if (start, end) == old:
        return old
    interval = Interval(start or old.start, end)
    if end is None:
        interval = Interval(rules.timer_start(start, now), None)
    else:
        rules.require_past(interval, now)
        interval = rules.cut_to_now(interval, now)
    # A timer may be stopped however long it has run.
    if old.end or end is None or start != old.start:
        rules.forbid_too_long(interval, now, longest())
    return interval


def _unless_the_same(given: datetime | None, old: datetime | None) -> datetime | None:
    """What was given, unless it is what is kept, to the millisecond: older versions kept microseconds."""
    return old if given is None or (old and given == whole_milliseconds(old)) else given


async def in_reach(timeline: Timeline, entry_id: str, old: Interval | None, interval: Interval) -> Sequence[Document]:
    """What may overlap an entry that is moved from `old`; nothing can where it only shrinks."""
    within = (
        old is not None
        and interval.start >= old.start
        and (old.end is None or (interval.end is not None and interval.end <= old.end))
    )
    if within or timeline.surely_free(interval, entry_id):
        return []
    return await neighbours(timeline.tenant_id, timeline.owner_id, interval, entry_id)


async def _looked_up(
    caller: Caller, changed: Mapping[str, Any], reach: Coroutine[Any, Any, Sequence[Document]]
) -> tuple[Sequence[Document], dict[str, Document]]:
    """What is in reach, and what is referred to anew: side by side where both are asked for."""
    if COPIED.isdisjoint(changed):
        return await reach, {}
    others, referred = await asyncio.gather(reach, require_references(caller.tenant_id, changed))
    return others, referred


async def _trim(timeline: Timeline, shorter: Placed, others: Sequence[Document]) -> Write:
    """The write that shortens the entry in the way; raises ApiError 409 where it lies in a locked period."""
    entry = next(other for other in others if other["id"] == shorter.id)
    await forbid_locked(timeline, interval_of(entry))
    after = own_fields(entry) | _dates(shorter.interval)
    return Write(entry, after, "update", "Trim a time entry that another one moved into")


def _dates(interval: Interval) -> Document:
    return {
        "start_date": format_instant(interval.start),
        "end_date": format_instant(interval.end) if interval.end else None,
    }


def change_of(caller: Caller, now: datetime, timeline: Timeline, writes: Sequence[Write]) -> Change[Document]:
    """The batch of these writes, which leaves the timeline as they make it; answers with the first of them.

    There must be one at least, and they must be `fitting`. Whoever calls it has had `forbid_locked` let through where
    each entry lay and where it lies now.
    """
    operations, outbox, stored = [], [], []
    at = timeline.event_at(now)
    for before, entry, action, description in writes:
        after = stamped(_marks_of(before) | rules.length_mark(entry) | entry, caller, TIME_ENTRY, action, description)
        operations.append(_operation(before, after))
        outbox.append(outbox_document(before, after, at))
        stored.append(after)
        timeline = timeline.after(entry)
    timeline = timeline.told(at)

    def applied(etags: Sequence[str]) -> None:
        # Of an entry that was patched, not all is known.
        is_whole = not _is_copy(writes[0].before) and items.is_live(stored[0])
        memory().wrote(
            {**timeline.document(), "_etag": etags[-1]}, {**stored[0], "_etag": etags[0]} if is_whole else None
        )

    return Change(writes[0].after, [*operations, timeline.operation()], outbox, applied=applied)


def _marks_of(entry: dict[str, Any] | None) -> dict[str, Any]:
    """What an update of the entry has to keep beside its fields."""
    return {mark: entry[mark] for mark in (MEANING, ADOPTED) if entry and mark in entry}


def _operation(before: Document | None, after: Document) -> Operation:
    if before is None:
        return transactions.create(after)
    if not _is_copy(before):
        return transactions.replace(after, before)
    # What the document holds beside the copy stays, and the batch is refused if it does not run.
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    return transactions.change(after["id"], changed, STILL_RUNNING)


def _is_copy(entry: Document | None) -> bool:
    """Whether this is the timeline's copy of the running entry, and not the entry as it was read."""
    return entry is not None and "_etag" not in entry
