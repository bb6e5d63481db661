"""Runs one change feed trigger: holds leases, reads, hands batches to the function, and records how far it got."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import azure.functions as func
from azure.cosmos import PartitionKey
from azure.cosmos.aio import CosmosClient
from azure.cosmos.exceptions import CosmosResourceExistsError

from local.host.feed import FeedReader
from local.host.indexing import IndexedFunction
from local.host.leases import Lease, LeaseContainer
from local.host.trigger_work import StoppedError, TriggerWork
from local.host.triggers import ChangeFeedTrigger


class ChangeFeedProcessor(TriggerWork):
    """One trigger's work."""

    def __init__(
        self, function: IndexedFunction, trigger: ChangeFeedTrigger, watched: CosmosClient, leases: CosmosClient
    ) -> None:
        super().__init__(function.name)
        self._function = function
        self._trigger = trigger
        self._watched = watched.get_database_client(trigger.database).get_container_client(trigger.container)
        self._lease_database = leases.get_database_client(trigger.lease_database)
        # Set once there was nothing more to read.
        self.caught_up = asyncio.Event()

    async def run(self) -> None:
        with suppress(StoppedError):
            name = await self.patiently(self._open)
            leases = LeaseContainer(
                self._lease_database.get_container_client(self._trigger.lease_container),
                self.owner,
                self._trigger.lease_life,
            )
            current = await self.patiently(self._read_ranges)
            ranges = await self.patiently(partial(leases.agree_on, f"{name}.info", current))
            async with asyncio.TaskGroup() as group:
                for number, feed_range in enumerate(ranges):
                    group.create_task(self._work_on(leases, f"{name}..{number}", feed_range))

    async def _work_on(self, leases: LeaseContainer, lease_id: str, feed_range: Mapping[str, Any]) -> None:
        fields = {"feed_range": feed_range, "continuation": None}
        with suppress(StoppedError):
            # As on the real host, leases are made at the start and never again.
            await self.patiently(partial(leases.create, lease_id, fields))
            await self.repeat(
                partial(leases.acquire, lease_id, fields), self._trigger.lease_acquisition, self._trigger.lease_renewal
            )

    async def _open(self) -> str:
        """Make what is missing; give the name of the trigger's leases."""
        if self._trigger.creates_lease_container:
            # Another trigger may be making it at the same moment.
            with suppress(CosmosResourceExistsError):
                await self._lease_database.create_container_if_not_exists(
                    self._trigger.lease_container, PartitionKey("/id")
                )
        watched = await self._watched.read()
        # The resource id changes when a container is deleted and made again, and then its old leases mean nothing.
        resource_id = str(watched["_rid"]).replace("/", "-")
        return f"{self._trigger.lease_prefix}{self._trigger.database}_{self._trigger.container}_{resource_id}"

    async def _read_ranges(self) -> list[dict[str, Any]]:
        return [feed_range async for feed_range in self._watched.read_feed_ranges()]

    async def work(self, lease: Lease) -> None:
        trigger, continuation = self._trigger, lease.document["continuation"]
        reader = FeedReader(
            self._watched,
            lease.document["feed_range"],
            trigger.start,
            None if continuation is None else str(continuation),
            batch_size=trigger.batch_size,
        )
        while not self.stopping.is_set():
            documents, continuation = await self.patiently(reader.next_page)
            if documents:
                await self._deliver(documents)
            if documents or reader.continuation is None:
                await self.patiently(partial(lease.keep, {"continuation": continuation}))
            reader.continuation = continuation
            if not documents:
                self.caught_up.set()
                await self.pause(trigger.poll_delay)
        raise StoppedError

    async def _deliver(self, documents: Sequence[dict[str, Any]]) -> None:
        """Hand a batch over; each try gets documents of its own, for a handler may change them."""
        # Written and read, as on the way to the worker in Azure, a batch is copied in half the time of `deepcopy`.
        text = json.dumps(documents)

        def batch() -> func.DocumentList:
            return func.DocumentList(map(func.Document.from_dict, json.loads(text)))

        await self.call(self._function, batch, f"Azure goes on, and {len(documents)} documents are lost")
