"""Finds, and mends, what can only be wrong after a fault of ours or a repair by hand.

A timeline that disagrees with its owner's entries is made anew; an event that is missing for an outbox document is
delivered. It can be cut off and run again: what is right is left alone.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from azure.core import MatchConditions
from azure.cosmos.exceptions import CosmosAccessConditionFailedError

from operations.pace import Pace
from shared.audit import EVENT_KIND
from shared.clients import container
from shared.cosmos.containers import EVENT, TIME_ENTRY, WATCHED
from shared.cosmos.items import Document
from shared.events.delivery import deliver
from shared.time_entries.timeline import LAST_STARTED, TIMELINE_KIND, Timeline

OF_KIND = "SELECT * FROM c WHERE c.kind = @kind"
LAST_ENDED = (
    "SELECT TOP 1 * FROM c WHERE NOT IS_DEFINED(c.kind) AND NOT IS_DEFINED(c.deleted) AND IS_STRING(c.end_date)"
    " ORDER BY c.end_date DESC"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was not as it should be."""

    container_id: str
    item_id: str
    what: str


async def check(pace: Pace, *, mend: bool) -> AsyncIterator[Finding]:
    """Look through all timelines and outbox documents, and mend what is wrong, or only tell."""
    async for document in pace.query(TIME_ENTRY, OF_KIND, {"kind": TIMELINE_KIND}):
        right = await _from_entries(document, pace)
        if what := _disagreement(document, right):
            yield Finding(TIME_ENTRY, f"timeline of {document['owner_id']}", what)
            if mend:
                await _replace(right, document)
    for container_id in WATCHED:
        async for document in pace.query(container_id, OF_KIND, {"kind": EVENT_KIND}):
            if await _is_missing(document, pace):
                yield Finding(container_id, document["id"], "its event is missing")
                if mend:
                    await deliver("check", container_id, [document])


async def _from_entries(document: Document, pace: Pace) -> Timeline:
    """The timeline as the owner's entries have it."""
    partition = [document["tenant_id"], document["owner_id"]]
    timeline = Timeline(document["tenant_id"], document["owner_id"], None, None, document)
    for text in (LAST_ENDED, LAST_STARTED):
        async for entry in pace.query(TIME_ENTRY, text, {}, partition):
            timeline = timeline.after(entry)
    return timeline


def _disagreement(document: Document, right: Timeline) -> str | None:
    if document["running"] != right.running:
        return "the running entry is another, or looks otherwise"
    if (right.last_end or "") > (document["last_end"] or ""):
        return "an entry ends later than it knows"
    return None


async def _replace(right: Timeline, document: Document) -> None:
    """Make the timeline anew, unless a write has just done so: then the next check looks again."""
    # The bound may be above every end, never below.
    last_end = max(filter(None, (right.last_end, document["last_end"])), default=None)
    _, (item_id, body), options = replace(right, last_end=last_end).operation()
    try:
        await container(TIME_ENTRY).replace_item(
            item_id, body, etag=options["if_match_etag"], match_condition=MatchConditions.IfNotModified
        )
    except CosmosAccessConditionFailedError:
        return


async def _is_missing(document: Document, pace: Pace) -> bool:
    event = document.get("event")
    if not isinstance(event, dict) or not {"id", "tenant_id", "item_id"} <= event.keys():
        return False
    return await pace.read(EVENT, event["id"], [event["tenant_id"], event["item_id"]]) is None
