"""Runs one change feed trigger: holds leases, reads, hands batches to the function, and records how far it got."""

import asyncio
import copy
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

import azure.functions as func
from aiohttp import ClientError
from azure.core.exceptions import AzureError
from azure.cosmos import PartitionKey
from azure.cosmos.aio import CosmosClient
from azure.cosmos.exceptions import CosmosResourceExistsError

from local.host.feed import FeedReader
from local.host.indexing import IndexedFunction
from local.host.invocation import invoke
from local.host.leases import Lease, LeaseLostError, LeaseTable
from local.host.triggers import ChangeFeedTrigger

# What "the database is away" looks like through the SDK.
_AWAY = (AzureError, ClientError, OSError, TimeoutError)
_WAIT_WHILE_AWAY = 1.0
_SECONDS_BETWEEN_COMPLAINTS = 30.0
_RELEASE_SECONDS = 2.0

T = TypeVar("T")

_log = logging.getLogger("local.host.triggers")


class StoppedError(Exception):
    """The host is being stopped; what was not finished comes again."""


class ChangeFeedProcessor:
    """One trigger's work, from start to stop."""

    def __init__(
        self, function: IndexedFunction, trigger: ChangeFeedTrigger, watched: CosmosClient, leases: CosmosClient
    ) -> None:
        self._function = function
        self._trigger = trigger
        self._watched = watched.get_database_client(trigger.database).get_container_client(trigger.container)
        self._lease_database = leases.get_database_client(trigger.lease_database)
        self._stopping = asyncio.Event()
        # Set once there was nothing more to read.
        self.caught_up = asyncio.Event()
        self._last_complaint = float("-inf")
        # A host, a process, a function: two triggers of one host share leases as two hosts do.
        self._owner = f"{socket.gethostname()}/{os.getpid()}/{function.name}/{uuid4()}"

    def stop(self) -> None:
        """Ask to stop: the batch in hand is finished, nothing new is begun."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until `stop` is called, whatever the database does meanwhile."""
        with suppress(StoppedError):
            table = await self._patiently(self._open_table)
            current = await self._patiently(self._read_ranges)
            ranges = await self._patiently(partial(table.feed_ranges, current))
            async with asyncio.TaskGroup() as group:
                for number, feed_range in enumerate(ranges):
                    group.create_task(self._hold(partial(table.acquire, number, feed_range)))

    async def _open_table(self) -> LeaseTable:
        container_id = self._trigger.lease_container
        if self._trigger.creates_lease_container:
            # Another trigger may be making it at the same moment.
            with suppress(CosmosResourceExistsError):
                await self._lease_database.create_container_if_not_exists(container_id, PartitionKey("/id"))
        watched = await self._watched.read()
        leases = self._lease_database.get_container_client(container_id)
        # The resource id changes when a container is deleted and made again, and then its old leases mean nothing.
        resource_id = str(watched["_rid"]).replace("/", "-")
        name = f"{self._trigger.lease_prefix}{self._trigger.database}_{self._trigger.container}_{resource_id}"
        return LeaseTable(leases, name, self._owner, self._trigger.lease_life)

    async def _read_ranges(self) -> list[dict[str, Any]]:
        return [feed_range async for feed_range in self._watched.read_feed_ranges()]

    async def _hold(self, acquire: Callable[[], Awaitable[Lease | None]]) -> None:
        """Take the lease of one range whenever it is free, and work on it for as long as it is ours."""
        with suppress(StoppedError):
            while True:
                lease = await self._patiently(acquire)
                if lease is not None:
                    await self._work(lease)
                await self._pause(self._trigger.lease_acquisition)

    async def _work(self, lease: Lease) -> None:
        tasks = [asyncio.create_task(self._process(lease)), asyncio.create_task(self._keep(lease))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        except LeaseLostError:
            _log.info("%s: another host may have taken over a part of the change feed", self._function.name)
        except StoppedError:
            raise
        except Exception:  # noqa: BLE001 - a mistake in here must not end the trigger in silence
            _log.exception("%s: the host failed to read the change feed; it begins anew", self._function.name)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(LeaseLostError, *_AWAY):
                await asyncio.wait_for(lease.release(), _RELEASE_SECONDS)

    async def _keep(self, lease: Lease) -> None:
        """Renew the lease; one that cannot be renewed in time is given up, for then another host may have it."""
        loop = asyncio.get_running_loop()
        while loop.time() < lease.deadline:
            await asyncio.sleep(min(self._trigger.lease_renewal, max(lease.deadline - loop.time(), 0)))
            try:
                await asyncio.wait_for(lease.renew(), max(lease.deadline - loop.time(), 0))
            except _AWAY as error:
                self._complain(error)
        raise LeaseLostError

    async def _process(self, lease: Lease) -> None:
        trigger = self._trigger
        reader = FeedReader(
            self._watched, lease.feed_range, trigger.start, lease.continuation, batch_size=trigger.batch_size
        )
        while not self._stopping.is_set():
            documents, continuation = await self._patiently(reader.next_page)
            if documents:
                await self._deliver(documents)
            if documents or lease.continuation is None:
                await self._patiently(partial(lease.checkpoint, continuation))
            reader.continuation = continuation
            if not documents:
                self.caught_up.set()
                await self._pause(trigger.poll_delay)

    async def _deliver(self, documents: Sequence[dict[str, Any]]) -> None:
        """Hand a batch over until the function takes it, or its retry policy has had enough."""
        name, policy, retry = self._function.name, self._function.retry, 0
        while True:
            batch = func.DocumentList(func.Document.from_dict(copy.deepcopy(document)) for document in documents)
            try:
                await invoke(self._function, batch)
            except Exception:  # noqa: BLE001 - whatever a function lets escape ends here
                retry += 1
                if policy is None or not policy.allows(retry):
                    lost = "without a retry policy" if policy is None else f"after {retry - 1} retries"
                    _log.exception("%s failed; %s Azure goes on, and %d documents are lost", name, lost, len(documents))
                    return
                delay = policy.delay(retry)
                _log.exception("%s failed; the same %d documents come again in %.1f s", name, len(documents), delay)
                await self._pause(delay)
            else:
                return

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call the database until it answers."""
        while True:
            try:
                return await call()
            except _AWAY as error:
                self._complain(error)
            await self._pause(_WAIT_WHILE_AWAY)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not when the host is being stopped."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        if self._stopping.is_set():
            raise StoppedError

    def _complain(self, error: BaseException) -> None:
        """Say that the database is away, once in a while."""
        now = asyncio.get_running_loop().time()
        is_due = now - self._last_complaint >= _SECONDS_BETWEEN_COMPLAINTS
        if is_due:
            self._last_complaint = now
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        level = logging.WARNING if is_due else logging.DEBUG
        _log.log(level, "%s waits for the database: %s", self._function.name, reason)
