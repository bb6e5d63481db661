"""What tests of change feed triggers build on: a database with a watched container, and apps that watch it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import azure.functions as func
from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy
from azure.cosmos.exceptions import CosmosHttpResponseError

from local.host.host import Host

PATIENCE_SECONDS = 15
LEASES = "leases"


@dataclass(frozen=True)
class Account:
    """A database with containers of its own, and how a host finds it."""

    endpoint: str
    key: str
    database: DatabaseProxy
    watched: ContainerProxy

    @property
    def settings(self) -> dict[str, str]:
        return {"FEED": f"AccountEndpoint={self.endpoint};AccountKey={self.key};", "DATABASE": self.database.id}

    async def write(self, *ids: str) -> None:
        for document_id in ids:
            await self.watched.upsert_item({"id": document_id, "written": str(uuid4())})

    async def leases(self) -> list[dict[str, Any]]:
        """The leases as they stand; none while there is no container for them."""
        documents = self.database.get_container_client(LEASES).read_all_items()
        try:
            return [document async for document in documents if "owner" in document]
        except CosmosHttpResponseError as error:
            if error.status_code == 404:
                return []
            raise


@dataclass
class Receiver:
    """A handler that keeps what it got, and that fails or takes its time when it is told to."""

    name: str = "receiver"
    failures: int = 0
    delay_seconds: float = 0
    batches: list[list[str]] = field(default_factory=list)
    tried: list[list[str]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, documents: func.DocumentList) -> None:
        ids = [document["id"] for document in documents]
        self.tried.append(ids)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("not now")
        await asyncio.sleep(self.delay_seconds)
        self.batches.append(ids)
        self._changed.set()

    @property
    def received(self) -> list[str]:
        return [document_id for batch in self.batches for document_id in batch]

    async def has(self, ids: Iterable[str]) -> None:
        """Wait until everything of that has arrived."""
        wanted = set(ids)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not wanted <= set(self.received):
                self._changed.clear()
                await self._changed.wait()


def watching_app(receiver: Receiver, retry: dict[str, Any] | None = None, **trigger: Any) -> func.FunctionApp:
    app = func.FunctionApp()

    async def handle(documents: func.DocumentList) -> None:
        await receiver(documents)

    options: dict[str, Any] = {
        "lease_container_name": LEASES,
        "create_lease_container_if_not_exists": True,
        "start_from_beginning": True,
        "feed_poll_delay": 20,
        "lease_acquire_interval": 50,
        "lease_renew_interval": 300,
        "lease_expiration_interval": 1500,
        **trigger,
    }
    builder = app.cosmos_db_trigger(
        arg_name="documents", connection="FEED", database_name="%DATABASE%", container_name="watched", **options
    )(handle)
    if retry:
        builder = app.retry(**retry)(builder)
    app.function_name(receiver.name)(builder)
    return app


def watching_host(account: Account, receiver: Receiver, retry: dict[str, Any] | None = None, **trigger: Any) -> Host:
    return Host(watching_app(receiver, retry, **trigger), account.settings)


async def make_account(client: CosmosClient, endpoint: str, key: str, throughput: int | None = None) -> Account:
    database = await client.create_database(f"feed-{uuid4()}")
    watched = await database.create_container("watched", PartitionKey("/id"), offer_throughput=throughput)
    return Account(endpoint, key, database, watched)


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what can only be asked for."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110 - the database has no event to wait for
            await asyncio.sleep(0.02)
