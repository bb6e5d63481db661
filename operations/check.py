"""Finds and repairs what only a bug or a manual repair can have broken.

It rebuilds a timeline that disagrees with its owner's entries, marks long entries that an older version wrote without
their mark, and delivers the missing event of an outbox document.
After an interruption it can start again at the owner it had reached. It changes nothing that is correct.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core import MatchConditions
from azure.cosmos.exceptions import CosmosAccessConditionFailedError, CosmosResourceNotFoundError

from operations.pace import scan
from shared import instants
from shared.clients import container
from shared.config import settings
from shared.cosmos import items
from shared.cosmos.containers import CONTAINERS, EVENT, TIME_ENTRY, WATCHED
from shared.cosmos.items import Document, own_fields
from shared.events.delivery import BadDocumentError, deliver, event_of
from shared.events.outbox import EVENT_KIND
from shared.time_entries.rules import Placed, length_mark, overlap
from shared.time_entries.store import mark_length
from shared.time_entries.timeline import (
    LOCKING,
    TIMELINE_ID,
    TIMELINE_KIND,
    TIMESHEET,
    Timeline,
    locks_of,
    placed,
    rebuilt_timeline,
    with_lock,
)
from shared.timesheets.verification import compared

# The path of a container that was made without an indexing policy.
EVERYTHING = "/*"
# Of the entries that differ, so many are named.
MOST_NAMED = 20

OUTBOX = "SELECT * FROM c WHERE c.kind = @event"
BY_OWNER = (
    "SELECT * FROM c"
    f" WHERE (c.kind IN (@timeline, @event, @timesheet) OR ({items.LIVE})) AND c.owner_id >= @owner ORDER BY c.owner_id"
)
ENTRIES = f"SELECT c.id, c.start_date, c.end_date FROM c WHERE {items.LIVE}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was wrong, and whether it is repaired."""

    container_id: str
    item_id: str
    what: str
    mended: bool


async def check(
    now: datetime, done: Callable[[str, str], Any], *, mend: bool, from_owner: str = ""
) -> AsyncIterator[Finding]:
    """Check all timelines, entries and outbox documents; repair what is wrong, or only report it.

    `done` is called for each document with its container and, of a time entry's, the owner. The small
    catalog comes first, then the owners in the order of their ids. With `from_owner` it begins there. Entries that
    overlap, and what was written into a locked period, are reported, not repaired: a person decides which is right.
    """
    if not from_owner:
        for container_id in (one for one in WATCHED if one != TIME_ENTRY):
            async for document in scan(container_id, OUTBOX, {"event": EVENT_KIND}):
                if finding := await _outbox(container_id, document, now, mend=mend):
                    yield finding
                done(container_id, "")
    parameters = {"timeline": TIMELINE_KIND, "event": EVENT_KIND, "timesheet": TIMESHEET, "owner": from_owner}
    owner_id, entries = "", _Entries()
    async for document in scan(TIME_ENTRY, BY_OWNER, parameters):
        if document["owner_id"] != owner_id:
            for pair in await entries.overlaps():
                yield pair
            owner_id, entries = document["owner_id"], _Entries()
        if finding := await _look(document, entries, now, mend=mend):
            yield finding
        done(TIME_ENTRY, owner_id)
    for pair in await entries.overlaps():
        yield pair


async def indexes() -> AsyncIterator[Finding]:
    """Containers that lack an index of this version. The infrastructure template makes it; nothing is changed here."""
    for definition in CONTAINERS:
        policy = (await container(definition.id).read())["indexingPolicy"]
        missing = sorted(set(_paths(definition.indexing_policy)) - set(_paths(policy)))
        if missing and EVERYTHING not in _paths(policy):
            what = f"no index of {', '.join(missing)}; deploy the infrastructure template of this version"
            yield Finding(definition.id, "indexes", what, mended=False)


def _paths(policy: Mapping[str, Any]) -> Iterator[str]:
    yield from (one["path"] for one in policy.get("includedPaths", ()))
    for together in policy.get("compositeIndexes", ()):
        yield " with ".join(f"{one['path']} {one.get('order', 'ascending')}" for one in together)


async def _look(document: Document, entries: "_Entries", now: datetime, *, mend: bool) -> Finding | None:
    """Check one document of the owner whose `entries` are being collected."""
    if items.is_item(document):
        entries.add(document)
        return await _length(document, mend=mend)
    if document["kind"] == TIMELINE_KIND:
        return await _timeline(document, mend=mend)
    if document["kind"] == TIMESHEET:
        return await _timesheet(document)
    return await _outbox(TIME_ENTRY, document, now, mend=mend)


