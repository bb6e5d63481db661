"""Lists of the entries that meet a range, newest start first, page by page.

What meets a range `[first, beyond)` is what starts in it, plus what starts before it and reaches in. Of one owner that
is at most one entry, since an owner's entries are disjoint: no query of one owner's entries scans history.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.auth.caller import Caller
from shared.cosmos import items
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import LIVE, Document
from shared.http.turns import LARGE_AFTER_ENTRIES, first_pages, large_lists
from shared.instants import format_instant
from shared.time_entries.entry import SELECTED
from shared.time_entries.schemas import EVERYONE, ListFilters, filters_of
from shared.users.directory import directory
from shared.users.rules import hidden

MATCHING = (
    f"{LIVE}"
    " AND (IS_NULL(@projects) OR ARRAY_CONTAINS(@projects, c.project_id))"
    " AND (IS_NULL(@activities) OR ARRAY_CONTAINS(@activities, c.activity_id))"
    " AND (IS_NULL(@uri) OR c.uri = @uri)"
    " AND (IS_NULL(@billable) OR @billable = (NOT IS_DEFINED(c.billable) OR c.billable))"
)
OF_TENANT = (
    "c.tenant_id = @tenant AND (IS_NULL(@owners) OR ARRAY_CONTAINS(@owners, c.owner_id))"
    " AND NOT ARRAY_CONTAINS(@hidden, LOWER(c.owner_id))"
)

STARTING_WITHIN = f"c.start_date >= @first AND c.start_date < @beyond AND {MATCHING}"
NEWEST_FIRST = "ORDER BY c.start_date DESC OFFSET @skip LIMIT @limit"

OWN_WITHIN = f"SELECT {SELECTED} FROM c WHERE {STARTING_WITHIN} {NEWEST_FIRST}"
OWN_COUNT = f"SELECT VALUE COUNT(1) FROM c WHERE {STARTING_WITHIN}"
OWN_BEFORE = f"SELECT TOP 1 {SELECTED} FROM c WHERE c.start_date < @first AND {MATCHING} ORDER BY c.start_date DESC"

TENANT_WITHIN = f"SELECT {SELECTED} FROM c WHERE {OF_TENANT} AND {STARTING_WITHIN} {NEWEST_FIRST}"
TENANT_COUNT = f"SELECT VALUE COUNT(1) FROM c WHERE {OF_TENANT} AND {STARTING_WITHIN}"
TENANT_REACHING_IN = (
    f"SELECT {SELECTED} FROM c WHERE {OF_TENANT}"
    f" AND c.start_date < @first AND (c.end_date > @first OR IS_NULL(c.end_date)) AND {MATCHING}"
    " ORDER BY c.start_date DESC"
)


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


async def entries(caller: Caller, filters: ListFilters, limit: int) -> AsyncIterator[list[Document]]:
    """The entries that meet the filters' range, newest start first, page by page.

    What starts before the range comes last. The first page has been read when this returns. Raises ApiError 503, here
    or when a later page is asked for, where too many lists are read at once.
    """
    within = _within(caller, filters, limit, 0)
    async with first_pages().turn():
        first, reaching_in = await asyncio.gather(anext(within, []), _reaching_in(caller, filters))
    return _one_after_another(first, within, reaching_in, limit)


async def page(
    caller: Caller, filters: ListFilters, skip: int, limit: int
) -> tuple[int, AsyncIterator[list[Document]]]:
    """How many entries meet the filters' range, and those from `skip` on, as `entries` gives them."""
    within = _within(caller, filters, limit, skip)
    async with first_pages().turn():
        count, first, reaching_in = await asyncio.gather(
            _count_within(caller, filters), anext(within, []), _reaching_in(caller, filters)
        )
    rest = reaching_in[max(skip - count, 0) :]
    return count + len(reaching_in), _one_after_another(first, within, rest, limit)


async def _one_after_another(
    first: list[Document], more: AsyncIterator[list[Document]], rest: list[Document], limit: int
) -> AsyncIterator[list[Document]]:
    yield first
    taken = len(first)
    async with AsyncExitStack() as turns:
        if taken >= LARGE_AFTER_ENTRIES:
            await turns.enter_async_context(large_lists().turn())
        async for following in more:
            yield following
            taken += len(following)
    yield rest[: limit - taken]


def _within(caller: Caller, filters: ListFilters, limit: int, skip: int) -> AsyncIterator[list[Document]]:
    text = OWN_WITHIN if filters.owners is None else TENANT_WITHIN
    return _pages(caller, filters, text, {"skip": skip, "limit": limit})


async def _count_within(caller: Caller, filters: ListFilters) -> int:
    counts = await _query(caller, filters, OWN_COUNT if filters.owners is None else TENANT_COUNT, {})
    return sum(counts)


async def _reaching_in(caller: Caller, filters: ListFilters) -> list[Document]:
    """What starts before the range and ends in it or later, newest first: one entry of an owner at most."""
    if filters.first == filters.beyond:
        return []
    if filters.owners is not None:
        return await _query(caller, filters, TENANT_REACHING_IN, {})
    before = await _query(caller, filters, OWN_BEFORE, {})
    first = format_instant(filters.first)
    return [entry for entry in before if entry["end_date"] is None or entry["end_date"] > first]


async def _query(caller: Caller, filters: ListFilters, text: str, more: dict[str, Any]) -> list[Any]:
    return [row async for page in _pages(caller, filters, text, more) for row in page]


def _pages(caller: Caller, filters: ListFilters, text: str, more: dict[str, Any]) -> AsyncIterator[list[Any]]:
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
        return items.pages(TIME_ENTRY, text, parameters, [caller.tenant_id, caller.user_id])
    owners = None if EVERYONE in filters.owners else filters.owners
    of_tenant = {"tenant": caller.tenant_id, "owners": owners, "hidden": sorted(filters.hidden)}
    return items.pages(TIME_ENTRY, text, parameters | of_tenant)
