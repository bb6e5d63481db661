"""The real SDK, sync and async, on the account of the environment or on the embedded database."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Protocol

import pytest
from azure.cosmos import CosmosClient, PartitionKey
from azure.cosmos.aio import CosmosClient as AsyncCosmosClient
from hypothesis import HealthCheck, settings

from embedded_cosmos import testing
from embedded_cosmos.testing import CosmosAccount
from embedded_cosmos.tests.raw import Raw
from embedded_cosmos.tests.sdk import done

# A container of one example serves all of them, and the machine may be busy.
settings.register_profile("embedded", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("embedded")

SINGLE_KEY = PartitionKey(path="/pk")
HIERARCHICAL_KEY = PartitionKey(path=["/tenant", "/owner"])


class NewContainer(Protocol):
    def __call__(self, partition_key: PartitionKey = ..., **options: Any) -> Awaitable[Any]: ...


@pytest.fixture(scope="session")
def cosmos_account() -> Iterator[CosmosAccount]:
    with testing.cosmos_account() as account:
        yield account


@pytest.fixture(scope="session")
def database_name(cosmos_account: CosmosAccount) -> Iterator[str]:
    name = f"contract-{uuid.uuid4().hex[:12]}"
    with CosmosClient(cosmos_account.endpoint, cosmos_account.key) as client:
        client.create_database(name)
        yield name
        client.delete_database(name)


@pytest.fixture(scope="session", params=["sync", "aio"])
async def client(request: pytest.FixtureRequest, cosmos_account: CosmosAccount) -> AsyncIterator[Any]:
    if request.param == "sync":
        with CosmosClient(cosmos_account.endpoint, cosmos_account.key) as sync_client:
            yield sync_client
    else:
        async with AsyncCosmosClient(cosmos_account.endpoint, cosmos_account.key) as async_client:
            yield async_client


@pytest.fixture
def database(client: Any, database_name: str) -> Any:
    return client.get_database_client(database_name)


@pytest.fixture
async def new_container(database: Any) -> AsyncIterator[NewContainer]:
    made: list[str] = []

    async def make(partition_key: PartitionKey = SINGLE_KEY, **options: Any) -> Any:
        name = f"c-{uuid.uuid4().hex[:12]}"
        container = await done(database.create_container(name, partition_key, **options))
        made.append(name)
        return container

    yield make
    for name in made:
        await done(database.delete_container(name))


@pytest.fixture
async def container(new_container: Callable[..., Awaitable[Any]]) -> Any:
    return await new_container()


@pytest.fixture
async def wide_container(new_container: Callable[..., Awaitable[Any]]) -> Any:
    """One with three physical partitions."""
    return await new_container(HIERARCHICAL_KEY, offer_throughput=30_000)


@pytest.fixture(scope="module")
def raw(cosmos_account: CosmosAccount) -> Iterator[Raw]:
    """Signed requests without an SDK."""
    client = Raw(cosmos_account.endpoint, cosmos_account.key)
    yield client
    client.close()


@pytest.fixture
def link(cosmos_account: CosmosAccount, database_name: str) -> Iterator[str]:
    """The link of a container with a single key, for such requests."""
    with CosmosClient(cosmos_account.endpoint, cosmos_account.key) as client:
        database = client.get_database_client(database_name)
        container = database.create_container(f"raw-{uuid.uuid4().hex[:8]}", SINGLE_KEY)
        yield container.container_link
        database.delete_container(container)
