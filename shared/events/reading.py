"""Reading the audit trail, newest first, page after page.

A page ends with the date and id of its last event, and the next begins below them: what is written meanwhile, or by
another partition, shifts nothing.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from shared.auth.caller import Caller
from shared.cosmos import items
from shared.cosmos.containers import EVENT, TIME_ENTRY
from shared.cosmos.items import Document
from shared.errors import ApiError
from shared.http import cursors
from shared.http.local_time import range_asked
from shared.instants import format_instant, is_stored
from shared.time_entries.timeline import TIMESHEET

NEWEST_FIRST = (
    "SELECT * FROM c WHERE c.tenant_id = @tenant"
    " AND (IS_NULL(@item) OR c.item_id = @item)"
    " AND (IS_NULL(@container) OR c.container_id = @container)"
    " AND (IS_NULL(@user) OR c.user_id = @user)"
    " AND c.date >= @first AND c.date < @beyond"
    " AND (c.date < @date OR (c.date = @date AND c.id < @id))"
    " ORDER BY c.date DESC, c.id DESC OFFSET 0 LIMIT @limit"
)
# Above every event: what a first page begins below.
TOP = ("9999-12-31T23:59:59.9999999Z", "")


async def page(caller: Caller, query: Mapping[str, Any]) -> tuple[list[Document], str | None]:
    """A page of events, and the continuation of the next (None at the end).

    Raises ApiError 403 when a caller who is no administrator names no item, 404 when the item is not their own.
    """
    if query["item_id"] is None:
        caller.require_admin("Only an administrator may list events without naming an item of their own")
    elif not caller.may_read_others:
        await _require_own(caller, query["item_id"])
    first, beyond = range_asked(query, query["timezone"] or UTC)
    date, event_id = _position(query["continuation"])
    parameters = {
        "tenant": caller.tenant_id,
        "item": query["item_id"],
        "container": query["container_id"],
        "user": query["user_id"],
        "first": format_instant(first),
        "beyond": format_instant(beyond),
        "date": date,
        "id": event_id,
        "limit": query["limit"] + 1,
    }
    partition = [caller.tenant_id, query["item_id"]] if query["item_id"] else None
    events = await items.query(EVENT, NEWEST_FIRST, parameters, partition)
    more = len(events) > query["limit"]
    shown = events[: query["limit"]]
    return shown, _continuation(shown[-1]) if more else None


async def _require_own(caller: Caller, item_id: str) -> None:
    # A deleted time entry is still the caller's own, and so is a timesheet.
    entry = await items.read(TIME_ENTRY, item_id, [caller.tenant_id, caller.user_id])
    if entry is None or not (items.is_item(entry) or entry["kind"] == TIMESHEET):
        raise ApiError(404, "item_not_found", "There is no such item of yours")


def _continuation(last: Document) -> str:
    return cursors.encoded([last["date"], last["id"]])


def _position(continuation: str | None) -> tuple[str, str]:
    if continuation is None:
        return TOP
    match cursors.decoded(continuation, "continuation"):
        case [str(date), str(event_id)] if is_stored(date):
            return date, event_id
        case _:
            raise cursors.malformed("continuation")
