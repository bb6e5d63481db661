"""Lists of the entries that meet a range, newest start first, page by page.

What meets a range `[first, beyond)` is what starts in it, plus what starts before it and reaches in. Of one owner that
is at most one entry, since an owner's entries are disjoint: no query of one owner's entries scans history. Of a recent
range that reaches to now, it is what ends behind `first` or is running: one query, unsorted, for these are few.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, takewhile
from operator import itemgetter
from typing import Any

from marshmallow import ValidationError

from shared import instants
from shared.auth.caller import Caller
from shared.cosmos import items
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import IS_ITEM, LIVE, Document
from shared.cosmos.pace import Pace
from shared.http import cursors
from shared.http.local_time import range_asked
from shared.http.turns import LARGE_AFTER_ENTRIES, first_pages, large_lists
from shared.instants import EARLIEST, LATEST, format_instant, is_stored
from shared.time_entries.entry import PARTITION, SELECTED, SELECTED_WITHIN_PARTITION
from shared.time_entries.rules import OVER_A_WEEK, WEEK
from shared.time_entries.schemas import EVERYONE
from shared.users.directory import directory
from shared.users.rules import hidden

# This month and the one before: of these, hardly anybody has more entries than fit into one page.
RECENT = timedelta(days=62)

FILTERS = (
    "(IS_NULL(@projects) OR ARRAY_CONTAINS(@projects, c.project_id))"
    " AND (IS_NULL(@activities) OR ARRAY_CONTAINS(@activities, c.activity_id))"
    " AND (IS_NULL(@uri) OR c.uri = @uri)"
    " AND (IS_NULL(@billable) OR @billable = (NOT IS_DEFINED(c.billable) OR c.billable))"
)
MATCHING = f"{LIVE} AND {FILTERS}"
DELETED = f"{IS_ITEM} AND IS_DEFINED(c.deleted) AND {FILTERS}"
OF_TENANT = (
    "c.tenant_id = @tenant AND (IS_NULL(@owners) OR ARRAY_CONTAINS(@owners, c.owner_id))"
    " AND NOT ARRAY_CONTAINS(@hidden, LOWER(c.owner_id))"
)

STARTING_WITHIN = f"c.start_date >= @first AND c.start_date < @beyond AND {MATCHING}"
NOT_SEEN = "NOT ARRAY_CONTAINS(@seen, c.id)"
NEWEST_FIRST = "ORDER BY c.start_date DESC OFFSET @skip LIMIT @limit"

OWN_WITHIN = f"SELECT {SELECTED} FROM c WHERE {STARTING_WITHIN} AND {NOT_SEEN} {NEWEST_FIRST}"
OWN_COUNT = f"SELECT VALUE COUNT(1) FROM c WHERE {STARTING_WITHIN}"
OWN_BEFORE = f"SELECT TOP 1 {SELECTED} FROM c WHERE c.start_date < @first AND {MATCHING} ORDER BY c.start_date DESC"
# With the second in which each was written last.
OWN_WITHIN_REVISED, OWN_BEFORE_REVISED = (
    text.replace(SELECTED, f"{SELECTED}, c._ts", 1) for text in (OWN_WITHIN, OWN_BEFORE)
)
# As many as a page holds: where there are more, they are read page by page.
OWN_RECENT = (
    f"SELECT TOP {items.PAGE_SIZE} {SELECTED_WITHIN_PARTITION} FROM c"
    f" WHERE (c.end_date > @first OR IS_NULL(c.end_date)) AND {MATCHING}"
)

# Deleted entries may overlap: any number of them reach in.
DELETED_WITHIN = (
    f"SELECT {SELECTED} FROM c WHERE c.start_date >= @first AND c.start_date < @beyond AND {DELETED} AND {NOT_SEEN}"
    f" {NEWEST_FIRST}"
)
DELETED_BEFORE = (
    f"SELECT {SELECTED} FROM c WHERE c.start_date < @first AND (c.end_date > @first OR IS_NULL(c.end_date))"
    f" AND {DELETED} ORDER BY c.start_date DESC"
)

TENANT_WITHIN = f"SELECT {SELECTED} FROM c WHERE {OF_TENANT} AND {STARTING_WITHIN} AND {NOT_SEEN} {NEWEST_FIRST}"
TENANT_COUNT = f"SELECT VALUE COUNT(1) FROM c WHERE {OF_TENANT} AND {STARTING_WITHIN}"
# Of a whole tenant it may be many. Each query is bounded at both ends, or is of few: what is no longer than a week,
# what is, and what is running.
TENANT_BEFORE = f"SELECT {SELECTED} FROM c WHERE {OF_TENANT} AND c.start_date < @first AND {MATCHING}"
TENANT_REACHING_IN = (
    f"{TENANT_BEFORE} AND c.start_date >= @week_before AND c.end_date > @first AND c.end_date <= @week_after",
    f"{TENANT_BEFORE} AND c.{OVER_A_WEEK} = true AND c.end_date > @first",
    f"{TENANT_BEFORE} AND c.end_date = null",
)


@dataclass(frozen=True, slots=True)
class ListFilters:
    """Which entries a list holds. `owners`: None is the caller, `["*"]` everyone but `hidden` (in lower case).

    `is_recent`: the range began not long ago, and now lies in it.
    """

    first: datetime
    beyond: datetime
    is_recent: bool
    owners: list[str] | None = None
    projects: list[str] | None = None
    activities: list[str] | None = None
    uri: str | None = None
    hidden: frozenset[str] = frozenset()
    billable: bool | None = None
    # The caller's own that are deleted, in place of those that are there.
    deleted: bool = False
    # The caller's own, with the second since 1970 in which each was written last (`_ts`).
    revised: bool = False


async def filters_for(caller: Caller, query: Mapping[str, Any], now: datetime) -> ListFilters:
    """The filters that a list's query asks for, as far as the caller may.

    Raises ValidationError for a bad range, ApiError 403 when someone other than an administrator names users.
    """
    filters = filters_of(query, now)
    if filters.owners is None:
        return filters
    caller.require_admin("Only an administrator may see other users' time entries")
    if EVERYONE not in filters.owners:
        return filters
    return replace(filters, hidden=hidden(await directory().known_users(caller.tenant_id), caller))


def filters_of(query: Mapping[str, Any], now: datetime) -> ListFilters:
    """The filters that a range query asks for; raises ValidationError for a bad range."""
    first, beyond = _range_of(query, now)
    deleted = query.get("deleted", False)
    if deleted and query["user_id"] is not None:
        raise ValidationError("Only one's own deleted time entries can be listed.", "user_id")
    return ListFilters(
        first,
        beyond,
        _is_recent(first, beyond, now) and not deleted,
        query["user_id"],
        query["project_id"],
        query["activity_id"],
        query["uri"],
        deleted=deleted,
    )


def _is_recent(first: datetime, beyond: datetime, now: datetime) -> bool:
    """Whether the range `[first, beyond)` began not long ago, and now lies in it: what meets it is what ends in it."""
    return now - RECENT <= first <= now < beyond


def _range_of(query: Mapping[str, Any], now: datetime) -> tuple[datetime, datetime]:
    """`start_date` and `end_date` where either is given, a local month otherwise."""
    zone = query["timezone"] or instants.offset_zone(query["timezone_offset"])
    if query["start_date"] is None and query["end_date"] is None:
        today = instants.local_day(now, zone)
        return instants.month_of(query["year"] or today.year, query["month"] or today.month, zone)
    return range_asked(query, zone)


def query_of(filters: ListFilters, query: Mapping[str, Any]) -> dict[str, str]:
    """The query that asks for the same list again, whatever the month is by then, without its cursor."""
    given = {
        "user_id": filters.owners and ",".join(filters.owners),
        "project_id": filters.projects and ",".join(filters.projects),
        "activity_id": filters.activities and ",".join(filters.activities),
        "uri": filters.uri,
        "start_date": format_instant(filters.first),
        "end_date": format_instant(filters.beyond),
        "deleted": "true" if filters.deleted else "",
        **{name: str(query[name]) for name in ("limit", "length") if name in query},
    }
    return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a list goes on: behind the entries that start at `date` or later, but for those at `date` not in `seen`.

    Entries of several owners may start at the same instant, and the database keeps those in no order.
    """

    date: str
    seen: tuple[str, ...]

    @classmethod
    def of(cls, text: str | None) -> "Cursor | None":
        """Raises ValidationError for a text that is no cursor."""
        if text is None:
            return None
        match cursors.decoded(text, "cursor"):
            case [str(date), [*seen]] if is_stored(date) and all(isinstance(one, str) for one in seen):
                return cls(date, tuple(seen))
            case _:
                raise cursors.malformed("cursor")

    def after(self, entries: list[Document]) -> "Cursor":
        """The cursor once these entries, which come next, are shown as well."""
        if not entries:
            return self
        date = entries[-1]["start_date"]
        last = takewhile(lambda entry: entry["start_date"] == date, reversed(entries))
        return Cursor(date, (*(self.seen if self.date == date else ()), *(entry["id"] for entry in last)))

    def text(self) -> str:
        return cursors.encoded([self.date, self.seen])

    def is_before(self, entry: Document) -> bool:
        """Whether the entry is still to come."""
        start = entry["start_date"]
        return bool(start < self.date or (start == self.date and entry["id"] not in self.seen))


