"""Forgotten timers: one event for each entry that has run for too long, and the end that is proposed for it.

They are found by an index over the timelines, which hold a copy of each running entry. What was found is marked in that
copy, so that it is not found again, by a field that is no part of the entry: it changes no ETag, and the next write of
the entry drops it. What makes the event the only one is its id, which is made of the entry's.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.auth.caller import Caller
from shared.config import settings
from shared.cosmos import items, transactions
from shared.cosmos.containers import EVENT, TIME_ENTRY
from shared.cosmos.items import Document
from shared.cosmos.transactions import Change
from shared.errors import ApiError
from shared.events.outbox import outbox_document, stamped
from shared.instants import format_instant, parse_instant
from shared.logs import logger
from shared.time_entries import rules
from shared.time_entries.timeline import TIMELINE_KIND, read_timeline

PROPOSED_END = "proposed_end_date"
FORGOTTEN = "forgotten"
MARK = "_forgotten"
DUE = (
    "SELECT c.tenant_id, c.owner_id FROM c"
    f" WHERE c.kind = '{TIMELINE_KIND}' AND c.running.start_date <= @before AND NOT IS_DEFINED(c.running.{MARK})"
)
SIDE_BY_SIDE = 8

log = logger(__name__)


def proposed_end_date(entry: Mapping[str, Any], now: datetime) -> str | None:
    """The end that is proposed for a running entry; None while it is not forgotten."""
    proposed = rules.proposed_end(parse_instant(entry["start_date"]), now, settings().forgotten_after_hours)
    return format_instant(proposed) if proposed else None


async def tell_of_all(now: datetime) -> int:
    """Leave an event of each timer that is forgotten and has none; how many there were.

    A timer whose event can't be left now is found again by the next run. Raises ApiError 429 or 503 where none can be
    looked for.
    """
    before = format_instant(rules.forgotten_before(now, settings().forgotten_after_hours))
    gate = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(owner: Document) -> bool:
        async with gate:
            try:
                return await _tell_of(owner["tenant_id"], owner["owner_id"], now)
            except ApiError as error:
                log.warning("the event of a forgotten timer could not be left: %s", error.code)
                return False

    told = 0
    async for page in items.pages(TIME_ENTRY, DUE, {"before": before}):
        told += sum(await asyncio.gather(*map(one, page)))
    log.info("forgotten timers: %s", told)
    return told


async def _tell_of(tenant_id: str, owner_id: str, now: datetime) -> bool:
    """Leave the event of an owner's timer, if it is forgotten; whether there is one now that was not there before."""

    async def attempt() -> Change[bool]:
        timeline = await read_timeline(tenant_id, owner_id)
        entry = timeline.running
        if entry is None or MARK in entry or not (proposed := proposed_end_date(entry, now)):
            return Change(False)
        event_id = str(uuid5(NAMESPACE_URL, f"{FORGOTTEN}:{entry['id']}"))
        mark = timeline.marked(MARK, format_instant(now)).operation()
        if await _is_there(tenant_id, owner_id, entry["id"], event_id):
            return Change(False, [mark])
        after = stamped(
            {**entry, PROPOSED_END: proposed}, Caller(owner_id, tenant_id), TIME_ENTRY, FORGOTTEN, "Forget a timer"
        )
        return Change(True, [mark], [outbox_document(entry, after, now, event_id)])

    return await transactions.settle(TIME_ENTRY, [tenant_id, owner_id], attempt)


async def _is_there(tenant_id: str, owner_id: str, entry_id: str, event_id: str) -> bool:
    """Whether the event was left before: the entry was stopped and restarted, or changed while it ran."""
    found = await asyncio.gather(
        items.read(TIME_ENTRY, event_id, [tenant_id, owner_id]), items.read(EVENT, event_id, [tenant_id, entry_id])
    )
    return any(found)
