"""Deliveries: one document for each event, webhook and replay, from the change feed until it is taken or given up.

A delivery only refers to its event, which is read from the audit trail at each try: there is no second copy of what an
event says, and what is erased there is gone here as well.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from azure.core import MatchConditions
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from shared import instants
from shared.clients import container
from shared.cosmos import items
from shared.cosmos.containers import DELIVERY
from shared.cosmos.items import Document, database
from shared.instants import format_instant, parse_instant
from shared.webhooks import lanes
from shared.webhooks.reading import is_told, webhooks_of
from shared.webhooks.rules import PING, SETTLES_AFTER, retry_at, type_of

if TYPE_CHECKING:
    # The change feed writes deliveries without it: it brings along what sends them.
    from shared.webhooks.sending import Answer

SIDE_BY_SIDE = 16
PENDING, DELIVERED, FAILED = STATUSES = ("pending", "delivered", "failed")

# Those that wait, in the order in which they are due: only they have `next_attempt`.
WAITING = "SELECT * FROM c WHERE c.next_attempt >= '' ORDER BY c.next_attempt OFFSET 0 LIMIT @limit"
NEWEST_FIRST = "SELECT * FROM c WHERE c.place < @place ORDER BY c.place DESC OFFSET 0 LIMIT @limit"
# Above every place.
TOP = "~"

T = TypeVar("T")


class Told(NamedTuple):
    """What a webhook is to be told: a type, and the event; a ping has none."""

    webhook: Document
    event_type: str
    event: Document


async def tell_webhooks(events: Iterable[Document]) -> None:
    """Write the deliveries of new events, beside their copies in the audit trail; again, it changes nothing.

    Raises ApiError 409, 429 or 503 when the database does not take them all: then all have to come again.
    """
    by_tenant: dict[str, list[tuple[str, Document]]] = defaultdict(list)
    for event in events:
        if event_type := type_of(event):
            by_tenant[event["tenant_id"]].append((event_type, event))
    told = [
        Told(webhook, event_type, event)
        for tenant_id, typed in by_tenant.items()
        for webhook in await webhooks_of(tenant_id)
        for event_type, event in typed
        if is_told(webhook, event_type, str(event["date"]))
    ]
    if told:
        now = instants.now()
        await add([delivery_of(one, now) for one in told])


def delivery_of(told: Told, now: datetime, replay: str | None = None) -> Document:
    """A delivery that waits. Its id is made of event and replay; the webhook is its partition."""
    webhook, event = told.webhook, told.event
    delivery_id = event["id"] if replay is None else f"{replay}.{_short(event['id'])}"
    settles = SETTLES_AFTER.get(str(event.get("container_id")), timedelta()) if replay is None else timedelta()
    return {
        "id": delivery_id,
        "webhook_id": webhook["id"],
        "tenant_id": webhook["tenant_id"],
        "kind": "delivery",
        "type": told.event_type,
        "event_id": event["id"],
        "item_id": event.get("item_id"),
        # Whose data it may show, for those who ask for theirs.
        "user_id": event.get("user_id"),
        "owner_id": event.get("owner_id"),
        "replay": replay,
        "created": format_instant(now),
        "place": f"{format_instant(now)} {delivery_id}",
        "status": PENDING,
        "tries": 0,
        "next_attempt": format_instant(now + settles),
        "last_answer": None,
    }


def ping_of(webhook: Document, ping_id: str, now: datetime) -> Document:
    """The delivery of a ping: it has no event."""
    return delivery_of(Told(webhook, PING, {"id": ping_id}), now)


def _short(event_id: str) -> str:
    """Part of an id: other writers' event ids may be nearly as long as the database takes."""
    return event_id if len(event_id) <= 100 else blake2b(event_id.encode(), digest_size=16).hexdigest()


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Do all of it side by side. What one of them raises is raised when none of them runs any more."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return [task.result() for task in tasks]


async def write(deliveries: Iterable[Document]) -> None:
    """Write deliveries, except those that are there: they may be under way, or taken. Raises ApiError 429 or 503."""
    gate = asyncio.Semaphore(SIDE_BY_SIDE)

    async def create(delivery: Document) -> None:
        async with gate:
            with database(), suppress(CosmosResourceExistsError):
                await container(DELIVERY).create_item(delivery, no_response=True)

    await together(create(delivery) for delivery in deliveries)


async def add(deliveries: Sequence[Document]) -> None:
    """Write deliveries, and have the sender look at them. Raises ApiError 409, 429 or 503."""
    await write(deliveries)
    earliest: dict[tuple[str, str], str] = {}
    for delivery in deliveries:
        webhook = (delivery["webhook_id"], delivery["tenant_id"])
        earliest[webhook] = min(earliest.get(webhook, TOP), delivery["next_attempt"])
    # After them: whoever is woken finds them all.
    await together(lanes.ring(*webhook, parse_instant(at)) for webhook, at in earliest.items())


async def waiting(webhook_id: str, limit: int) -> list[Document]:
    """The deliveries of a webhook that wait, by when they are due. Raises ApiError 429 or 503."""
    return await items.query(DELIVERY, WAITING, {"limit": limit}, webhook_id)


async def newest(webhook_id: str, limit: int, place: str | None) -> list[Document]:
    """The deliveries of a webhook, the newest first; with `place`, those behind it. Raises ApiError 429 or 503."""
    return await items.query(DELIVERY, NEWEST_FIRST, {"place": place or TOP, "limit": limit}, webhook_id)


async def tried(delivery: Document, answer: "Answer", now: datetime) -> None:
    """Write how a try has ended, and when the next one is. Raises ApiError 429 or 503."""
    tries = delivery["tries"] + 1
    following = None if answer.is_taken or answer.is_gone else retry_at(tries, now)
    status = DELIVERED if answer.is_taken else PENDING if following else FAILED
    after = {name: value for name, value in items.own_fields(delivery).items() if name != "next_attempt"}
    if following:
        after["next_attempt"] = format_instant(following)
    after |= {"status": status, "tries": tries, "last_answer": {"date": format_instant(now), **_kept(answer)}}
    await written(after, delivery)


def _kept(answer: "Answer") -> Document:
    return {"status": answer.status, "body": answer.body, "error": answer.error}


async def written(after: Document, before: Document) -> None:
    """Replace a delivery, unless it was changed or has expired: then that counts. Raises ApiError 429 or 503."""
    with database(), suppress(CosmosAccessConditionFailedError, CosmosResourceNotFoundError):
        await container(DELIVERY).replace_item(
            before["id"],
            after,
            etag=before["_etag"],
            match_condition=MatchConditions.IfNotModified,
            no_response=True,
        )


async def drop(delivery: Document) -> None:
    """Remove a delivery about whose event nobody is to be told after all. Raises ApiError 429 or 503."""
    with database():
        try:
            await container(DELIVERY).delete_item(delivery["id"], partition_key=delivery["webhook_id"])
        except CosmosResourceNotFoundError:
            return