class Listed:
    """A list as it is read page by page. Once it has been read, `next` is where it goes on, None at its end."""

    def __init__(self, pages: AsyncGenerator[list[Document], None], limit: int, cursor: Cursor | None) -> None:
        self._pages = pages
        self._limit = limit
        self._cursor = cursor or Cursor("", ())
        self.next: Cursor | None = None

    async def pages(self) -> AsyncIterator[list[Document]]:
        """The entries, at most as many as the limit."""
        left = self._limit
        # Closed at once where the limit ends it, for a large list holds a turn that others wait for.
        async with aclosing(self._pages) as pages:
            async for page in pages:
                shown = page[:left]
                left -= len(shown)
                self._cursor = self._cursor.after(shown)
                yield shown
                if len(page) > len(shown):
                    self.next = self._cursor
                    return


async def entries(caller: Caller, filters: ListFilters, limit: int, cursor: Cursor | None = None) -> Listed:
    """The entries that meet the filters' range, newest start first, page by page, behind the cursor.

    What starts before the range comes last. The first page has been read when this returns. Raises ApiError 503, here
    or when a later page is asked for, where too many lists are read at once.
    """
    # One more than is shown tells whether there are more.
    within = _within(caller, filters, limit + 1, 0, cursor)
    async with first_pages().turn():
        if (recent := await _recent(caller, filters)) is not None:
            return Listed(_at_once(_after(cursor, recent)), limit, cursor)
        first, reaching_in = await asyncio.gather(anext(within, []), starting_before(caller, filters))
    return Listed(_one_after_another(first, within, _after(cursor, reaching_in)), limit, cursor)


