"""Finds, and mends, what can only be wrong after a fault of ours or a repair by hand.

A timeline that disagrees with its owner's entries is made anew; an event that is missing for an outbox document is
delivered. It can be cut off and run again, from the owner on that it came to: what is right is left alone.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core import MatchConditions
from azure.cosmos.exceptions import CosmosAccessConditionFailedError, CosmosResourceNotFoundError

from operations.pace import scan
from shared.clients import container
from shared.config import settings
from shared.cosmos import items
from shared.cosmos.containers import EVENT, TIME_ENTRY, WATCHED
from shared.cosmos.items import Document
from shared.events.delivery import BadDocumentError, deliver, event_of
from shared.events.outbox import EVENT_KIND
from shared.time_entries.timeline import TIMELINE_ID, TIMELINE_KIND, Timeline

OUTBOX = "SELECT * FROM c WHERE c.kind = @event"
BY_OWNER = "SELECT * FROM c WHERE c.kind IN (@timeline, @event) AND c.owner_id >= @owner ORDER BY c.owner_id"
LIVE_FIRST = f"SELECT TOP 1 * FROM c WHERE {items.LIVE}"
RUNNING = f"{LIVE_FIRST} AND IS_NULL(c.end_date) ORDER BY c.start_date DESC"
LAST_ENDED = f"{LIVE_FIRST} AND IS_STRING(c.end_date) ORDER BY c.end_date DESC"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was not as it should be, and whether it is now."""

    container_id: str
    item_id: str
    what: str
    mended: bool


async def check(
    now: datetime, done: Callable[[str, str], Any], *, mend: bool, from_owner: str = ""
) -> AsyncIterator[Finding]:
    """Look through all timelines and outbox documents, and mend what is wrong, or only tell.

    `done` is told of each document: its container and, of a time entry's, the owner. The catalog comes first, for
    there is little of it; then the owners in the order of their ids. With `from_owner` it begins there.
    """
    if not from_owner:
        for container_id in (one for one in WATCHED if one != TIME_ENTRY):
            async for document in scan(container_id, OUTBOX, {"event": EVENT_KIND}):
                if finding := await _outbox(container_id, document, now, mend=mend):
                    yield finding
                done(container_id, "")
    parameters = {"timeline": TIMELINE_KIND, "event": EVENT_KIND, "owner": from_owner}
    async for document in scan(TIME_ENTRY, BY_OWNER, parameters):
        is_timeline = document["kind"] == TIMELINE_KIND
        look = _timeline(document, mend=mend) if is_timeline else _outbox(TIME_ENTRY, document, now, mend=mend)
        if finding := await look:
            yield finding
        done(TIME_ENTRY, document["owner_id"])


async def _outbox(container_id: str, document: Document, now: datetime, *, mend: bool) -> Finding | None:
    """Look whether the event of an outbox document is there; one whose retention is over is not missing."""
    try:
        event = event_of(document)
    except BadDocumentError as error:
        return Finding(container_id, document["id"], f"no event can be made of it: {error}", mended=False)
    days = settings().event_retention_days
    written = datetime.fromtimestamp(document["_ts"], UTC)
    if (days and written + timedelta(days=days) <= now) or await _is_delivered(event):
        return None
    if mend:
        await deliver("check", container_id, [document])
    return Finding(container_id, document["id"], "its event is missing", mended=mend and await _is_delivered(event))


async def _is_delivered(event: Document) -> bool:
    return await items.read(EVENT, event["id"], [event["tenant_id"], event["item_id"]]) is not None


async def _timeline(document: Document, *, mend: bool) -> Finding | None:
    """Look whether a timeline agrees with its owner's entries."""
    while what := _disagreement(document, right := await _from_entries(document)):
        # What was read may be old by now, or a write may have come in between: then the etag is another.
        latest = await items.read(TIME_ENTRY, TIMELINE_ID, [document["tenant_id"], document["owner_id"]])
        if latest is None:
            return None
        if latest["_etag"] == document["_etag"]:
            mended = mend and await _replace(right, document)
            return Finding(TIME_ENTRY, f"timeline of {document['owner_id']}", what, mended)
        document = latest
    return None


async def _from_entries(document: Document) -> Timeline:
    """The timeline as the owner's entries have it."""
    partition = [document["tenant_id"], document["owner_id"]]
    timeline = Timeline(document["tenant_id"], document["owner_id"], None, None, document)
    for text in (LAST_ENDED, RUNNING):
        for entry in await items.query(TIME_ENTRY, text, {}, partition):
            timeline = timeline.after(entry)
    return timeline


def _disagreement(document: Document, right: Timeline) -> str | None:
    if document.get("running") != right.running:
        return "the running entry is another, or looks otherwise"
    if (right.last_end or "") > (document.get("last_end") or ""):
        return "an entry ends later than it knows"
    return None


async def _replace(right: Timeline, document: Document) -> bool:
    """Make the timeline anew, unless a write has just done so; returns whether it did."""
    # The bound may be above every end, never below.
    last_end = max(filter(None, (right.last_end, document.get("last_end"))), default=None)
    _, (item_id, body), options = replace(right, last_end=last_end).operation()
    try:
        await container(TIME_ENTRY).replace_item(
            item_id, body, etag=options["if_match_etag"], match_condition=MatchConditions.IfNotModified
        )
    except (CosmosAccessConditionFailedError, CosmosResourceNotFoundError):
        return False
    return True