async def _length(entry: Document, *, mend: bool) -> Finding | None:
    """Check that an entry longer than a week has the mark by which lists of everyone find it.

    While a new version is rolled out, instances of an older one may write such an entry without it.
    """
    if entry.keys() >= length_mark(entry).keys():
        return None
    # A write may have come in between.
    latest = await items.read_live(TIME_ENTRY, entry["id"], [entry["tenant_id"], entry["owner_id"]])
    if latest is None or latest.keys() >= length_mark(latest).keys():
        return None
    mended = mend and await mark_length(latest)
    return Finding(TIME_ENTRY, entry["id"], "it is longer than a week, and not marked so", mended)


class _Entries:
    """The live entries of one owner id, by tenant: the same id may be in several."""

    def __init__(self) -> None:
        self._of_tenant: dict[tuple[str, str], list[Placed]] = defaultdict(list)

    def add(self, entry: Document) -> None:
        self._of_tenant[entry["tenant_id"], entry["owner_id"]].append(placed(entry))

    async def overlaps(self) -> list[Finding]:
        """The pairs that overlap, also where both are running."""
        findings: list[Finding] = []
        for partition, entries in self._of_tenant.items():
            if next(_pairs(entries), None):
                # An entry may have been moved while the pages were read.
                present = [placed(entry) for entry in await items.query(TIME_ENTRY, ENTRIES, {}, [*partition])]
                findings += (
                    Finding(TIME_ENTRY, later.id, f"it overlaps {earlier.id}", mended=False)
                    for earlier, later in _pairs(present)
                )
        return findings


def _pairs(entries: Iterable[Placed]) -> Iterator[tuple[Placed, Placed]]:
    """Each entry that starts before all earlier ones have ended, after the one among them that ends last."""
    longest: Placed | None = None
    for entry in sorted(entries, key=lambda one: one.interval.start):
        if longest and overlap(longest.interval, entry.interval):
            yield longest, entry
        if longest is None or _end(longest) < _end(entry):
            longest = entry


def _end(entry: Placed) -> datetime:
    return entry.interval.end or instants.LATEST


async def _outbox(container_id: str, document: Document, now: datetime, *, mend: bool) -> Finding | None:
    """Check that the event of an outbox document exists, unless its retention is over."""
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


async def _timesheet(document: Document) -> Finding | None:
    """Check that what lies in a submitted or approved period is what was submitted.

    A version before locks, or a repair by hand, may have written there. A person decides which is right.
    """
    while document["status"] in LOCKING:
        intact, entries, _ = await compared(document)
        if intact:
            return None
        # It may have been reopened, and the period changed, in between; then the etag differs.
        latest = await items.read(TIME_ENTRY, document["id"], [document["tenant_id"], document["owner_id"]])
        if latest is None:
            return None
        if latest["_etag"] == document["_etag"]:
            named = ", ".join(f"{one['id']} {one['reason']}" for one in entries[:MOST_NAMED]) or "the digest differs"
            what = f"its period was written to: {named}"
            return Finding(TIME_ENTRY, f"timesheet {document['id']}", what, mended=False)
        document = latest
    return None


async def _timeline(document: Document, *, mend: bool) -> Finding | None:
    """Check that a timeline agrees with its owner's entries and timesheets."""
    while what := _disagreement(document, right := await _right(document)):
        # A write may have come in between; then the etag differs.
        latest = await items.read(TIME_ENTRY, TIMELINE_ID, [document["tenant_id"], document["owner_id"]])
        if latest is None:
            return None
        if latest["_etag"] == document["_etag"]:
            mended = mend and await _replace(right, document)
            return Finding(TIME_ENTRY, f"timeline of {document['owner_id']}", what, mended)
        document = latest
    return None


async def _right(document: Document) -> Timeline:
    return await rebuilt_timeline(document["tenant_id"], document["owner_id"], document)


def _disagreement(document: Document, right: Timeline) -> str | None:
    running = document.get("running")
    if (running and own_fields(running)) != right.running:
        return "the running entry is another, or looks otherwise"
    if (right.last_end or "") > (document.get("last_end") or ""):
        return "an entry ends later than it knows"
    present = locks_of(document)
    # It may hold more time than is locked, never less.
    if with_lock(present, *right.locks) != with_lock(present):
        return "a submitted or approved period is not locked"
    return None


async def _replace(right: Timeline, document: Document) -> bool:
    """Rebuild the timeline, unless a write has just replaced it; returns whether it did."""
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