async def page(
    caller: Caller, filters: ListFilters, skip: int, limit: int, cursor: Cursor | None = None
) -> tuple[int, Listed]:
    """How many entries meet the filters' range, and those from `skip` on, or behind the cursor, as `entries` does."""
    skip = 0 if cursor else skip
    within = _within(caller, filters, limit + 1, skip, cursor)
    async with first_pages().turn():
        if (recent := await _recent(caller, filters)) is not None:
            return len(recent), Listed(_at_once(_after(cursor, recent)[skip:]), limit, cursor)
        count, first, reaching_in = await asyncio.gather(
            count_within(caller, filters), anext(within, []), starting_before(caller, filters)
        )
    rest = _after(cursor, reaching_in)[max(skip - count, 0) :]
    return count + len(reaching_in), Listed(_one_after_another(first, within, rest), limit, cursor)


def _after(cursor: Cursor | None, entries: list[Document]) -> list[Document]:
    return [entry for entry in entries if cursor.is_before(entry)] if cursor else entries


async def _at_once(entries: list[Document]) -> AsyncGenerator[list[Document], None]:
    yield entries


async def _one_after_another(
    first: list[Document], more: AsyncIterator[list[Document]], rest: list[Document]
) -> AsyncGenerator[list[Document], None]:
    yield first
    async with AsyncExitStack() as turns:
        if len(first) >= LARGE_AFTER_ENTRIES:
            await turns.enter_async_context(large_lists().turn())
        async for following in more:
            yield following
    yield rest


