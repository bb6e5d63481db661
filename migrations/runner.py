"""Runs the migrations: forward only, in the order of their numbers, each recorded with its checksum once it is done.

A migration is a module `NNNN_name.py` with an idempotent `async def run() -> None`. An interrupted one is run again.
Only code of this project runs; the database provides only names and checksums of what has been run.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path

from azure.cosmos.exceptions import CosmosResourceExistsError, CosmosResourceNotFoundError
from tenacity import AsyncRetrying, retry_if_exception_type, wait_fixed

from shared import instants
from shared.clients import container
from shared.cosmos.containers import MIGRATION

FOLDER = Path(__file__).parent
CREATE_CONTAINERS = "0001_create_containers"
LOCK = "lock"
# The lock of a runner that dies is freed when its document expires.
LOCK_TTL_SECONDS = 60
RENEW_SECONDS = 20
LOOK_AGAIN_SECONDS = 0.5


class MigrationChangedError(Exception):
    """A migration has changed since it was run, so the code no longer says what it did to the data."""


async def migrate() -> list[str]:
    """Run what has not been run, while no other runner does; returns its names.

    Raises MigrationChangedError, and what a migration raises: those after it wait for it.
    """
    # The first one creates the container for the lock and the records. It changes nothing that exists.
    await _run(CREATE_CONTAINERS)
    async with _alone():
        waiting = await pending()
        for name in waiting:
            await _run(name)
            await _record(name)
        return waiting


async def pending() -> list[str]:
    """The names of what has not been run, in order. Raises MigrationChangedError."""
    recorded = await _recorded()
    for name in _names():
        if recorded.get(name, _checksum(name)) != _checksum(name):
            raise MigrationChangedError(f"{name} was changed after it was run; write a new migration instead")
    return [name for name in _names() if name not in recorded]


def _names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("[0-9][0-9][0-9][0-9]_*.py"))


async def _recorded() -> dict[str, str]:
    """The checksums of what has been run; none where there is no database yet."""
    records = container(MIGRATION).query_items("SELECT c.id, c.checksum FROM c WHERE IS_DEFINED(c.checksum)")
    try:
        return {record["id"]: record["checksum"] async for record in records}
    except CosmosResourceNotFoundError:
        return {}


async def _run(name: str) -> None:
    await import_module(f"migrations.{name}").run()


async def _record(name: str) -> None:
    applied_at = instants.format_instant(instants.now())
    await container(MIGRATION).upsert_item({"id": name, "checksum": _checksum(name), "applied_at": applied_at})


def _checksum(name: str) -> str:
    return hashlib.sha256((FOLDER / f"{name}.py").read_bytes()).hexdigest()


@contextlib.asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    """Wait until no other runner holds the lock, and hold it meanwhile."""
    taken = AsyncRetrying(retry=retry_if_exception_type(CosmosResourceExistsError), wait=wait_fixed(LOOK_AGAIN_SECONDS))
    async for trial in taken:
        with trial:
            await container(MIGRATION).create_item({"id": LOCK, "ttl": LOCK_TTL_SECONDS})
    renewal = asyncio.create_task(_renew())
    try:
        yield
    finally:
        renewal.cancel()
        await container(MIGRATION).delete_item(LOCK, partition_key=LOCK)


async def _renew() -> None:
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        await container(MIGRATION).upsert_item({"id": LOCK, "ttl": LOCK_TTL_SECONDS})
