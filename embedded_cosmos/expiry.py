"""Clears away, now and then, what has run out of time.

Expired documents are invisible at once, and a write removes those of its own logical partition; this gives back the
space of the rest.
"""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from embedded_cosmos import versions
from embedded_cosmos.container import Container
from embedded_cosmos.errors import CosmosError
from embedded_cosmos.partition import PartitionKey
from embedded_cosmos.store import Store

SWEEP_SECONDS = 60.0
# Few enough that no request waits long for the writer.
_AT_ONCE = 200


def remove_expired(
    db: sqlite3.Connection, container: Container, where: str = "1", params: tuple[Any, ...] = ()
) -> None:
    """Delete what has run out of time. A container that keeps every version keeps these deletes too.

    The caller holds the transaction, and saves the container's sequence numbers in it.
    """
    now = int(time.time())
    if container.retention is None:
        db.execute(f"DELETE FROM {container.table} WHERE {where} AND expires <= ?", (*params, now))
        return
    sql = f"SELECT rid, pk, epk, body, range_lsn FROM {container.table} WHERE {where} AND expires <= ? ORDER BY expires"
    for rid, pk, epk, body, range_lsn in db.execute(sql, (*params, now)).fetchall():
        key, sequence, previous = PartitionKey(pk, epk), container.advance(epk), versions.Version(body, range_lsn)
        versions.record(db, container, key, sequence, current=None, previous=previous, expired=True)
        db.execute(f"DELETE FROM {container.table} WHERE rid = ?", (rid,))


async def sweep(store: Store, container: Container) -> None:
    """Clear away all that has run out of time, a small transaction at a time."""
    sql = f"SELECT rid FROM {container.table} WHERE expires <= ?"
    now = int(time.time())
    rids: list[tuple[int]] = await store.read(lambda db: db.execute(sql, (now,)).fetchall())
    for start in range(0, len(rids), _AT_ONCE):
        some = [rid for (rid,) in rids[start : start + _AT_ONCE]]
        async with store.transaction() as db:
            # One that was written again since it was found has its time before it.
            remove_expired(db, container, f"rid IN ({','.join('?' * len(some))})", tuple(some))
            container.save_sequence(db)
        await asyncio.sleep(0)


class Sweeper:
    """Walks through all containers, now and then."""

    def __init__(self, store: Store, containers: Callable[[], list[Container]], seconds: float = SWEEP_SECONDS) -> None:
        self._store = store
        self._containers = containers
        self._seconds = seconds

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            for container in self._containers():
                # A container may go away meanwhile.
                with contextlib.suppress(CosmosError):
                    await self._clear(container)

    async def _clear(self, container: Container) -> None:
        if container.ttl is not None:
            await sweep(self._store, container)
        if container.retention is not None:
            async with self._store.transaction() as db:
                versions.prune(db, container)
