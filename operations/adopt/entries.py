"""Brings over the time entries of one owner, batch by batch, while they may be clocking in here.

Each batch rests on the timeline, as every write of an entry does. While nobody else writes, what was read of the owner
stays true from batch to batch; as soon as somebody does, everything of theirs is read and planned anew. In between,
no two entries overlap, and the timeline is right: a run may be cut off at any moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tenacity import AsyncRetrying, retry_if_exception

from operations.adopt.documents import OldEntry
from operations.adopt.planning import Hours, How, Plan, hours_of, plan_of, without_doubles
from operations.adopt.remarks import Row
from operations.adopt.waiting import Waiting
from shared import instants
from shared.auth.caller import Caller
from shared.cosmos import items, transactions
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import is_live
from shared.cosmos.transactions import Change
from shared.errors import ApiError
from shared.instants import parse_instant
from shared.time_entries.rules import Interval
from shared.time_entries.store import Write, change_of
from shared.time_entries.timeline import LOCKS, Timeline, interval_of, read_timeline

EVERYTHING = f"SELECT * FROM c WHERE {items.IS_ITEM}"
# Whoever brings the data over is no user: the events name nobody.
NOBODY = "00000000-0000-0000-0000-000000000000"
UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What there is to tell of an owner, the hours of each month, and how many documents were written."""

    rows: Sequence[Row]
    hours: dict[str, Hours]
    written: int


class Owner:
    """The adoption of one owner's entries; `partition` is theirs in the new system."""

    def __init__(self, partition: Sequence[str], entries: Sequence[OldEntry], how: How) -> None:
        self._partition = [*partition]
        self._old = entries
        self._entries, self._doubles = without_doubles(partition, entries)
        self._how = how
        self._plan = Plan({}, ())
        self._waiting = Waiting({}, {})
        # Of the timeline with which all that is known of the owner was read.
        self._etag: str | None = UNREAD
        self._written = 0

    async def preview(self) -> Outcome:
        """What `bring` would come to; nothing is written."""
        await self._look(await read_timeline(*self._partition))
        shown = self._waiting.shown()
        for item_id, target in self._plan.targets.items():
            shown.pop(item_id, None)
            if is_live(target.document):
                shown[item_id] = interval_of(target.document)
        return self._outcome(shown)

    async def bring(self) -> Outcome:
        """Write what is missing or differs, until all that is read back is as planned."""
        written = -1
        while written < self._written:
            written = self._written
            self._etag = UNREAD
            while await self._write_batch():
                pass
        return self._outcome(self._waiting.shown())

    def _outcome(self, shown: Mapping[str, Interval]) -> Outcome:
        rows = [*self._doubles, *self._plan.rows]
        return Outcome(rows, hours_of(self._old, shown, rows), self._written)

    async def _write_batch(self) -> bool:
        """Write as much as fits into a batch; returns whether there was anything to write."""
        # Against one who clocks in without pause it may lose many a race: then it begins anew.
        conflict = retry_if_exception(lambda error: isinstance(error, ApiError) and error.code == "write_conflict")
        count: int = await AsyncRetrying(retry=conflict)(
            transactions.settle, TIME_ENTRY, self._partition, self._attempt
        )
        self._written += count
        return count > 0

    async def _attempt(self) -> Change[int]:
        timeline = await read_timeline(*self._partition)
        if self._etag != _etag(timeline):
            await self._look(timeline)
        writes = self._waiting.next_writes()
        if not writes:
            return Change(0)
        change = change_of(Caller(NOBODY, self._partition[0]), instants.now(), timeline, writes)
        return Change(len(writes), change.operations, change.outbox, applied=partial(self._applied, writes))

    async def _look(self, timeline: Timeline) -> None:
        """Read what the owner has here, after the timeline, so that nothing can be older than it."""
        found = await items.query(TIME_ENTRY, EVERYTHING, {}, self._partition)
        documents = {document["id"]: document for document in found}
        # The timeline's own intervals may hold more than is locked.
        periods = await items.query(TIME_ENTRY, LOCKS, {}, self._partition) if timeline.locks else []
        locked = [Interval(*map(parse_instant, (period["start"], period["end"]))) for period in periods]
        self._plan = plan_of(self._partition, self._entries, documents, locked, self._how)
        self._waiting = Waiting(documents, self._plan.targets)
        self._etag = _etag(timeline)

    def _applied(self, writes: Sequence[Write], etags: Sequence[str]) -> None:
        """What the owner has is known without reading it again."""
        self._waiting.apply(writes, etags)
        self._etag = etags[len(writes)]


def _etag(timeline: Timeline) -> str | None:
    return timeline.read["_etag"] if timeline.read else None
