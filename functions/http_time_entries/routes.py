"""`/api/time-entries`: recording time, and listing what was worked."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared import instants
from shared.auth.caller import Caller
from shared.catalog.names import names_for
from shared.cosmos.items import Document
from shared.errors import ApiError
from shared.http.etags import etag_of
from shared.http.json_body import Streamed
from shared.http.routing import IF_MATCH, NO_CONTENT, Header, Reply, Request, Route, Routes
from shared.time_entries import reading, store, worked_time
from shared.time_entries.answers import Summary, TimeEntry, TimeEntryPage
from shared.time_entries.schemas import (
    EVERYONE,
    ListFilters,
    ListQuery,
    PageQuery,
    SummaryQuery,
    TimeEntryBody,
    filters_of,
)
from shared.time_entries.timeline import interval_of
from shared.users.directory import directory
from shared.users.rules import Users, hidden

ROUTES = Routes("Clock in and out, and list what was worked.")

LATEST = timedelta(days=31)
IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    "Any text made for this one time entry. A call that is sent again with it gets the entry that the first one made.",
)
OTHERS = {403: "Only an administrator may see other users' time entries."}
NOT_THE_OWNER = {403: "Only its owner may change a time entry."}
BAD_ENTRY = {
    400: "The project or activity does not exist, the end is not after the start, or a date lies in the future.",
    422: "It overlaps another time entry of the caller; `conflicts` says which.",
}


@Route(
    ROUTES,
    "GET",
    "",
    operation_id="list-time-entries",
    query=ListQuery(),
    answer=TimeEntry(many=True),
    refusals=OTHERS,
)
async def list_entries(request: Request) -> Reply:
    """List time entries.

    Newest start first. The list holds every entry that overlaps the range, a running one included. Without a range, it
    is a local month.
    """
    filters = await _filters(request)
    pages = await reading.entries(request.caller, filters, request.query["limit"])
    return Reply(_listed(request, pages))


@Route(
    ROUTES,
    "POST",
    "",
    operation_id="create-time-entry",
    body=TimeEntryBody(),
    headers=(IDEMPOTENCY_KEY,),
    answer=TimeEntry(),
    status=201,
    refusals={**BAD_ENTRY, 409: "A timer is already running, or the caller's time entries are being changed."},
)
async def create(request: Request) -> Reply:
    """Create a time entry, or start the timer.

    Without `end_date`, it starts the timer. A start slightly ahead of the server's clock becomes now.
    """
    entry = await store.create(request.caller, request.now, request.body, request.headers.get("idempotency-key"))
    return await _item(request, entry, {"Location": f"/api/time-entries/{entry['id']}"})


@Route(
    ROUTES,
    "GET",
    "running",
    operation_id="get-running-time-entry",
    answer=TimeEntry(),
    otherwise={204: "No time entry is running."},
)
async def running(request: Request) -> Reply:
    """Get the running time entry.

    The caller's only time entry without an end.
    """
    entry = await reading.running(request.caller)
    return await _item(request, entry) if entry else NO_CONTENT


@Route(ROUTES, "GET", "latest", operation_id="list-latest-time-entries", answer=TimeEntry(many=True))
async def latest(request: Request) -> Reply:
    """List the newest entry of each project.

    The caller's entries of the last 31 days, newest start first.
    """
    recent = await reading.recent(request.caller, request.now - LATEST, request.now)
    # Oldest first, so that of each project the newest stays.
    newest = {entry["project_id"]: entry for entry in reversed(recent)}
    entries = sorted(newest.values(), key=lambda entry: str(entry["start_date"]), reverse=True)
    return Reply(Streamed(await _shown(request, entries)))


@Route(ROUTES, "GET", "summary", operation_id="get-worked-time", query=SummaryQuery(), answer=Summary())
async def summary(request: Request) -> Reply:
    """Get the worked time.

    The time that the caller has worked in the current local day, week and month.
    """
    zone = request.query["timezone"] or instants.offset_zone(request.query["time_offset"])
    since = min(period.start for period in worked_time.periods(request.now, zone).values())
    recent = await reading.recent(request.caller, since, request.now)
    return Reply(worked_time.worked(map(interval_of, recent), request.now, zone))


@Route(
    ROUTES,
    "GET",
    "paginated",
    operation_id="list-time-entries-by-page",
    query=PageQuery(),
    answer=TimeEntryPage(),
    refusals=OTHERS,
)
async def paginated(request: Request) -> Reply:
    """List time entries page by page.

    The list from `start` on, `length` entries at a time.
    """
    total, pages = await reading.page(
        request.caller, await _filters(request), request.query["start"], request.query["length"]
    )
    return Reply({"records_total": total, "data": _listed(request, pages)})


@Route(ROUTES, "GET", "{id}", operation_id="get-time-entry", answer=TimeEntry())
async def get(request: Request) -> Reply:
    """Get a time entry.

    One of the caller's own. Administrators may get any time entry of the tenant.
    """
    return await _item(request, await reading.find(request.caller, request.id))


@Route(
    ROUTES,
    "PUT",
    "{id}",
    operation_id="update-time-entry",
    body=TimeEntryBody(),
    partial=True,
    headers=(IF_MATCH,),
    answer=TimeEntry(),
    refusals={**BAD_ENTRY, **NOT_THE_OWNER},
)
async def update(request: Request) -> Reply:
    """Change a time entry.

    A field that is not given keeps its value. A stopped entry is never restarted by this call.
    """
    entry = await store.update(request.caller, request.now, request.id, request.body, request.precondition)
    return await _item(request, entry)


@Route(
    ROUTES,
    "DELETE",
    "{id}",
    operation_id="delete-time-entry",
    headers=(IF_MATCH,),
    status=204,
    refusals=NOT_THE_OWNER,
)
async def delete(request: Request) -> Reply:
    """Delete a time entry.

    The entry is soft-deleted: it disappears from every list, and stays in the audit trail.
    """
    await store.delete(request.caller, request.now, request.id, request.precondition)
    return NO_CONTENT


@Route(
    ROUTES,
    "POST",
    "{id}/stop",
    operation_id="stop-time-entry",
    headers=(IF_MATCH,),
    answer=TimeEntry(),
    refusals={**NOT_THE_OWNER, 422: "The time entry is already stopped."},
)
async def stop(request: Request) -> Reply:
    """Stop a time entry.

    The entry ends now.
    """
    return await _item(request, await store.stop(request.caller, request.now, request.id, request.precondition))


@Route(
    ROUTES,
    "POST",
    "{id}/restart",
    operation_id="restart-time-entry",
    headers=(IF_MATCH,),
    answer=TimeEntry(),
    refusals={
        **NOT_THE_OWNER,
        409: "Another timer is running.",
        422: "The time entry is already running, or a later one is in the way.",
    },
)
async def restart(request: Request) -> Reply:
    """Restart a time entry.

    The entry has no end again, and keeps its start.
    """
    return await _item(request, await store.restart(request.caller, request.now, request.id, request.precondition))


async def _filters(request: Request) -> ListFilters:
    filters = filters_of(dict(request.query), request.now)
    if filters.owners is not None and not request.caller.is_admin:
        raise ApiError(403, "admin_only", "Only an administrator may see the time entries of others")
    if filters.owners is None or EVERYONE not in filters.owners:
        return filters
    return replace(filters, hidden=hidden(await directory().known_users(request.caller.tenant_id), request.caller))


async def _item(request: Request, entry: Document, headers: dict[str, str] | None = None) -> Reply:
    (shown,) = await _shown(request, [entry])
    return Reply(shown, headers={"ETag": etag_of(entry), **(headers or {})})


def _listed(request: Request, pages: AsyncIterator[list[Document]]) -> Streamed:
    async def entries() -> AsyncIterator[dict[str, Any]]:
        async for page in pages:
            for shown in await _shown(request, page):
                yield shown

    return Streamed(entries())


async def _shown(request: Request, entries: list[Document]) -> Iterator[dict[str, Any]]:
    """The entries as they are answered, each made when its turn comes."""
    caller = request.caller
    # One after the other, for both are in memory as a rule, where a task for each would cost more than they do.
    names, users = await names_for(caller.tenant_id, entries), await _owners(caller, entries)
    return (reading.shown(entry, names, caller, users) for entry in entries)


async def _owners(caller: Caller, entries: list[Document]) -> Users:
    """Who the owners are as far as the directory is known; it is not asked for the caller's own entries."""
    if all(entry["owner_id"] == caller.user_id for entry in entries):
        return {}
    return await directory().known_users(caller.tenant_id)
