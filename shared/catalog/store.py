"""Catalog items: reading and writing them, with one set of operations for every kind.

Every write is announced in one place: `GET /changes` reads there whether any of five containers has news. The catalog
lies in five containers, and a poll that asked each of them would cost more than all else that it does. So a write
leaves two documents in the tenant's partition of `administration`, before and after its batch: a `catalog_write` of its
own, which is there for as long as the write is under way, and the `catalog_state`, replaced each time, which keeps the
trace for readers that come later. Whoever sees neither change knows that nothing is new.

A write whose end nobody saw stays announced for `OPEN_SECONDS`: for so long a batch may still be applied.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

from azure.cosmos.exceptions import CosmosBatchOperationError

from shared.auth.caller import Caller
from shared.catalog import references
from shared.catalog.references import require_references
from shared.catalog.resources import Resource, list_order, status_of
from shared.clients import container
from shared.cosmos import items, transactions
from shared.cosmos.containers import ADMINISTRATION
from shared.cosmos.items import IS_ITEM, LIVE, Document, database, own_fields, throttled
from shared.cosmos.transactions import Attempt, Change
from shared.errors import ApiError
from shared.events.outbox import outbox_document, stamped
from shared.http.etags import Precondition
from shared.logs import logger

ALL = f"SELECT * FROM c WHERE {LIVE}"
WITH_DELETED = f"SELECT * FROM c WHERE {IS_ITEM}"

WRITE_KIND = "catalog_write"
STATE_KIND = "catalog_state"
STATE_ID = "catalog_state"
# Longer than any request: a call ends after 9 s, and each of its tries after 3 s.
OPEN_SECONDS = 60

T = TypeVar("T")

log = logger(__name__)


class Write(NamedTuple):
    """What was read (None for a new item), what it becomes, and the event's action."""

    before: Document | None
    item: Document
    action: str


async def get(resource: Resource, tenant_id: str, item_id: str) -> Document:
    """One live item. Raises ApiError 404."""
    document = await items.read_live(resource.container_id, item_id, tenant_id)
    if document is None:
        raise ApiError(404, f"{resource.container_id}_not_found", f"There is no such {resource.noun}")
    return document


async def everything(resource: Resource, tenant_id: str) -> list[Document]:
    """All live items of a tenant, active ones first, then by name."""
    return sorted(await items.query(resource.container_id, ALL, {}, tenant_id), key=list_order)


async def with_deleted(resource: Resource, tenant_id: str) -> dict[str, Document]:
    """All items of a tenant by id, soft-deleted ones included: whatever refers to one still shows its name."""
    return {item["id"]: item for item in await items.query(resource.container_id, WITH_DELETED, {}, tenant_id)}


async def create(resource: Resource, caller: Caller, now: datetime, fields: Mapping[str, Any]) -> Document:
    """A new item. Raises ApiError 409 when the name is taken."""
    item_id = str(uuid4())

    async def attempt() -> Change[Document]:
        await require_references(caller.tenant_id, fields)
        item = {"id": item_id, "tenant_id": caller.tenant_id, **{name: fields[name] for name in resource.fields}}
        return await _change(resource, caller, now, Write(None, item, "create"))

    return await settle(resource.container_id, caller.tenant_id, attempt)


async def update(  # noqa: PLR0913, PLR0917 - who, when, which item, and what becomes of it
    resource: Resource, caller: Caller, now: datetime, item_id: str, given: Mapping[str, Any], wanted: Precondition
) -> Document:
    """Change what is given. A call that changes nothing writes nothing. Raises ApiError 404, 409 or 412."""

    async def attempt() -> Change[Document]:
        before = await get(resource, caller.tenant_id, item_id)
        wanted.check(before)
        changed = {n: given[n] for n in resource.fields if n in given and given[n] != before.get(n)}
        if not changed:
            return Change(before)
        await require_references(caller.tenant_id, changed)
        return await _change(resource, caller, now, Write(before, before | changed, "update"))

    return await settle(resource.container_id, caller.tenant_id, attempt)


