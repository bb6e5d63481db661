"""Leases: documents that say which host does a piece of work, and how far it got.

A lease belongs to its owner until it expires. Every write of a lease names the ETag that was read, so that of two hosts
that reach for the same one the database lets one have it. A document that lacks a field, or holds nonsense in it, was
made or changed by hand: it counts as free, and the host that takes it completes it.
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
    """Another host has the lease now."""


class LeaseDeletedError(Exception):
    """Somebody deleted the lease."""


class Lease:
    """A lease that is owned; `deadline` is when it expires, on the event loop's clock."""

    def __init__(self, container: ContainerProxy, document: Mapping[str, Any], life: float, deadline: float) -> None:
        self._container = container
        self._document = document
        self._life = life
        self._lock = asyncio.Lock()
        self.deadline = deadline

    @property
    def document(self) -> Mapping[str, Any]:
        """What the lease held when it was last written or read."""
        return self._document

    async def renew(self) -> None:
        """Hold it for another life. Raises LeaseLostError or LeaseDeletedError, as every write does."""
        await self.keep({})

    async def keep(self, progress: Mapping[str, Any]) -> None:
        """Record progress in the lease, and renew it."""
        await self._write({**progress, "expires_at": time.time() + self._life})

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
                    current = await _read(self._container, self._document["id"])
                    if current is None:
                        raise LeaseDeletedError from error
                    if current.get("owner") != owner:
                        raise LeaseLostError from error
                    self._document = current
                except CosmosResourceNotFoundError as error:
                    raise LeaseDeletedError from error
                else:
                    self.deadline = started + self._life
                    return


class LeaseContainer:
    """Where an owner takes its leases; `life` is how many seconds one lasts without being renewed."""

    def __init__(self, container: ContainerProxy, owner: str, life: float) -> None:
        self._container = container
        self._owner = owner
        self._life = life

    async def acquire(self, lease_id: str, fields: Mapping[str, Any]) -> Lease | None:
        """Take the lease if nobody has it, with these fields where it lacks them. Raises LeaseDeletedError."""
        deadline = asyncio.get_running_loop().time() + self._life
        found = await _read(self._container, lease_id)
        if found is None:
            raise LeaseDeletedError
        if _is_held(found):
            return None
        mine = {"owner": self._owner, "expires_at": time.time() + self._life}
        try:
            document = await _replace(self._container, {**fields, **found, **mine})
        except CosmosAccessConditionFailedError:
            return None
        except CosmosResourceNotFoundError as error:
            raise LeaseDeletedError from error
        return Lease(self._container, document, self._life, deadline)

    async def create(self, lease_id: str, fields: Mapping[str, Any]) -> None:
        """Make the lease, free, unless it is there."""
        with suppress(CosmosResourceExistsError):
            await self._container.create_item({"id": lease_id, "owner": None, "expires_at": 0, **fields})

    async def agree_on(self, document_id: str, ranges: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The feed ranges to work by: those of the host that came first stay, so that leases never overlap."""
        document = {"id": document_id, "ranges": list(ranges)}
        with suppress(CosmosResourceExistsError):
            await self._container.create_item(document)
        agreed = (await self._container.read_item(document_id, document_id)).get("ranges")
        if isinstance(agreed, list) and agreed:
            return list(agreed)
        await self._container.upsert_item(document)
        return list(ranges)


def _is_held(lease: Mapping[str, Any]) -> bool:
    expires_at = lease.get("expires_at")
    return bool(lease.get("owner")) and isinstance(expires_at, int | float) and expires_at > time.time()


async def _read(container: ContainerProxy, lease_id: str) -> Mapping[str, Any] | None:
    try:
        return dict(await container.read_item(lease_id, lease_id))
    except CosmosResourceNotFoundError:
        return None


async def _replace(container: ContainerProxy, document: Mapping[str, Any]) -> Mapping[str, Any]:
    return await container.replace_item(
        document["id"],
        dict(document),
        etag=document["_etag"],
        match_condition=MatchConditions.IfNotModified,
    )
