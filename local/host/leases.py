"""Who reads which part of a change feed, and how far: documents in the lease container, one for each feed range.

A lease belongs to its owner until it expires. Every write of a lease names the ETag that was read, so of two hosts
that reach for the same one, the database lets one have it.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from azure.core import MatchConditions
from azure.cosmos.aio import ContainerProxy
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)


class LeaseLostError(Exception):
    """Another host has the lease now, or somebody deleted it."""


class Lease:
    """One feed range, owned; `deadline` is when it expires, on the event loop's clock."""

    def __init__(self, container: ContainerProxy, document: Mapping[str, Any], life: float, deadline: float) -> None:
        self._container = container
        self._document = document
        self._life = life
        self._lock = asyncio.Lock()
        self.deadline = deadline

    @property
    def feed_range(self) -> dict[str, Any]:
        return dict(self._document["feed_range"])

    @property
    def continuation(self) -> str | None:
        """Where reading goes on; None before the first checkpoint."""
        value = self._document.get("continuation")
        return None if value is None else str(value)

    async def renew(self) -> None:
        await self._write({"expires_at": time.time() + self._life})

    async def checkpoint(self, continuation: str) -> None:
        """Record that everything before this point has been handled."""
        await self._write({"continuation": continuation, "expires_at": time.time() + self._life})

    async def release(self) -> None:
        """Let another host, or this one's next start, take over at once."""
        await self._write({"owner": None, "expires_at": 0})

    async def _write(self, changes: Mapping[str, Any]) -> None:
        async with self._lock:
            started = asyncio.get_running_loop().time()
            owner = self._document["owner"]
            while True:
                try:
                    self._document = await _replace(self._container, {**self._document, **changes})
                except CosmosAccessConditionFailedError as error:
                    # Our own last write may have been applied without our hearing of it; then the lease is still ours.
                    current = await self._container.read_item(self._document["id"], self._document["id"])
                    if current["owner"] != owner:
                        raise LeaseLostError from error
                    self._document = current
                except CosmosResourceNotFoundError as error:
                    raise LeaseLostError from error
                else:
                    self.deadline = started + self._life
                    return


class LeaseTable:
    """The leases of one watched container, under one prefix."""

    def __init__(self, container: ContainerProxy, name: str, owner: str, life: float) -> None:
        self._container = container
        self._name = name
        self._owner = owner
        self._life = life

    async def feed_ranges(self, current: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Agree on the ranges: those of the host that came first stay, so that leases never overlap."""
        table_id = f"{self._name}.info"
        with suppress(CosmosResourceExistsError):
            await self._container.create_item({"id": table_id, "ranges": list(current)})
        agreed = await self._container.read_item(table_id, table_id)
        return list(agreed["ranges"])

    async def acquire(self, number: int, feed_range: Mapping[str, Any]) -> Lease | None:
        """Take the lease of that range if nobody has it."""
        lease_id = f"{self._name}..{number}"
        deadline = asyncio.get_running_loop().time() + self._life
        mine = {"owner": self._owner, "expires_at": time.time() + self._life}
        try:
            found = await self._container.read_item(lease_id, lease_id)
            if found["owner"] is not None and found["expires_at"] > time.time():
                return None
            document: Mapping[str, Any] | None = await _replace(self._container, {**found, **mine})
        except CosmosResourceNotFoundError:
            document = await self._create({"id": lease_id, "feed_range": feed_range, "continuation": None, **mine})
        except CosmosAccessConditionFailedError:
            return None
        return Lease(self._container, document, self._life, deadline) if document else None

    async def _create(self, document: dict[str, Any]) -> Mapping[str, Any] | None:
        try:
            return await self._container.create_item(document)
        except CosmosResourceExistsError:
            return None


async def _replace(container: ContainerProxy, document: Mapping[str, Any]) -> Mapping[str, Any]:
    return await container.replace_item(
        document["id"],
        dict(document),
        etag=document["_etag"],
        match_condition=MatchConditions.IfNotModified,
    )
