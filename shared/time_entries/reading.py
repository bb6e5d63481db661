"""Reading time entries: one, the running one, the neighbours of an interval, and lists.

An owner's entries are disjoint. So what meets a range `[first, beyond)` is what starts in it, plus at most the one
entry before it: no query of one owner's entries scans history. Lists of a whole tenant have no such rule to lean on.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from shared.auth.caller import Caller
from shared.catalog.names import Names
from shared.cosmos import items
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import LIVE, Document
from shared.errors import ApiError
from shared.http.fields import DEFAULT_TIMEZONE_OFFSET
from shared.instants import format_instant
from shared.time_entries.rules import Interval
from shared.time_entries.schemas import EVERYONE, MOST_ENTRIES, ListFilters
from shared.time_entries.timeline import TIMELINE_ID, read_timeline
from shared.users.rules import Users

MATCHING = (
    f"{LIVE}"
    " AND (IS_NULL(@projects) OR ARRAY_CONTAINS(@projects, c.project_id))"
    " AND (IS_NULL(@activities) OR ARRAY_CONTAINS(@activities, c.activity_id))"
    " AND (IS_NULL(@uri) OR c.uri = @uri)"
)
OF_TENANT = (
    "c.tenant_id = @tenant AND (IS_NULL(@owners) OR ARRAY_CONTAINS(@owners, c.owner_id))"
    " AND NOT ARRAY_CONTAINS(@hidden, LOWER(c.owner_id))"
)

# What an answer is made of; the other half of a document is nothing to a list.
FIELDS = (
    "c.id, c.tenant_id, c.owner_id, c.project_id, c.activity_id, c.description, c.start_date, c.end_date, c.uri,"
    " c.technologies, c.timezone_offset"
)

STARTING_WITHIN = f"c.start_date >= @first AND c.start_date < @beyond AND {MATCHING}"
NEWEST_FIRST = "ORDER BY c.start_date DESC OFFSET @skip LIMIT @limit"

OWN_WITHIN = f"SELECT {FIELDS} FROM c WHERE {STARTING_WITHIN} {NEWEST_FIRST}"
OWN_COUNT = f"SELECT VALUE COUNT(1) FROM c WHERE {STARTING_WITHIN}"
OWN_BEFORE = f"SELECT TOP 1 {FIELDS} FROM c WHERE c.start_date < @first AND {MATCHING} ORDER BY c.start_date DESC"

TENANT_WITHIN = f"SELECT {FIELDS} FROM c WHERE {OF_TENANT} AND {STARTING_WITHIN} {NEWEST_FIRST}"
TENANT_COUNT = f"SELECT VALUE COUNT(1) FROM c WHERE {OF_TENANT} AND {STARTING_WITHIN}"
TENANT_REACHING_IN = (
    f"SELECT {FIELDS} FROM c WHERE {OF_TENANT}"
    f" AND c.start_date < @first AND (c.end_date > @first OR IS_NULL(c.end_date)) AND {MATCHING}"
    " ORDER BY c.start_date DESC"
)

NEIGHBOURS_WITHIN = (
    "SELECT TOP 20 c.id, c.start_date, c.end_date FROM c"
    f" WHERE c.start_date >= @first AND c.start_date < @beyond AND c.id != @except AND {LIVE}"
    " ORDER BY c.start_date DESC"
)
# The whole of it, since it may have to be trimmed.
NEIGHBOUR_BEFORE = (
    f"SELECT TOP 1 * FROM c WHERE c.start_date < @first AND c.id != @except AND {LIVE} ORDER BY c.start_date DESC"
)
NEWEST_PROJECTS = f"SELECT TOP 20 VALUE c.project_id FROM c WHERE {LIVE} ORDER BY c.start_date DESC"
ANYONES = f"SELECT * FROM c WHERE c.tenant_id = @tenant AND c.id = @id AND {LIVE}"

# After every instant that can be written.
NO_END = "9999-12-31T23:59:59.9999999Z"


async def find(caller: Caller, entry_id: str) -> Document:
    """The entry with this id that the caller may read: his own, for an admin any of the tenant. Raises ApiError 404."""
    entry = await items.read_live(TIME_ENTRY, entry_id, [caller.tenant_id, caller.user_id])
    if entry:
        return entry
    if caller.is_admin:
        found = await items.query(TIME_ENTRY, ANYONES, {"tenant": caller.tenant_id, "id": entry_id})
        if found:
            return dict(found[0])
    raise ApiError(404, "time_entry_not_found", "There is no such time entry")


async def running(caller: Caller) -> Document | None:
    """The caller's running entry."""
    timeline = await items.read(TIME_ENTRY, TIMELINE_ID, [caller.tenant_id, caller.user_id])
    if timeline:
        copy: Document | None = timeline["running"]
        return copy
    return (await read_timeline(caller.tenant_id, caller.user_id)).running


