"""Undo: an entry goes back to what it was after one of its events, by the rules of every other write."""

import asyncio
from datetime import datetime
from typing import Any

from shared.auth.caller import Caller
from shared.catalog.references import COPIED, names_for, require_references
from shared.cosmos import items, transactions
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import Document, own_fields
from shared.cosmos.transactions import Change
from shared.errors import ApiError
from shared.http.etags import Precondition
from shared.time_entries import history, reading, rules
from shared.time_entries.entry import DEFAULTS, PLAIN
from shared.time_entries.history import History, State
from shared.time_entries.rules import Interval
from shared.time_entries.store import Write, change_of, in_reach, longest
from shared.time_entries.timeline import Timeline, forbid_locked, interval_of, placed, read_timeline

RESTORED = (*PLAIN, "start_date", "end_date")
DESCRIPTION = "Restore a time entry"


async def restore(caller: Caller, now: datetime, entry_id: str, event_id: str | None, wanted: Precondition) -> Document:
    """Make the caller's entry what it was after an event; without one, what it was before its last change.

    A deleted entry is live again. One that ran then runs again. What is so already is not written.

    Raises ApiError: 400, 409 and 422 by the rules, as an update or a restart does; 404 for an unknown event; 422 where
    there is nothing to undo, and for the event of a deletion.
    """
    partition = [caller.tenant_id, caller.user_id]

    async def attempt() -> Change[Document]:
        timeline, found = await asyncio.gather(read_timeline(*partition), history.read(partition, entry_id))
        if found is None:
            raise await _not_ones_own(caller, entry_id)
        entry = found.entry
        wanted.check(entry)
        state = _after(found, event_id) if event_id else _before_last_change(found)
        if state == history.state_of(entry):
            return Change(entry)
        after = {name: value for name, value in own_fields(entry).items() if name != "deleted"}
        after |= {name: state.get(name, DEFAULTS[name]) for name in RESTORED}
        await _forbid_gone(caller, entry, after)
        await _forbid(timeline, entry, interval_of(after), now)
        return change_of(caller, now, timeline, [Write(entry, after, "update", DESCRIPTION)])

    return await transactions.settle(TIME_ENTRY, partition, attempt)


def _after(found: History, event_id: str) -> State:
    for step in found.steps:
        if step.event["id"] == event_id:
            return _live(step.after)
    raise ApiError(404, "event_not_found", "There is no such event of this time entry, as far as its history is kept")


def _before_last_change(found: History) -> State:
    return next((_live(step.before) for step in reversed(found.steps) if step.has_changed_it), None) or _live({})


def _live(state: State) -> State:
    """The state, unless there was nothing or it was deleted."""
    if not state or "deleted" in state:
        raise ApiError(422, "nothing_to_undo", "There is nothing to go back to")
    return state


async def _not_ones_own(caller: Caller, entry_id: str) -> ApiError:
    """403 for an administrator who sees another's entry, 404 otherwise."""
    try:
        await reading.get_any(caller, entry_id)
    except ApiError as error:
        return error
    return ApiError(403, "not_the_owner", "Only its owner may change a time entry")


async def _forbid_gone(caller: Caller, entry: Document, after: Document) -> None:
    """Raises ApiError 400, with the name, for a project or activity that is gone and would be referred to again."""
    is_deleted = not items.is_live(entry)
    referred: dict[str, Any] = {name: after[name] for name in COPIED if is_deleted or after[name] != entry.get(name)}
    try:
        await require_references(caller.tenant_id, referred)
    except ApiError as error:
        if not error.errors:
            raise
        (field,) = error.errors
        names = await names_for(caller.tenant_id, ())
        name = (names.project_name if field == "project_id" else names.activity_name)(after[field]) or after[field]
        message = f"{error.message} any more: {name}"
        raise ApiError(400, error.code, message, errors={field: [f"{message}."]}) from error


async def _forbid(timeline: Timeline, entry: Document, interval: Interval, now: datetime) -> None:
    """Raises ApiError by the rules of an update, and of a restart where it runs again."""
    old = interval_of(entry) if items.is_live(entry) else None
    if interval != old:
        rules.require_past(interval, now)
        rules.forbid_too_long(interval, now, longest())
        if interval.end is None and (timeline.timer is None or timeline.timer.id != entry["id"]):
            rules.forbid_second_timer(timeline.timer)
    await forbid_locked(timeline, *(one for one in (old, interval) if one))
    if interval != old:
        others = await in_reach(timeline, entry["id"], old, interval)
        rules.forbid_overlap(interval, [placed(other) for other in others])
