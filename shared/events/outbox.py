"""Who did what: the context kept on an item, the event of the audit trail, and the outbox document that carries it.

The change feed shows only the latest version of an item, so that two quick writes would leave one trace. Every write
therefore puts its event, with an id of its own, into the same transactional batch as the item.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from shared.cosmos.items import own_fields
from shared.instants import format_instant
from shared.logs import correlation_id, trace_id

if TYPE_CHECKING:
    # Imported for types only: the change feed needs nothing that checks tokens.
    from shared.auth.caller import Caller

EVENT_KIND = "event"
EVENT_FIELDS = (
    "id",
    "date",
    "user_id",
    "owner_id",
    "action",
    "description",
    "item_id",
    "container_id",
    "session_id",
    "tenant_id",
    "changes",
)
OUTBOX_TTL_SECONDS = 30 * 24 * 60 * 60


def stamped(
    document: Mapping[str, Any], caller: "Caller", container_id: str, action: str, description: str
) -> dict[str, Any]:
    """The item with its `_last_event_ctx`, for clients that read it from the item.

    `session_id` is the correlation id of the request that writes.
    """
    context = {
        "user_id": caller.user_id,
        "tenant_id": caller.tenant_id,
        "action": action,
        "description": description,
        "container_id": container_id,
        "session_id": correlation_id.get(),
    }
    return {**document, "_last_event_ctx": context}


def outbox_document(
    before: Mapping[str, Any] | None, after: Mapping[str, Any], now: datetime, event_id: str | None = None
) -> dict[str, Any]:
    """The document that carries the event of one write of an item, from `before` to a stamped `after`.

    It lies in the item's own logical partition and expires after 30 days. Where an item has no owner, its container has
    unique keys, and `deleted` keeps the document clear of them. With an `event_id` that is made of the item, there is
    one such event of the item at most.
    """
    event_id = event_id or str(uuid4())
    context = after["_last_event_ctx"]
    event = {
        "id": event_id,
        "date": format_instant(now),
        "user_id": context["user_id"],
        "owner_id": after.get("owner_id"),
        "action": context["action"],
        "description": context["description"],
        "item_id": after["id"],
        "container_id": context["container_id"],
        "session_id": context["session_id"],
        "tenant_id": after["tenant_id"],
        "changes": changes(before or {}, after),
    }
    if trace := trace_id.get():
        # Kept for searching the logs; no answer shows it.
        event["trace_id"] = trace
    place = {"owner_id": after["owner_id"]} if "owner_id" in after else {"deleted": event_id}
    outbox = {"id": event_id, "kind": EVENT_KIND, "tenant_id": after["tenant_id"], **place}
    return {**outbox, "ttl": OUTBOX_TTL_SECONDS, "event": event}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """`{field: [before, after]}` of what differs; a missing field and null are the same."""
    names = own_fields({**before, **after})
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}