async def neighbours(tenant_id: str, owner_id: str, interval: Interval, entry_id: str | None = None) -> list[Document]:
    """The owner's entries that may overlap `interval`, but for `entry_id`: earliest first, at most 21.

    Whole is only the one that starts before `interval`; the others have id and dates.
    """
    partition = [tenant_id, owner_id]
    parameters = {
        "first": format_instant(interval.start),
        "beyond": format_instant(interval.end) if interval.end else NO_END,
        "except": entry_id or "",
    }
    within, before = await asyncio.gather(
        items.query(TIME_ENTRY, NEIGHBOURS_WITHIN, parameters, partition),
        items.query(TIME_ENTRY, NEIGHBOUR_BEFORE, parameters, partition),
    )
    return [*before, *reversed(within)]


async def entries(caller: Caller, filters: ListFilters, limit: int) -> AsyncIterator[list[Document]]:
    """The entries that meet the filters' range, newest start first, page by page.

    What starts before the range comes last. The first page has been read when this returns.
    """
    within = _within(caller, filters, limit, 0)
    first, reaching_in = await asyncio.gather(anext(within, []), _reaching_in(caller, filters))
    return _one_after_another(first, within, reaching_in, limit)


async def page(
    caller: Caller, filters: ListFilters, skip: int, limit: int
) -> tuple[int, AsyncIterator[list[Document]]]:
    """How many entries meet the filters' range, and those from `skip` on, as `entries` gives them."""
    within = _within(caller, filters, limit, skip)
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
        **more,
    }
    if filters.owners is None:
        return items.pages(TIME_ENTRY, text, parameters, [caller.tenant_id, caller.user_id])
    owners = None if EVERYONE in filters.owners else filters.owners
    of_tenant = {"tenant": caller.tenant_id, "owners": owners, "hidden": sorted(filters.hidden)}
    return items.pages(TIME_ENTRY, text, parameters | of_tenant)


async def recent(caller: Caller, since: datetime, until: datetime) -> list[Document]:
    """The caller's entries from `since` to `until`, newest start first; the running one included."""
    # The range is half-open, and an entry may have been started at this very instant.
    pages = await entries(caller, ListFilters(since, until + timedelta(minutes=1)), MOST_ENTRIES)
    return [entry async for page in pages for entry in page]


def shown(entry: Document, names: Names, caller: Caller, users: Users) -> dict[str, Any]:
    """An entry as it is answered: all its fields, null where it has no value. `users`: who is known of the tenant."""
    return {
        "id": entry["id"],
        "tenant_id": entry["tenant_id"],
        "owner_id": entry["owner_id"],
        "project_id": entry["project_id"],
        "activity_id": entry["activity_id"],
        "description": entry.get("description"),
        "start_date": entry["start_date"],
        "end_date": entry.get("end_date"),
        "uri": entry.get("uri"),
        "technologies": entry.get("technologies") or [],
        "timezone_offset": entry.get("timezone_offset", DEFAULT_TIMEZONE_OFFSET),
        "deleted": entry.get("deleted"),
        "running": entry.get("end_date") is None,
        **names.of(entry),
        "owner_email": _email(entry["owner_id"], caller, users),
    }


def _email(owner_id: str, caller: Caller, users: Users) -> str | None:
    if owner_id == caller.user_id:
        return caller.email
    owner = users.get(owner_id.lower())
    return owner.email or None if owner else None


async def newest_project_ids(caller: Caller) -> list[str]:
    """The projects of the caller's 20 newest entries, newest first, with repetitions."""
    partition = [caller.tenant_id, caller.user_id]
    return [str(project_id) for project_id in await items.query(TIME_ENTRY, NEWEST_PROJECTS, {}, partition)]
