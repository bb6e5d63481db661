"""Submitting a timesheet, and what becomes of it: each step one batch in the owner's partition.

A submission writes the timesheet, what was submitted, the timeline with the lock, and the event together. The timeline
is read before the entries, and must still be the same: what is submitted can't change between reading and writing.
"""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.auth.caller import Caller
from shared.catalog import references
from shared.config import settings
from shared.cosmos import items, transactions
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import Document, own_fields
from shared.cosmos.transactions import Change
from shared.errors import ApiError
from shared.events.outbox import outbox_document, stamped
from shared.http.etags import Precondition
from shared.instants import format_instant
from shared.time_entries.rules import Interval
from shared.time_entries.timeline import TIMESHEET, locked_by, placed, read_timeline
from shared.timesheets import reading, rules
from shared.timesheets.pricing import amounts
from shared.timesheets.rules import APPROVE, Period, Step, Submitted, Transition
from shared.timesheets.verification import present

SUBMIT = "Submit a timesheet"
# What an event tells of a timesheet: no amounts, which are for administrators, and of the comments the step's own.
TOLD = (*rules.PERIOD, "entries", "milliseconds", "digest")


async def submit(caller: Caller, now: datetime, fields: Mapping[str, Any]) -> Document:
    """A new timesheet of the caller's, which locks its period.

    Raises ApiError: 400 for a bad period; 409 `timesheet_overlap` for one that meets another that is submitted or
    approved; 422 for an entry that is running in it or reaches over its edge.
    """
    zone: ZoneInfo = fields["timezone"]
    first, last = (date.fromisoformat(fields[name]) for name in ("start_date", "end_date"))
    period = rules.period_of(first, last, zone, now)
    timesheet_id = rules.id_of(first, secrets.randbits(96))
    partition = [caller.tenant_id, caller.user_id]

    async def attempt() -> Change[Document]:
        timeline = await read_timeline(*partition)
        other, entries = await asyncio.gather(
            locked_by(timeline, Interval(period.start, period.end)),
            reading.entries_within(partition, period.lock),
        )
        if other:
            raise _overlaps(other)
        rules.forbid_unfinished(period, [placed(entry) for entry in entries])
        rows = rules.submitted(entries)
        timesheet = {"id": timesheet_id, **_new(caller, now, period, rows, fields["comment"])}
        after = stamped(timesheet, caller, TIMESHEET, "submit", SUBMIT)
        beside = {
            "id": reading.submitted_id(timesheet_id),
            "kind": reading.SUBMITTED_KIND,
            "tenant_id": caller.tenant_id,
            "owner_id": caller.user_id,
            "timesheet_id": timesheet_id,
            "rows": rows,
        }
        operations = [
            transactions.create(after),
            transactions.create(beside),
            timeline.locked(period.lock).operation(),
        ]
        return Change(timesheet, operations, [_event(None, after, fields["comment"], now)])

    return await transactions.settle(TIME_ENTRY, partition, attempt)


async def decide(caller: Caller, now: datetime, timesheet_id: str, step: Step, wanted: Precondition) -> Document:
    """Take a timesheet to another state.

    Raises ApiError: 403 for one's own, unless it is withdrawn or a setting allows it; 404; 409 `timesheet_state` where
    the transition does not begin in its state, `timesheet_changed` where what is to be approved is not what was
    submitted.
    """
    transition, comment = step
    found = await reading.get(caller, timesheet_id)
    _require_right(caller, found, transition)
    partition = [found["tenant_id"], found["owner_id"]]

    async def attempt() -> Change[Document]:
        timeline, before = await asyncio.gather(
            read_timeline(*partition), items.read(TIME_ENTRY, timesheet_id, partition)
        )
        if before is None:
            raise ApiError(404, "timesheet_not_found", "There is no such timesheet")
        wanted.check(before)
        rules.forbid_transition(transition, before["status"])
        timesheet = own_fields(before) | {
            "status": transition.target,
            "history": [*before["history"], _told(caller, now, transition.target, comment)],
            "amounts": await _approved(before) if transition is APPROVE else None,
        }
        after = stamped(timesheet, caller, TIMESHEET, transition.action, transition.description)
        operations = [transactions.replace(after, before)]
        if transition.releases:
            operations.append(timeline.released((before["start"], before["end"])).operation())
        return Change(timesheet, operations, [_event(before, after, comment, now)])

    return await transactions.settle(TIME_ENTRY, partition, attempt)


def _require_right(caller: Caller, timesheet: Document, transition: Transition) -> None:
    is_own = timesheet["owner_id"] == caller.user_id
    if transition is rules.WITHDRAW:
        if not is_own:
            raise ApiError(403, "not_the_owner", "Only its owner may withdraw a timesheet")
    elif is_own and not settings().own_timesheets_may_be_approved:
        raise ApiError(403, "own_timesheet", "Another administrator decides on your own timesheet")


async def _approved(timesheet: Document) -> list[dict[str, str]]:
    """What the timesheet amounts to now; raises ApiError 409 where its entries are not what was submitted."""
    rows = await present(timesheet)
    if rules.digest(timesheet["owner_id"], rows) != timesheet["digest"]:
        raise ApiError(
            409,
            "timesheet_changed",
            "The time entries of the period are not what was submitted; its verification names those that differ",
        )
    # They are kept. A project that was given another customer elsewhere just now is priced as theirs.
    references.forget(timesheet["tenant_id"])
    return await amounts(timesheet, rows)


def _told(caller: Caller, now: datetime, status: str, comment: str | None) -> Document:
    """A step, as the history has it."""
    return {"date": format_instant(now), "user_id": caller.user_id, "status": status, "comment": comment}


def _new(caller: Caller, now: datetime, period: Period, rows: Submitted, comment: str | None) -> Document:
    start, end = period.lock
    return {
        "kind": TIMESHEET,
        "tenant_id": caller.tenant_id,
        "owner_id": caller.user_id,
        "start_date": period.first.isoformat(),
        "end_date": period.last.isoformat(),
        "timezone": period.zone,
        "start": start,
        "end": end,
        "status": "submitted",
        "comment": comment,
        "history": [_told(caller, now, "submitted", comment)],
        "entries": len(rows),
        "milliseconds": rules.milliseconds(rows),
        "digest": rules.digest(caller.user_id, rows),
        "amounts": None,
    }


def _event(before: Document | None, after: Document, comment: str | None, now: datetime) -> Document:
    """The outbox document of a step. That of an approval holds the digest, which was compared, as well."""
    context = after["_last_event_ctx"]
    told = {name: after[name] for name in TOLD} | {"comment": comment, "_last_event_ctx": context}
    outbox = outbox_document(before and {name: before[name] for name in TOLD}, told, now)
    if context["action"] == APPROVE.action:
        outbox["event"]["changes"]["digest"] = [after["digest"], after["digest"]]
    return outbox


def _overlaps(other: Document) -> ApiError:
    return ApiError(
        409,
        "timesheet_overlap",
        f"The period meets that of another timesheet, of {other['start_date']} to {other['end_date']}",
        members={"timesheet_id": other["id"]},
    )