async def retire(resource: Resource, caller: Caller, now: datetime, item_id: str, wanted: Precondition) -> None:
    """Make an item inactive, or soft-delete it. What refers to it keeps its name. Raises ApiError 404 or 412."""

    async def attempt() -> Change[Document]:
        before = await get(resource, caller.tenant_id, item_id)
        wanted.check(before)
        if not resource.soft_delete and status_of(before) == "inactive":
            return Change(before)
        gone = {"deleted": str(uuid4())} if resource.soft_delete else {"status": "inactive"}
        return await _change(resource, caller, now, Write(before, before | gone, "delete"))

    await settle(resource.container_id, caller.tenant_id, attempt)


async def _change(resource: Resource, caller: Caller, now: datetime, write: Write) -> Change[Document]:
    """The batch of this write."""
    own = own_fields(write.item)
    description = f"{write.action.capitalize()} {resource.noun}"
    after = stamped(own, caller, resource.container_id, write.action, description)
    operation = transactions.replace(after, write.before) if write.before else transactions.create(after)
    guards = await resource.guard(write.before, after) if resource.guard else []
    return Change(own, [operation, *guards], [outbox_document(write.before, after, now)], partial(_taken, resource))


def _taken(resource: Resource) -> ApiError:
    return ApiError(
        409,
        f"{resource.container_id}_exists",
        f"{resource.a_noun.capitalize()} with that name already exists",
        errors={"name": ["Already in use."]},
    )


async def settle(container_id: str, tenant_id: str, attempt: Attempt[T]) -> T:
    """`transactions.settle` for a write of the catalog: announced before its batch is sent, and again after it.

    What writes nothing is not announced. This worker's copy of the names is dropped.
    """
    announcement = Announcement(tenant_id)

    async def announced() -> Change[T]:
        change = await attempt()
        if change.operations:
            await announcement.open()
        return change

    try:
        result = await transactions.settle(container_id, tenant_id, announced)
    except ApiError as error:
        if error.status < 500 and not transactions.may_have_written():
            await announcement.close()
        raise
    await announcement.close()
    references.forget(tenant_id)
    return result


class Announcement:
    """The announcement of one write of a tenant's catalog. An attempt that starts over is announced already."""

    def __init__(self, tenant_id: str) -> None:
        self._tenant_id = tenant_id
        self._write_id: str | None = None

    async def open(self) -> None:
        """Announce the write, before its batch. Raises ApiError 429 or 503: then nothing may be written."""
        if self._write_id is None:
            write_id = str(uuid4())
            write = self._document(write_id, WRITE_KIND) | {"ttl": 2 * OPEN_SECONDS}
            await self._apply([("upsert", (self._state(),)), ("upsert", (write,))])
            self._write_id = write_id

    async def close(self) -> None:
        """Tell that the write has ended. Where that fails, readers look for longer than they need to."""
        if self._write_id is None:
            return
        try:
            await self._apply([("upsert", (self._state(),)), ("delete", (self._write_id,))])
        except ApiError as error:
            log.warning("the end of a catalog write could not be announced: %s", error.code)

    async def _apply(self, operations: list[tuple[str, tuple[Any, ...]]]) -> None:
        """Apply a batch that may be sent twice, as the SDK does after a dropped connection."""
        with database():
            try:
                await container(ADMINISTRATION).execute_item_batch(operations, partition_key=self._tenant_id)
            except CosmosBatchOperationError as error:
                if error.status_code != 404:
                    raise throttled(error) from error

    def _state(self) -> Document:
        return self._document(STATE_ID, STATE_KIND)

    def _document(self, document_id: str, kind: str) -> Document:
        """The container wants kind, name and `deleted` to be unique."""
        return {"id": document_id, "tenant_id": self._tenant_id, "kind": kind, "name": document_id}


def tell_of_writes(documents: Iterable[Document]) -> bool:
    """Whether some of these documents of `administration` announce a write of the catalog."""
    return any(document.get("kind") in {WRITE_KIND, STATE_KIND} for document in documents)


def tell_of_open_writes(documents: Iterable[Document], now_seconds: float) -> bool:
    """Whether one of the writes that they announce may still be under way. `now_seconds`: a POSIX timestamp."""
    return any(
        document.get("kind") == WRITE_KIND and now_seconds - document["_ts"] < OPEN_SECONDS for document in documents
    )
