"""From the change feed to the audit trail: each outbox document's event, copied to the `event` container by upsert.

Delivered again, it changes nothing, because the writer made the event's id. A document that can't be taken goes to
`dead_letter`, and its neighbours go through.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from azure.cosmos.exceptions import CosmosHttpResponseError

from shared import instants
from shared.clients import container
from shared.config import settings
from shared.cosmos.containers import DEAD_LETTER, EVENT
from shared.cosmos.items import Document
from shared.events.outbox import EVENT_FIELDS, EVENT_KIND
from shared.logs import correlation_id, logger
from shared.webhooks.deliveries import tell_webhooks, together

# What the database answers for a document that it will never accept.
REFUSED = frozenset({400, 413})
# The database accepts ids of up to 1,023 bytes without these characters; the SDK refuses one that ends with a blank.
LONGEST_ID_BYTES = 1023
NOT_IN_IDS = frozenset("/\\?#")
# The database accepts documents of up to 2 MB. Of a larger dead letter, this much is kept as text.
LARGEST_LETTER_BYTES = 1_500_000
KEPT_CHARACTERS = 100_000
TRACE_ID = re.compile(r"[0-9a-f]{32}")
SIDE_BY_SIDE = 16
SECONDS_A_DAY = 24 * 60 * 60
LATE_SECONDS = 5 * 60

log = logger(__name__)


class BadDocumentError(ValueError):
    """An outbox document that holds no event."""


async def deliver(function: str, container_id: str, documents: Sequence[Mapping[str, Any]]) -> None:
    """Copy the events among `documents`, and write what webhooks are to be told of them.

    Raises what the database raises when it is unavailable, so that all of them come again. By then nothing of this
    batch is running any more: it would race against the retry.
    """
    gate = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(document: Mapping[str, Any]) -> Document | None:
        async with gate:
            return await _deliver(function, container_id, document)

    outbox = [document for document in documents if document.get("kind") == EVENT_KIND]
    copied = await together(one(document) for document in outbox)
    # After the copies, which are what webhooks are sent.
    await tell_webhooks(filter(None, copied))
    _tell_lag(function, container_id, outbox)


async def _deliver(function: str, container_id: str, document: Mapping[str, Any]) -> Document | None:
    """The event, if it could be copied."""
    try:
        event = event_of(document)
        _go_on_with_the_trace_of(event)
        await container(EVENT).upsert_item(event | _lifetime(), no_response=True)
    except ValueError as error:
        # Refused by our own checks, or by the SDK.
        await _keep(function, container_id, document, str(error))
        return None
    except CosmosHttpResponseError as error:
        if error.status_code not in REFUSED:
            raise
        await _keep(function, container_id, document, str(error))
        return None
    changed = ",".join(event["changes"])
    log.info("%s %s %s %s [%s]", function, container_id, event["item_id"], event["action"], changed)
    if log.isEnabledFor(logging.DEBUG):
        log.debug("%s", json.dumps(event))
    return event


def _go_on_with_the_trace_of(event: Mapping[str, Any]) -> None:
    """Log under the correlation id of the request that wrote the event, and send it in a header."""
    session_id = event["session_id"]
    if isinstance(session_id, str) and TRACE_ID.fullmatch(session_id):
        correlation_id.set(session_id)


def _tell_lag(function: str, container_id: str, outbox: Sequence[Mapping[str, Any]]) -> None:
    """Log a warning where even the newest of these events has waited for long. An alert looks for this line."""
    written = [seconds for document in outbox if isinstance(seconds := document.get("_ts"), int)]
    if written and (waited := int(time.time()) - max(written)) > LATE_SECONDS:
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
        raise BadDocumentError("the event's id, item_id and tenant_id must be strings, and its changes an object")
    if not (_is_id(event["id"]) and _is_id(event["item_id"])):
        raise BadDocumentError("the event's id and item_id must be ids that the database takes")
    return event


def _is_id(text: str) -> bool:
    """Whether the database and the SDK accept it as the id of a document."""
    encoded = text.encode(errors="replace")
    return (
        not NOT_IN_IDS & set(text) and text == text.rstrip() and text.isprintable() and len(encoded) <= LONGEST_ID_BYTES
    )


def _lifetime() -> dict[str, int]:
    """The event's time to live, where a setting limits it; otherwise the container keeps it for ever."""
    days = settings().event_retention_days
    return {"ttl": days * SECONDS_A_DAY} if days else {}


async def _keep(function: str, container_id: str, document: Mapping[str, Any], error: str) -> None:
    """Copy a document that can't be processed to `dead_letter`, with the error, under the same id every time."""
    letter_id = f"{container_id}-{document.get('id')}"
    if not _is_id(letter_id):
        letter_id = f"{container_id}-{blake2b(letter_id.encode(errors='replace'), digest_size=16).hexdigest()}"
    log.error("%s %s %r could not be taken: %s", function, container_id, letter_id, error[:KEPT_CHARACTERS])
    await container(DEAD_LETTER).upsert_item(
        {
            "id": letter_id,
            "container_id": container_id,
            "date": instants.format_instant(instants.now()),
            "function": function,
            "error": error[:KEPT_CHARACTERS],
            "document": _fitting(document),
        },
        no_response=True,
    )


def _fitting(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document or, if it is too large, its owner and the beginning of its text."""
    text = json.dumps(dict(document))
    if len(text) <= LARGEST_LETTER_BYTES:
        return dict(document)
    whose = {name: str(document.get(name))[:LONGEST_ID_BYTES] for name in ("id", "tenant_id", "owner_id")}
    return {**whose, "truncated": text[:KEPT_CHARACTERS]}
