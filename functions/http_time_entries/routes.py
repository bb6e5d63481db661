"""`/api/time-entries`: clocking in and out, and what was worked."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.auth.caller import Caller
from shared.catalog.names import names_for
from shared.cosmos.items import Document
from shared.errors import ApiError
from shared.http.etags import etag_of
from shared.http.json_body import Streamed
from shared.http.routing import IF_MATCH, NO_CONTENT, Header, Reply, Request, Route
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

LATEST = timedelta(days=31)
IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    "Any text made for this one entry: sent again with it, a call answers the entry it made the first time.",
)
OTHERS = {403: "Only an administrator may see the time entries of others."}
NOT_THE_OWNER = {403: "Only its owner may change a time entry."}


async def list_entries(request: Request) -> Reply:
    filters = await _filters(request)
    pages = await reading.entries(request.caller, filters, request.query["limit"])
    return Reply(_listed(request, pages))


async def paginated(request: Request) -> Reply:
    total, pages = await reading.page(
        request.caller, await _filters(request), request.query["start"], request.query["length"]
    )
    return Reply({"records_total": total, "data": _listed(request, pages)})


async def latest(request: Request) -> Reply:
    recent = await reading.recent(request.caller, request.now - LATEST, request.now)
    # Oldest first, so that of each project the newest stays.
    newest = {entry["project_id"]: entry for entry in reversed(recent)}
    entries = sorted(newest.values(), key=lambda entry: str(entry["start_date"]), reverse=True)
    return Reply(Streamed(await _shown(request, entries)))


async def summary(request: Request) -> Reply:
    offset = request.query["time_offset"]
    since = min(period.start for period in worked_time.periods(request.now, offset).values())
    recent = await reading.recent(request.caller, since, request.now)
    return Reply(worked_time.worked(map(interval_of, recent), request.now, offset))


async def running(request: Request) -> Reply:
    entry = await reading.running(request.caller)
    return await _item(request, entry) if entry else NO_CONTENT


async def get(request: Request) -> Reply:
    return await _item(request, await reading.find(request.caller, request.id))


async def create(request: Request) -> Reply:
    entry = await store.create(request.caller, request.now, request.body, request.headers.get("idempotency-key"))
    return await _item(request, entry, {"Location": f"/api/time-entries/{entry['id']}"})


async def update(request: Request) -> Reply:
    entry = await store.update(request.caller, request.now, request.id, request.body, request.precondition)
    return await _item(request, entry)


async def delete(request: Request) -> Reply:
    await store.delete(request.caller, request.now, request.id, request.precondition)
    return NO_CONTENT


async def stop(request: Request) -> Reply:
    return await _item(request, await store.stop(request.caller, request.now, request.id, request.precondition))


async def restart(request: Request) -> Reply:
    return await _item(request, await store.restart(request.caller, request.now, request.id, request.precondition))


ROUTES = (
    Route(
        "GET",
        "",
        list_entries,
        "List time entries",
        "list-time-entries",
        "Newest start first. An entry belongs when its interval meets the range, a running one included; without one it"
        " is a local month.",
        query=ListQuery(),
        answer=TimeEntry(many=True),
        refusals=OTHERS,
    ),
    Route(
        "POST",
        "",
        create,
        "Create a time entry, or start the timer",
        "create-time-entry",
        "Without `end_date` it starts the timer. A start a little ahead of the server's clock becomes now.",
        body=TimeEntryBody(),
        headers=(IDEMPOTENCY_KEY,),
        answer=TimeEntry(),
        status=201,
        refusals={
            400: "There is no such project or activity, the end is not after the start, or either lies in the future.",
            409: "A timer is running already, or others change the same thing at the same time.",
            422: "Another entry of the caller's overlaps; `conflicts` names it.",
        },
    ),
    Route(
        "GET",
        "running",
        running,
        "Get the running time entry",
        "get-running-time-entry",
        "The caller's one entry without an end.",
        answer=TimeEntry(),
        otherwise={204: "No entry runs."},
    ),
    Route(
        "GET",
        "latest",
        latest,
        "List the newest entry of each project",
        "list-latest-time-entries",
        "The caller's, of the last 31 days; newest start first.",
        answer=TimeEntry(many=True),
    ),
    Route(
        "GET",
        "summary",
        summary,
        "Get the worked time",
        "get-worked-time",
        "What the caller has worked in the current local day, week and month.",
        query=SummaryQuery(),
        answer=Summary(),
    ),
    Route(
        "GET",
        "paginated",
        paginated,
        "List time entries page by page",
        "list-time-entries-by-page",
        "The list, from `start` on, `length` entries at a time.",
        query=PageQuery(),
        answer=TimeEntryPage(),
        refusals=OTHERS,
    ),
    Route(
        "GET",
        "{id}",
        get,
        "Get a time entry",
        "get-time-entry",
        "One of the caller's; for an administrator, any of the tenant.",
        answer=TimeEntry(),
    ),
    Route(
        "PUT",
        "{id}",
        update,
        "Change a time entry",
        "update-time-entry",
        "What is not given stays as it is. It never restarts a stopped entry.",
        body=TimeEntryBody(),
        partial=True,
        headers=(IF_MATCH,),
        answer=TimeEntry(),
        refusals={
            400: "There is no such project or activity, the end is not after the start, or either lies in the future.",
            **NOT_THE_OWNER,
            422: "Another entry of the caller's overlaps; `conflicts` names it.",
        },
    ),
    Route(
        "DELETE",
        "{id}",
        delete,
        "Delete a time entry",
        "delete-time-entry",
        "It is soft-deleted: out of every list, still in the audit trail.",
        headers=(IF_MATCH,),
        status=204,
        refusals=NOT_THE_OWNER,
    ),
    Route(
        "POST",
        "{id}/stop",
        stop,
        "Stop a time entry",
        "stop-time-entry",
        "It ends now.",
        headers=(IF_MATCH,),
        answer=TimeEntry(),
        refusals={**NOT_THE_OWNER, 422: "It is stopped already."},
    ),
    Route(
        "POST",
        "{id}/restart",
        restart,
        "Restart a time entry",
        "restart-time-entry",
        "It runs on from its own start.",
        headers=(IF_MATCH,),
        answer=TimeEntry(),
        refusals={
            **NOT_THE_OWNER,
            409: "Another timer is running.",
            422: "It is running already, or a later entry is in the way.",
        },
    ),
)


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
