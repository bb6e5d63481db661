"""The old system's database, read through the SDK. Nothing is ever written there: the transport lets no write pass."""

from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import AzureError
from azure.cosmos.aio import ContainerProxy, CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError

from operations.pace import Pace
from shared.clients import identity
from shared.config import settings
from shared.cosmos.containers import ACTIVITY, CUSTOMER, PROJECT, PROJECT_TYPE, TECHNOLOGY, TIME_ENTRY
from shared.cosmos.items import PAGE_SIZE, Document

CONTAINERS = (CUSTOMER, PROJECT_TYPE, PROJECT, ACTIVITY, TECHNOLOGY, TIME_ENTRY)
# Work by hand may wait for longer than a request.
CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 60

ALL = "SELECT * FROM c"
OWNED = "SELECT * FROM c WHERE c.owner_id = @owner"
OWNERLESS = "SELECT * FROM c WHERE NOT IS_STRING(c.owner_id) OR TRIM(c.owner_id) = ''"
# One after another, by the index: there are few tenants, and a query for distinct values would read every document.
NEXT_TENANT = "SELECT TOP 1 VALUE c.tenant_id FROM c WHERE c.tenant_id > @last ORDER BY c.tenant_id"
NEXT_OWNER = "SELECT TOP 1 VALUE c.owner_id FROM c WHERE c.owner_id > @last ORDER BY c.owner_id"

# What names no tenant is in no tenant's partition.
TENANTLESS = "SELECT c.id, c.tenant_id FROM c WHERE NOT IS_STRING(c.tenant_id) OR c.tenant_id = ''"

IS_QUERY = "x-ms-documentdb-isquery"
IS_QUERY_PLAN = "x-ms-cosmos-is-query-plan-request"


class OldDatabaseError(Exception):
    """The old database can't be read; the message says why."""


class WriteRefusedError(AssertionError):
    """A fault of ours: something would have been written to the old account."""


class ReadingPace(Pace):
    """Sends what reads, at the pace of work by hand, since people still work there; refuses everything else."""

    async def send(self, request: Any, **options: Any) -> Any:
        """Send a request that reads. Raises WriteRefusedError for any other."""
        headers = {name.lower(): str(value).lower() for name, value in request.headers.items()}
        reads = request.method == "GET" or (
            request.method == "POST" and "true" in {headers.get(IS_QUERY), headers.get(IS_QUERY_PLAN)}
        )
        if not reads:
            raise WriteRefusedError(f"{request.method} to the old account")
        return await super().send(request, **options)


class OldDatabase:
    """The old system's database: its containers have the key `/tenant_id`. Every method raises OldDatabaseError."""

    def __init__(self, endpoint: str, key: str | None, database: str, units_per_second: float) -> None:
        new = settings()
        if (endpoint.rstrip("/"), database) == (new.cosmos_endpoint.rstrip("/"), new.cosmos_database):
            raise OldDatabaseError("that is the new database, which the settings name")
        credential = key or identity()
        self._identity = None if isinstance(credential, str) else credential
        self._client = CosmosClient(
            endpoint,
            credential=credential,
            connection_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            transport=ReadingPace(units_per_second),
        )
        self._database = database

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, error: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        await self._client.close()
        if self._identity:
            await self._identity.close()

    async def tenants(self) -> list[str]:
        """Every tenant that has anything, as it is written there."""
        found: set[str] = set()
        for container_id in CONTAINERS:
            found.update([tenant async for tenant in self._distinct(container_id, NEXT_TENANT)])
        return sorted(found)

    async def tenantless(self, container_id: str) -> list[Document]:
        """The ids of the documents that name no tenant."""
        return [one async for one in self._query(container_id, TENANTLESS, {}, None)]

    async def owners(self, tenant_id: str) -> list[str]:
        """Everyone who has an entry, as it is written there."""
        return [owner async for owner in self._distinct(TIME_ENTRY, NEXT_OWNER, tenant_id)]

    async def entries(self, tenant_id: str, owner_id: str) -> list[Document]:
        """The entries of the owner whose id is written so, deleted ones included."""
        return [one async for one in self._query(TIME_ENTRY, OWNED, {"owner": owner_id}, tenant_id)]

    async def ownerless(self, tenant_id: str) -> list[Document]:
        """The entries that are nobody's."""
        return [one async for one in self._query(TIME_ENTRY, OWNERLESS, {}, tenant_id)]

    async def items(self, container_id: str, tenant_id: str) -> list[Document]:
        """All of a tenant's catalog of one kind, deleted items included."""
        return [one async for one in self._query(container_id, ALL, {}, tenant_id)]

    async def _distinct(self, container_id: str, text: str, tenant_id: str | None = None) -> AsyncIterator[str]:
        last = ""
        while found := [one async for one in self._query(container_id, text, {"last": last}, tenant_id)]:
            last = found[0]
            yield last

    async def _query(
        self, container_id: str, text: str, parameters: Mapping[str, Any], tenant_id: str | None
    ) -> AsyncIterator[Any]:
        where: dict[str, Any] = {} if tenant_id is None else {"partition_key": tenant_id}
        try:
            results = self._container(container_id).query_items(
                text,
                parameters=[{"name": f"@{name}", "value": value} for name, value in parameters.items()],
                max_item_count=PAGE_SIZE,
                **where,
            )
            async for result in results:
                yield result
        except CosmosHttpResponseError as error:
            if error.status_code == 404:
                raise OldDatabaseError(f"the old account has no container {self._database}/{container_id}") from error
            raise OldDatabaseError(f"the old database answered {error.status_code}: {error.reason}") from error
        except AzureError as error:
            raise OldDatabaseError(f"the old database can't be reached ({type(error).__name__})") from error

    def _container(self, container_id: str) -> ContainerProxy:
        return self._client.get_database_client(self._database).get_container_client(container_id)
