"""Starts and stops the change feed triggers and timers of a host together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from azure.cosmos.aio import CosmosClient

from local.host.change_feed import ChangeFeedProcessor
from local.host.configuration import AppSettings
from local.host.connections import Account
from local.host.errors import HostError
from local.host.indexing import IndexedFunction
from local.host.timers import TimerProcessor
from local.host.trigger_work import TriggerWork
from local.host.triggers import ChangeFeedTrigger, TimerTrigger

# How long a call in hand may keep the host from stopping; a batch that takes longer comes again.
_GRACE_SECONDS = 5.0
# Where locks and status of timers lie. The real host has them in the storage account of AzureWebJobsStorage.
_TIMER_CONNECTION = "COSMOS_CONNECTION"
_TIMER_DATABASE = "COSMOS_DATABASE"
_TIMER_DATABASE_BY_DEFAULT = "time-tracker"

_log = logging.getLogger("local.host.triggers")


class RunningTriggers:
    """The triggers of a host that runs."""

    def __init__(self, processors: Sequence[ChangeFeedProcessor]) -> None:
        self._processors = processors

    async def caught_up(self) -> None:
        """Wait until each change feed trigger has handled what lay before it when it started."""
        for processor in self._processors:
            await processor.caught_up.wait()


class TriggerRunner:
    """The triggers of an app other than HTTP; each `running` block is a life of its own."""

    def __init__(self, functions: Iterable[IndexedFunction], settings: AppSettings) -> None:
        functions = list(functions)
        self._feeds = [
            (
                function,
                trigger,
                Account.named(trigger.connection, settings, function.name),
                Account.named(trigger.lease_connection, settings, function.name),
            )
            for function in functions
            if isinstance(trigger := function.trigger, ChangeFeedTrigger)
        ]
        timers = [
            (function, trigger) for function in functions if isinstance(trigger := function.trigger, TimerTrigger)
        ]
        self._timer_account = _timer_account(settings) if timers else None
        self._timer_database = settings.get(_TIMER_DATABASE) or _TIMER_DATABASE_BY_DEFAULT
        self._timers = timers if self._timer_account else []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[RunningTriggers]:
        async with AsyncExitStack() as stack:
            clients: dict[Account, CosmosClient] = {}
            for account in {*(account for *_, watched, leases in self._feeds for account in (watched, leases))}:
                clients[account] = _opened(account, stack)
            feeds = [
                ChangeFeedProcessor(function, trigger, clients[watched], clients[leases])
                for function, trigger, watched, leases in self._feeds
            ]
            timers: list[TimerProcessor] = []
            if self._timer_account is not None:
                client = clients.get(self._timer_account) or _opened(self._timer_account, stack)
                database = client.get_database_client(self._timer_database)
                timers = [TimerProcessor(function, trigger, database) for function, trigger in self._timers]
            processors: list[TriggerWork] = [*feeds, *timers]
            tasks = [asyncio.create_task(processor.run()) for processor in processors]
            try:
                yield RunningTriggers(feeds)
            finally:
                for processor in processors:
                    processor.stop()
                await _finish(tasks)


def _opened(account: Account, stack: AsyncExitStack) -> CosmosClient:
    client = account.open()
    stack.push_async_callback(client.close)
    return client


def _timer_account(settings: AppSettings) -> Account | None:
    """Where timers are kept. Without it they don't start, and all else works, as on a real host without its storage."""
    try:
        return Account.named(_TIMER_CONNECTION, settings, "timers")
    except HostError as error:
        _log.error("No timer starts. %s", error)
        return None


async def _finish(tasks: list[asyncio.Task[None]]) -> None:
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
    for task in late:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            _log.error("A trigger had ended early", exc_info=outcome)
