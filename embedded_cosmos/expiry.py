"""Clears away, now and then, what has run out of time.

Expired documents are invisible at once, and a write removes those of its own logical partition; this gives back the
space of the rest.
"""

import asyncio
import contextlib
import sqlite3
import time

from embedded_cosmos import versions
from embedded_cosmos.catalog import Catalog, Container
from embedded_cosmos.errors import CosmosError
from embedded_cosmos.store import Store

SWEEP_SECONDS = 60.0
# Few enough that no request waits long for the writer.
_AT_ONCE = 200


class Sweeper:
    """Walks through all containers, a small transaction at a time."""

    def __init__(self, store: Store, catalog: Catalog, seconds: float = SWEEP_SECONDS) -> None:
        self._store = store
        self._catalog = catalog
        self._seconds = seconds

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            for container in self._catalog.containers():
                if container.ttl is not None:
                    await self._sweep(container)
                if container.retention is not None:
                    await self._prune(container)

    async def _prune(self, container: Container) -> None:
        with contextlib.suppress(CosmosError):
            async with self._store.transaction() as db:
                versions.prune(db, container)

    async def _sweep(self, container: Container) -> None:
        sql = f"SELECT rid FROM {container.table} WHERE expires <= ?"

        def expired(db: sqlite3.Connection) -> list[tuple[int]]:
            return db.execute(sql, (int(time.time()),)).fetchall()

        try:
            rids = await self._store.read(expired)
            for start in range(0, len(rids), _AT_ONCE):
                await self._delete(container, rids[start : start + _AT_ONCE])
        except CosmosError:
            # The container went away meanwhile.
            return

    async def _delete(self, container: Container, rids: list[tuple[int]]) -> None:
        sql = f"DELETE FROM {container.table} WHERE rid = ? AND expires <= ?"
        async with self._store.transaction() as db:
            # One that was written again since it was found has its time before it.
            db.executemany(sql, [(rid, int(time.time())) for (rid,) in rids])
        await asyncio.sleep(0)
