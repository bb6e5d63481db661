"""Catalog writes, announced in one place: `GET /changes` reads there whether any of five containers has news.

The catalog lies in five containers, and a poll that asked each of them would cost more than all else that it does. So a
write of the catalog leaves two documents in the tenant's partition of `administration`, before and after its batch: a
`catalog_write` of its own, which is there for as long as the write is under way, and the `catalog_state`, replaced each
time, which keeps the trace for readers that come later. Whoever sees neither change knows that nothing is new.

A write whose end nobody saw stays announced for `OPEN_SECONDS`: for so long a batch may still be applied.
"""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import uuid4

from azure.cosmos.exceptions import CosmosBatchOperationError

from shared.clients import container
from shared.cosmos import transactions
from shared.cosmos.containers import ADMINISTRATION
from shared.cosmos.items import Document, database, throttled
from shared.cosmos.transactions import Attempt, Change
from shared.errors import ApiError
from shared.logs import logger

WRITE_KIND = "catalog_write"
STATE_KIND = "catalog_state"
STATE_ID = "catalog_state"
# Longer than any request: a call ends after 9 s, and each of its tries after 3 s.
OPEN_SECONDS = 60

T = TypeVar("T")

log = logger(__name__)


async def settle(container_id: str, tenant_id: str, attempt: Attempt[T]) -> T:
    """`transactions.settle` for a write of the catalog: announced before its batch is sent, and again after it.

    What writes nothing is not announced.
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
        async with database():
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
