"""Creates the database and its containers, where a key allows it: data-plane roles can't (then the template does)."""

import asyncio
from contextlib import suppress
from typing import Any

from azure.cosmos import PartitionKey
from azure.cosmos.aio import DatabaseProxy
from azure.cosmos.exceptions import CosmosResourceExistsError

from shared.clients import cosmos
from shared.config import settings
from shared.cosmos.containers import CONTAINERS, Container


async def run() -> None:
    """Create what is missing; what is there stays as it is."""
    if settings().cosmos_key is None:
        return
    # Two runners may find the same thing missing at once; the one that comes second finds it there.
    with suppress(CosmosResourceExistsError):
        await cosmos().create_database_if_not_exists(settings().cosmos_database)
    database = cosmos().get_database_client(settings().cosmos_database)
    await asyncio.gather(*(_create(database, container) for container in CONTAINERS))


async def _create(database: DatabaseProxy, container: Container) -> None:
    options: dict[str, Any] = {"indexing_policy": container.indexing_policy}
    if container.ttl_seconds is not None:
        options["default_ttl"] = container.ttl_seconds
    if container.unique_key:
        options["unique_key_policy"] = {"uniqueKeys": [{"paths": list(container.unique_key)}]}
    with suppress(CosmosResourceExistsError):
        await database.create_container_if_not_exists(container.id, _partition_key(container), **options)


def _partition_key(container: Container) -> PartitionKey:
    if len(container.partition_key) == 1:
        return PartitionKey(container.partition_key[0])
    return PartitionKey(list(container.partition_key), kind="MultiHash")
