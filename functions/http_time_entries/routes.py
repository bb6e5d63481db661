"""`/api/time-entries`: recording time, and listing what was worked."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

from shared import instants
from shared.cosmos.items import Document
from shared.http.etags import etag_of
from shared.http.json_body import Streamed
from shared.http.routing import IF_MATCH, NO_CONTENT, Header, Reply, Request, Route, Routes, path_of
from shared.time_entries import history, lists, reading, restoring, store
from shared.time_entries.answers import EntryHistory, RunningTimeEntry, Summary, TimeEntry, TimeEntryPage, shown_for
from shared.time_entries.forgotten import PROPOSED_END, proposed_end_date
from shared.time_entries.history import History
from shared.time_entries.lists import Cursor, Listed, ListFilters
from shared.time_entries.schemas import (
    ListQuery,
    PageQuery,
    RestoreBody,
    SummaryQuery,
    TimeEntryBody,
)
from shared.time_entries.timeline import read_running

ROUTES = Routes("Clock in and out, and list what was worked.")

IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    "Any text made for this one time entry. A call that is sent again with it gets the entry that the first one made.",
    "6e0d2c5a-91f4-4d0b-8f57-3b6f1c2a7e10",
)
LIST_REFUSALS = {
    403: "Only an administrator may see other users' time entries.",
    503: "Too many large lists are being read.",
}
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
    refusals=LIST_REFUSALS,
)
async def list_entries(request: Request) -> Reply:
    """List time entries.

    Newest start first. The list holds every entry that overlaps the range, a running one included. Without a range, it
    is a local month.
    """
    filters = await lists.filters_for(request.caller, request.query, request.now)
    cursor = Cursor.of(request.query["cursor"])
    found = await lists.entries(request.caller, filters, request.query["limit"], cursor)
    links: dict[str, str] = {}
    return Reply(_streamed(request, filters, found, links), headers=links)


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
    return await _item(request, entry, {"Location": path_of(f"time-entries/{entry['id']}")})


@Route(
    ROUTES,
    "GET",
    "running",
    operation_id="get-running-time-entry",
    answer=RunningTimeEntry(),
    otherwise={204: "No time entry is running."},
)
async def running(request: Request) -> Reply:
    """Get the running time entry.

    The caller's only time entry without an end. Once it has run for so long that it seems forgotten, an end is
    proposed.
    """
    entry = await read_running(request.caller.tenant_id, request.caller.user_id)
    if entry is None:
        return NO_CONTENT
    (shown,) = await shown_for(request.caller, [entry])
    return Reply(shown | {PROPOSED_END: proposed_end_date(entry, request.now)}, headers={"ETag": etag_of(entry)})


@Route(ROUTES, "GET", "latest", operation_id="list-latest-time-entries", answer=TimeEntry(many=True))
async def latest(request: Request) -> Reply:
    """List the newest entry of each project.

    The caller's entries of the last 31 days, newest start first.
    """
    entries = await reading.latest(request.caller, request.now)
    return Reply(Streamed(await shown_for(request.caller, entries)))


@Route(ROUTES, "GET", "summary", operation_id="get-worked-time", query=SummaryQuery(), answer=Summary())
async def summary(request: Request) -> Reply:
    """Get the worked time.

    The time that the caller has worked in the current local day, week and month.
    """
    zone = request.query["timezone"] or instants.offset_zone(request.query["time_offset"])
    return Reply(await reading.summary(request.caller, request.now, zone))


@Route(
    ROUTES,
    "GET",
    "paginated",
    operation_id="list-time-entries-by-page",
    query=PageQuery(),
    answer=TimeEntryPage(),
    refusals=LIST_REFUSALS,
)
async def paginated(request: Request) -> Reply:
    """List time entries page by page.

    The list from `start` on, `length` entries at a time.
    """
    filters = await lists.filters_for(request.caller, request.query, request.now)
    start, length, cursor = (request.query[name] for name in ("start", "length", "cursor"))
    total, found = await lists.page(request.caller, filters, start, length, Cursor.of(cursor))
    links: dict[str, str] = {}
    return Reply({"records_total": total, "data": _streamed(request, filters, found, links)}, headers=links)


@Route(ROUTES, "GET", "{id}", operation_id="get-time-entry", answer=TimeEntry())
async def get(request: Request) -> Reply:
    """Get a time entry.

    One of the caller's own. Administrators may get any time entry of the tenant.
    """
    return await _item(request, await reading.get(request.caller, request.id))


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
        400: "It starts so long ago that it would be longer than an entry may be.",
        409: "Another timer is running.",
        422: "The time entry is already running, or a later one is in the way.",
    },
)
async def restart(request: Request) -> Reply:
    """Restart a time entry.

    The entry has no end again, and keeps its start.
    """
    return await _item(request, await store.restart(request.caller, request.now, request.id, request.precondition))


@Route(ROUTES, "GET", "{id}/history", operation_id="get-time-entry-history", answer=EntryHistory())
async def entry_history(request: Request) -> Reply:
    """Get the history of a time entry.

    Its events, oldest first, each with what the entry was after it. One's own; administrators may get that of any time
    entry of the tenant. Deleted ones have a history, too. Where events are no longer kept, `known_since` says from when
    on it is known.
    """
    entry = await reading.get_any(request.caller, request.id)
    found = await history.read([entry["tenant_id"], entry["owner_id"]], request.id)
    return Reply(history.shown_steps(found or History(entry, []), request.now))


@Route(
    ROUTES,
    "POST",
    "{id}/restore",
    operation_id="restore-time-entry",
    body=RestoreBody(),
    headers=(IF_MATCH,),
    answer=TimeEntry(),
    refusals={
        **NOT_THE_OWNER,
        400: "Its project or activity of then is gone, or it is longer than an entry may be.",
        404: "There is no such event.",
        409: "Another timer is running, or the period is locked by a timesheet.",
        422: "There is nothing to undo, or another time entry is in the way; `conflicts` says which.",
    },
)
async def restore(request: Request) -> Reply:
    """Restore a time entry.

    The entry becomes what it was after an event of its history; without one, what it was before its last change. A
    deleted entry is live again, and one that ran then runs again. It is a change like any other, so that it can be
    undone.
    """
    entry = await restoring.restore(
        request.caller, request.now, request.id, request.body.get("event_id"), request.precondition
    )
    return await _item(request, entry)


async def _item(request: Request, entry: Document, headers: Mapping[str, str] | None = None) -> Reply:
    (shown,) = await shown_for(request.caller, [entry])
    return Reply(shown, headers={"ETag": etag_of(entry), **(headers or {})})


def _streamed(request: Request, filters: ListFilters, found: Listed, links: dict[str, str]) -> Streamed:
    """The list as it is read. At its end, `links` gets the `Link` to what follows, if anything does."""

    async def entries() -> AsyncIterator[dict[str, Any]]:
        async for page in found.pages():
            for shown in await shown_for(request.caller, page):
                yield shown
        if found.next:
            query = urlencode(lists.query_of(filters, request.query) | {"cursor": found.next.text()})
            links["Link"] = f'<?{query}>; rel="next"'

    return Streamed(entries())
