"""Taking an import back: its entries are deleted, but those that somebody has changed since, or that are locked."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from shared.auth.caller import Caller
from shared.cosmos import items, transactions
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import LIVE, Document, own_fields
from shared.cosmos.transactions import Change
from shared.imports import records, store
from shared.imports.placing import Taken
from shared.imports.store import IMPORT
from shared.time_entries.rules import Interval
from shared.time_entries.store import MOST_WRITES, Write, change_of, fitting
from shared.time_entries.timeline import interval_of, read_timeline

OF_IMPORT = f"SELECT VALUE c.id FROM c WHERE c.import_id = @import AND {LIVE}"


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry that stays, and why."""

    id: str
    code: str


@dataclass(slots=True)
class TakenBack:
    """What came of taking some entries back."""

    deleted: int = 0
    kept: list[Kept] = field(default_factory=list)


async def take_back(caller: Caller, now: datetime, record: Document) -> AsyncIterator[TakenBack]:
    """Delete what an import made and nothing has touched since, batch after batch. Raises ApiError 429 or 503."""
    # Whoever goes on with the import afterwards begins anew.
    await records.keep(caller, record, (), 0)
    for owner_id in record["owners"]:
        partition = [caller.tenant_id, owner_id]
        async for ids in items.pages(TIME_ENTRY, OF_IMPORT, {"import": record["id"]}, partition):
            left = ids
            while left:
                some, passed = await _take(caller, now, partition, left[:MOST_WRITES])
                left = [entry_id for entry_id in left if entry_id not in passed]
                yield some


async def _take(
    caller: Caller, now: datetime, partition: list[str], ids: Sequence[str]
) -> tuple[TakenBack, frozenset[str]]:
    """Take the first of these entries back, as many as fit into a transaction; also answers which it has passed."""

    async def attempt() -> Change[tuple[TakenBack, frozenset[str]]]:
        timeline = await read_timeline(*partition)
        entries = [entry for entry in (await store.with_ids(partition, ids)).values() if items.is_live(entry)]
        locked = Taken(await store.locked_time(timeline, _span(entries))) if entries else Taken()
        result, writes = TakenBack(), []
        for entry in entries:
            if locked.meets(interval_of(entry)):
                result.kept.append(Kept(entry["id"], "period_locked"))
            elif entry["_last_event_ctx"]["action"] != IMPORT:
                result.kept.append(Kept(entry["id"], "changed_since"))
            else:
                # By these two the same file knows that it may bring the entry back.
                deleted = str(uuid4())
                after = own_fields(entry) | {"deleted": deleted, "taken_back": deleted}
                writes.append(Write(entry, after, "delete", "Take back an imported time entry"))
        if not writes:
            return Change((result, frozenset(ids)))
        fit = fitting(writes)
        result.deleted = len(fit)
        left = {write.after["id"] for write in writes[len(fit) :]}
        change = change_of(caller, now, timeline, fit)
        return Change((result, frozenset(ids) - left), change.operations, change.outbox)

    return await transactions.settle(TIME_ENTRY, partition, attempt)


def _span(entries: Sequence[Document]) -> Interval:
    intervals = [interval_of(entry) for entry in entries]
    return Interval(min(one.start for one in intervals), max((one.end for one in intervals if one.end), default=None))
