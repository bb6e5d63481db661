"""Writing an owner's rows, in batches of as many entries as one transaction takes.

A row's entry has an id made of its owner, of what the row means, and of its place among equal rows. So the same file
makes nothing twice, whoever sends it, at once or again after it was cut off: the database refuses a second entry of an
id. Every batch replaces the owner's timeline, as each write of an entry does.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal
from uuid import UUID, uuid5

from shared import instants
from shared.auth.caller import Caller
from shared.config import settings
from shared.cosmos import items, transactions
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import IS_ITEM, LIVE, Document
from shared.cosmos.transactions import Change
from shared.imports import placing
from shared.imports.placing import Rules, Taken
from shared.imports.references import Catalog, References
from shared.imports.rows import Row, RowError
from shared.instants import format_instant, parse_instant
from shared.time_entries.rules import Interval
from shared.time_entries.store import MOST_WRITES, Write, change_of
from shared.time_entries.store import fitting as fitting_writes
from shared.time_entries.timeline import BEFORE, LOCKS, Timeline, interval_of, meets, read_timeline

IDS_AT_ONCE = 100
IDS = f"c.id IN ({', '.join(f'@id{number}' for number in range(IDS_AT_ONCE))})"
WITH_IDS = f"SELECT * FROM c WHERE {IDS} AND {IS_ITEM}"
WITHIN = f"SELECT c.start_date, c.end_date FROM c WHERE c.start_date >= @first AND c.start_date < @beyond AND {LIVE}"
# The action of an import's events, and what is said on the entry.
IMPORT = "import"
IMPORTED = "Import a time entry"

Outcome = Literal["created", "unchanged"] | RowError


@dataclass(frozen=True, slots=True)
class Importing:
    """One import: whose it is, its id, and the name of its file. `dry_run` writes nothing."""

    caller: Caller
    now: datetime
    import_id: str
    file_name: str
    zone: tzinfo
    dry_run: bool = False

    @property
    def description(self) -> str:
        """What events say."""
        return f"{IMPORTED} from {self.file_name}"


@dataclass(slots=True)
class Item:
    """A row to be written: its entry's id, where it goes, and what it refers to."""

    row: Row
    entry_id: str
    interval: Interval
    refers: References
    # Whether it is there, deleted.
    there: bool = False


