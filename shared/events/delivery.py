"""From the change feed to the audit trail: each outbox document's event, copied to the `event` container by upsert.

Delivered again, it changes nothing, for an event's id was made by its writer.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from azure.cosmos.exceptions import CosmosHttpResponseError

from shared import instants
from shared.clients import container
from shared.config import settings
from shared.cosmos.containers import DEAD_LETTER, EVENT
from shared.events.outbox import EVENT_FIELDS, EVENT_KIND
from shared.logs import correlation_id, logger

# What the database says of a document that it will never take, whenever it is asked.
REFUSED = frozenset({400, 413})
SIDE_BY_SIDE = 16
SECONDS_A_DAY = 24 * 60 * 60
LATE_SECONDS = 5 * 60

log = logger(__name__)


class BadDocumentError(ValueError):
    """An outbox document that holds no event."""


async def deliver(function: str, container_id: str, documents: Sequence[Mapping[str, Any]]) -> None:
    """Copy the events among `documents`; raises what the database raises when it is away, so that all come again."""
    gate = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(document: Mapping[str, Any]) -> None:
        async with gate:
            await _deliver(function, container_id, document)

    outbox = [document for document in documents if document.get("kind") == EVENT_KIND]
    await asyncio.gather(*map(one, outbox))
    _tell_lag(function, container_id, outbox)


async def _deliver(function: str, container_id: str, document: Mapping[str, Any]) -> None:
    try:
        event = event_of(document)
        correlation_id.set(str(event["session_id"]))
        await container(EVENT).upsert_item(event | _lifetime())
    except BadDocumentError as error:
        await _keep(function, container_id, document, str(error))
    except CosmosHttpResponseError as error:
        if error.status_code not in REFUSED:
            raise
        await _keep(function, container_id, document, str(error))
    else:
        changed = ",".join(event["changes"])
        log.info("%s %s %s %s [%s]", function, container_id, event["item_id"], event["action"], changed)
        log.debug("%s", json.dumps(event))


def _tell_lag(function: str, container_id: str, outbox: Sequence[Mapping[str, Any]]) -> None:
    """Say so where even the newest of these events had waited for long: an alert looks for this line."""
    written = [seconds for document in outbox if isinstance(seconds := document.get("_ts"), int)]
    if written and (waited := int(instants.now().timestamp()) - max(written)) > LATE_SECONDS:
        log.warning(
            "%s %s delivered late: the newest of its events had waited for %d s", function, container_id, waited
        )


def event_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """The event that an outbox document carries; raises BadDocumentError where none can be made of it."""
    event = document.get("event")
    if not isinstance(event, dict):
        raise BadDocumentError("the document holds no event")
    if missing := [name for name in EVENT_FIELDS if name not in event]:
        raise BadDocumentError(f"the event lacks {', '.join(missing)}")
    if not isinstance(event["changes"], dict) or not all(
        isinstance(event[n], str) and event[n] for n in ("id", "item_id", "tenant_id")
    ):
        raise BadDocumentError("the event's id, item_id, tenant_id and changes must be three strings and an object")
    return event


def _lifetime() -> dict[str, int]:
    """How long an event is kept, where a setting says so; the container keeps the others for ever."""
    days = settings().event_retention_days
    return {"ttl": days * SECONDS_A_DAY} if days else {}


async def _keep(function: str, container_id: str, document: Mapping[str, Any], error: str) -> None:
    """Put a document that can't be taken aside, with the error; again and again under the same id."""
    log.error("%s %s %s could not be taken: %s", function, container_id, document.get("id"), error)
    await container(DEAD_LETTER).upsert_item(
        {
            "id": f"{container_id}-{document.get('id')}",
            "container_id": container_id,
            "date": instants.format_instant(instants.now()),
            "function": function,
            "error": error,
            "document": dict(document),
        }
    )
