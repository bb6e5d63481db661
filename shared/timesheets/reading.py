"""Reading timesheets: one, lists of them, what was submitted, and what lies in a period now."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.auth.caller import Caller
from shared.cosmos import items
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import LIVE, Document
from shared.errors import ApiError
from shared.http import cursors
from shared.ids import is_uuid
from shared.time_entries import lists
from shared.time_entries.schemas import EVERYONE
from shared.time_entries.timeline import BEFORE, TIMESHEET, Lock
from shared.timesheets import rules
from shared.timesheets.rules import Submitted
from shared.users.directory import directory
from shared.users.rules import hidden

# What was submitted lies beside the timesheet, for only a verification reads it.
SUBMITTED_KIND = "timesheet_entries"

ANYONES = "SELECT * FROM c WHERE c.tenant_id = @tenant AND c.id = @id AND c.kind = @kind"
# Half-open, as ids begin with the first date.
MATCHING = (
    "c.kind = @kind AND c.id >= @from AND c.id < @beyond AND c.end_date >= @first"
    " AND (IS_NULL(@states) OR ARRAY_CONTAINS(@states, c.status))"
)
OWN = f"SELECT * FROM c WHERE {MATCHING} ORDER BY c.id DESC OFFSET 0 LIMIT @limit"
OF_TENANT = f"SELECT * FROM c WHERE {lists.OF_TENANT} AND {MATCHING} ORDER BY c.id DESC OFFSET 0 LIMIT @limit"
STARTING_IN = f"SELECT * FROM c WHERE c.start_date >= @start AND c.start_date < @end AND {LIVE} ORDER BY c.start_date"


async def get(caller: Caller, timesheet_id: str) -> Document:
    """The timesheet with this id, if the caller may read it: their own, for an administrator any of the tenant.

    Raises ApiError 404.
    """
    document = await items.read(TIME_ENTRY, timesheet_id, [caller.tenant_id, caller.user_id])
    if document is None and caller.may_read_others:
        parameters = {"tenant": caller.tenant_id, "id": timesheet_id, "kind": TIMESHEET}
        document = next(iter(await items.query(TIME_ENTRY, ANYONES, parameters)), None)
    if document is None or document.get("kind") != TIMESHEET:
        raise ApiError(404, "timesheet_not_found", "There is no such timesheet")
    return document


async def page(caller: Caller, query: Mapping[str, Any]) -> tuple[list[Document], str | None]:
    """The timesheets of a list, newest period first, and the cursor of the next page (None at the end).

    Raises ValidationError for a bad cursor, ApiError 403 when someone other than an administrator names users.
    """
    owners: list[str] | None = query["user_id"]
    if owners is not None:
        caller.require_admin("Only an administrator may see other users' timesheets")
    first, last = query["start_date"], query["end_date"]
    beyond = rules.ids_beyond(date.fromisoformat(last) if last else date.max)
    parameters: dict[str, Any] = {
        "kind": TIMESHEET,
        "from": rules.ids_from(rules.earliest_meeting(date.fromisoformat(first)) if first else date.min),
        "beyond": min(beyond, _position(query["cursor"]) or beyond),
        "first": first or "",
        "states": query["status"],
        "limit": query["limit"] + 1,
    }
    if owners is None:
        found = await items.query(TIME_ENTRY, OWN, parameters, [caller.tenant_id, caller.user_id])
    else:
        everyone = EVERYONE in owners
        users = await directory().known_users(caller.tenant_id) if everyone else {}
        of_tenant = {
            "tenant": caller.tenant_id,
            "owners": None if everyone else owners,
            "hidden": sorted(hidden(users, caller)) if everyone else [],
        }
        found = await items.query(TIME_ENTRY, OF_TENANT, parameters | of_tenant)
    timesheets = found[: query["limit"]]
    return timesheets, cursors.encoded(timesheets[-1]["id"]) if len(found) > len(timesheets) else None


async def entries_within(partition: list[str], period: Lock) -> list[Document]:
    """The owner's entries that share an instant with a period, earliest first: two queries side by side.

    They are disjoint, so that one at most starts before it and reaches in.
    """
    start, end = period
    before, within = await asyncio.gather(
        items.query(TIME_ENTRY, BEFORE, {"first": start, "except": ""}, partition),
        items.query(TIME_ENTRY, STARTING_IN, {"start": start, "end": end}, partition),
    )
    return [*(entry for entry in before if entry["end_date"] is None or entry["end_date"] > start), *within]


async def submitted(timesheet: Mapping[str, Any]) -> Submitted | None:
    """What was submitted of each entry; None where that document is gone."""
    partition = [timesheet["tenant_id"], timesheet["owner_id"]]
    document = await items.read(TIME_ENTRY, submitted_id(timesheet["id"]), partition)
    return document and dict(document["rows"])


def submitted_id(timesheet_id: str) -> str:
    """The id of the document that holds what was submitted."""
    return f"{timesheet_id}-entries"


def _position(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    position = cursors.decoded(cursor, "cursor")
    if not (isinstance(position, str) and is_uuid(position)):
        raise cursors.malformed("cursor")
    return position