class Ids:
    """Makes the ids of a file's entries: `place` counts its equal rows."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._seen: Counter[UUID] = Counter()

    def of(self, owner_id: str, row: Row, zone: tzinfo) -> str:
        """The id of the row's entry."""
        if row.day:
            when = [format_instant(instants.start_of_day(row.day, zone)), row.length // timedelta(milliseconds=1)]
        else:
            start, end = row.interval or (instants.EARLIEST, None)
            when = [format_instant(start), format_instant(end or start)]
        meaning = [*when, self._catalog.customer_of(row), row.project, row.activity, row.description]
        same = uuid5(UUID(owner_id), json.dumps(["import", *meaning]))
        place = self._seen[same]
        self._seen[same] += 1
        return str(uuid5(same, str(place)))


async def bring(
    importing: Importing, owner_id: str, rows: Sequence[tuple[Row, str]], catalog: Catalog
) -> dict[int, Outcome]:
    """Write an owner's rows, each with its entry's id. The outcome of each row by its number.

    Raises ApiError 429 or 503.
    """
    partition = [importing.caller.tenant_id, owner_id]
    limits = Rules(importing.now, timedelta(hours=settings().longest_entry_hours), importing.zone)
    timeline, span = await read_timeline(*partition), _span([row for row, _ in rows], limits)
    taken, locked = Taken(await _taken(timeline, span)), Taken(await locked_time(timeline, span))
    # Last, so that what another import of the same file has made meanwhile is in nobody's way.
    there = await with_ids(partition, [entry_id for _, entry_id in rows])
    outcomes: dict[int, Outcome] = {}
    wanted: list[tuple[Row, str]] = []
    for row, entry_id in rows:
        if (entry := there.get(entry_id)) and not was_taken_back(entry):
            outcomes[row.number] = "unchanged"
            continue
        try:
            catalog.require(row)
        except RowError as error:
            outcomes[row.number] = error
        else:
            wanted.append((row, entry_id))
    places = placing.placed([row for row, _ in wanted], taken, locked, limits)
    fitting: list[Item] = []
    for (row, entry_id), place in zip(wanted, places, strict=True):
        if isinstance(place, RowError):
            outcomes[row.number] = place
        else:
            # What is lacking is made for those rows alone that find their place.
            fitting.append(Item(row, entry_id, place, await catalog.of(row), entry_id in there))
    if importing.dry_run:
        return outcomes | {item.row.number: "created" for item in fitting}
    fitting.sort(key=lambda item: item.interval.start)
    while fitting:
        written = await _write(importing, partition, fitting[:MOST_WRITES])
        outcomes |= written
        fitting = [item for item in fitting if item.row.number not in written]
    return outcomes


def was_taken_back(entry: Document) -> bool:
    """Whether an entry was deleted by taking its import back: then the same file brings it back."""
    return entry.get("deleted") is not None and entry.get("taken_back") == entry["deleted"]


async def _write(importing: Importing, partition: list[str], batch: Sequence[Item]) -> dict[int, Outcome]:
    """Write the first rows of a batch, as many as fit into a transaction; the outcome of each, by its number."""
    tries = 0

    async def attempt() -> Change[dict[int, Outcome]]:
        nonlocal tries
        timeline = await read_timeline(*partition)
        span = Interval(batch[0].interval.start, max(item.interval.end or item.interval.start for item in batch))
        taken, locked = Taken(await _taken(timeline, span)), Taken(await locked_time(timeline, span))
        # Where nothing is there at all, no other import of the same file was here since the entries were looked up.
        there: dict[str, Document] = {}
        if tries or not timeline.surely_free(span) or any(item.there for item in batch):
            there = await with_ids(partition, [item.entry_id for item in batch])
        tries += 1
        outcomes: dict[int, Outcome] = {}
        writes: list[tuple[int, Write]] = []
        for item in batch:
            before = there.get(item.entry_id)
            if before and not was_taken_back(before):
                outcomes[item.row.number] = "unchanged"
            elif refusal := placing.refusal(item.interval, taken, locked):
                outcomes[item.row.number] = refusal
            else:
                taken.add(item.interval)
                entry = _entry(importing, timeline.owner_id, item)
                writes.append((item.row.number, Write(before, entry, IMPORT, IMPORTED)))
        if not writes:
            return Change(outcomes)
        fit = fitting_writes(write for _, write in writes)
        change = change_of(importing.caller, importing.now, timeline, fit)
        for document in change.outbox:
            # The name of the file stands in events alone, where an erasure finds it.
            document["event"]["description"] = importing.description
        outcomes |= dict.fromkeys([number for number, _ in writes[: len(fit)]], "created")
        return Change(outcomes, change.operations, change.outbox)

    return await transactions.settle(TIME_ENTRY, partition, attempt)


def _entry(importing: Importing, owner_id: str, item: Item) -> Document:
    row = item.row
    return {
        "id": item.entry_id,
        "tenant_id": importing.caller.tenant_id,
        "owner_id": owner_id,
        "project_id": item.refers.project_id,
        "activity_id": item.refers.activity_id,
        "description": row.description,
        "uri": row.uri,
        "technologies": row.technologies,
        "timezone_offset": row.timezone_offset,
        "billable": item.refers.billable if row.billable is None else row.billable,
        "start_date": format_instant(item.interval.start),
        "end_date": format_instant(item.interval.end or item.interval.start),
        "import_id": importing.import_id,
    }


def _span(rows: Sequence[Row], limits: Rules) -> Interval:
    """All the time in which these rows may lie."""
    starts = [row.interval.start if row.interval else instants.start_of_day(_day(row), limits.zone) for row in rows]
    ends = [
        (row.interval.end or row.interval.start) if row.interval else instants.end_of_day(_day(row), limits.zone)
        for row in rows
    ]
    return Interval(min(starts), max(ends))


def _day(row: Row) -> Any:
    return row.day


async def with_ids(partition: list[str], ids: Sequence[str]) -> dict[str, Document]:
    """Those entries that are there, deleted ones included."""
    found: dict[str, Document] = {}
    for first in range(0, len(ids), IDS_AT_ONCE):
        some = [*ids[first : first + IDS_AT_ONCE]]
        parameters = {f"id{number}": some[number] if number < len(some) else "" for number in range(IDS_AT_ONCE)}
        found |= {entry["id"]: entry for entry in await items.query(TIME_ENTRY, WITH_IDS, parameters, partition)}
    return found


async def _taken(timeline: Timeline, span: Interval) -> list[Interval]:
    """The owner's entries that may lie in `span`; no request where the timeline says that there are none."""
    if timeline.surely_free(span):
        return []
    partition = [timeline.tenant_id, timeline.owner_id]
    parameters = {"first": format_instant(span.start), "beyond": format_instant(span.end or instants.LATEST)}
    before = await items.query(TIME_ENTRY, BEFORE, {"first": parameters["first"], "except": ""}, partition)
    within = await items.query(TIME_ENTRY, WITHIN, parameters, partition)
    return [interval_of(entry) for entry in (*before, *within)]


async def locked_time(timeline: Timeline, span: Interval) -> list[Interval]:
    """The periods of the owner's submitted and approved timesheets; no request where none may meet `span`."""
    if not meets(timeline.locks, span):
        return []
    periods = await items.query(TIME_ENTRY, LOCKS, {}, [timeline.tenant_id, timeline.owner_id])
    return [Interval(parse_instant(one["start"]), parse_instant(one["end"])) for one in periods]