async def _recent(caller: Caller, filters: ListFilters) -> list[Document] | None:
    """What meets a recent range of the caller's, newest start first; None of another range, or where it is too much."""
    if filters.owners is not None or not filters.is_recent:
        return None
    found = await _query(caller, filters, OWN_RECENT, {})
    if len(found) == items.PAGE_SIZE:
        return None
    beyond = format_instant(filters.beyond)
    whose = dict(zip(PARTITION, (caller.tenant_id, caller.user_id), strict=True))
    meeting = [whose | entry for entry in found if entry["start_date"] < beyond]
    return sorted(meeting, key=itemgetter("start_date", "id"), reverse=True)


def _within(
    caller: Caller, filters: ListFilters, limit: int, skip: int, cursor: Cursor | None
) -> AsyncIterator[list[Document]]:
    own = OWN_WITHIN_REVISED if filters.revised else OWN_WITHIN
    text = DELETED_WITHIN if filters.deleted else own if filters.owners is None else TENANT_WITHIN
    behind: dict[str, Any] = {"seen": []}
    if cursor:
        # A longer text is behind its beginning: this is at the date or before it.
        up_to = min(format_instant(filters.beyond), f"{cursor.date}~")
        behind = {"seen": list(cursor.seen), "beyond": up_to}
    return pages_of(caller, filters, text, {"skip": skip, "limit": limit, **behind})


async def count_within(caller: Caller, filters: ListFilters) -> int:
    """How many entries start in the range."""
    counts = await _query(caller, filters, OWN_COUNT if filters.owners is None else TENANT_COUNT, {})
    return sum(counts)


async def starting_before(caller: Caller, filters: ListFilters) -> list[Document]:
    """What starts before the range and ends in it or later, newest first: one entry of an owner at most."""
    if filters.first == filters.beyond:
        return []
    if filters.owners is not None:
        return await _reaching_in_of_tenant(caller, filters)
    if filters.deleted:
        return await _query(caller, filters, DELETED_BEFORE, {})
    before = await _query(caller, filters, OWN_BEFORE_REVISED if filters.revised else OWN_BEFORE, {})
    first = format_instant(filters.first)
    return [entry for entry in before if entry["end_date"] is None or entry["end_date"] > first]


async def _reaching_in_of_tenant(caller: Caller, filters: ListFilters) -> list[Document]:
    week = {
        "week_before": format_instant(max(filters.first, EARLIEST + WEEK) - WEEK),
        "week_after": format_instant(min(filters.first, LATEST - WEEK) + WEEK),
    }
    found = await asyncio.gather(
        *(_query(caller, filters, text, week if "@week_before" in text else {}) for text in TENANT_REACHING_IN)
    )
    # One of eight days may begin in the week before and end in the week after.
    unique = {(entry["owner_id"], entry["id"]): entry for entry in chain.from_iterable(found)}
    return sorted(unique.values(), key=itemgetter("start_date"), reverse=True)


async def _query(caller: Caller, filters: ListFilters, text: str, more: dict[str, Any]) -> list[Any]:
    return [row async for page in pages_of(caller, filters, text, more) for row in page]


def pages_of(
    caller: Caller, filters: ListFilters, text: str, more: Mapping[str, Any], pace: Pace | None = None
) -> AsyncIterator[list[Any]]:
    """The results of a query, page by page. Beside the filters it takes what `more` names."""
    parameters: dict[str, Any] = {
        "first": format_instant(filters.first),
        "beyond": format_instant(filters.beyond),
        "projects": filters.projects,
        "activities": filters.activities,
        "uri": filters.uri,
        "billable": filters.billable,
        **more,
    }
    if filters.owners is None:
        return items.pages(TIME_ENTRY, text, parameters, [caller.tenant_id, caller.user_id], pace)
    owners = None if EVERYONE in filters.owners else filters.owners
    of_tenant = {"tenant": caller.tenant_id, "owners": owners, "hidden": sorted(filters.hidden)}
    return items.pages(TIME_ENTRY, text, parameters | of_tenant, pace=pace)
