"""Starts and stops every change feed trigger of a host together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from local.host.change_feed import ChangeFeedProcessor
from local.host.configuration import AppSettings
from local.host.connections import Account
from local.host.indexing import IndexedFunction
from local.host.triggers import ChangeFeedTrigger

# How long a batch in hand may keep the host from stopping; one that takes longer comes again.
_GRACE_SECONDS = 5.0

_log = logging.getLogger("local.host.triggers")


class RunningTriggers:
    """The triggers of a host that runs."""

    def __init__(self, processors: Sequence[ChangeFeedProcessor]) -> None:
        self._processors = processors

    async def caught_up(self) -> None:
        """Wait until each has handled what lay before it when it started."""
        for processor in self._processors:
            await processor.caught_up.wait()


class TriggerRunner:
    """The change feed triggers of an app; each `running` block is a life of its own."""

    def __init__(self, functions: Iterable[IndexedFunction], settings: AppSettings) -> None:
        self._jobs = [
            (
                function,
                trigger,
                Account.named(trigger.connection, settings, function.name),
                Account.named(trigger.lease_connection, settings, function.name),
            )
            for function in functions
            if isinstance(trigger := function.trigger, ChangeFeedTrigger)
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[RunningTriggers]:
        async with AsyncExitStack() as stack:
            accounts = {account for *_, watched, leases in self._jobs for account in (watched, leases)}
            clients = {account: account.open() for account in accounts}
            for client in clients.values():
                stack.push_async_callback(client.close)
            processors = [
                ChangeFeedProcessor(function, trigger, clients[watched], clients[leases])
                for function, trigger, watched, leases in self._jobs
            ]
            tasks = [asyncio.create_task(processor.run()) for processor in processors]
            try:
                yield RunningTriggers(processors)
            finally:
                for processor in processors:
                    processor.stop()
                await _finish(tasks)


async def _finish(tasks: list[asyncio.Task[None]]) -> None:
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
    for task in late:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            _log.error("A change feed trigger had ended early", exc_info=outcome)
