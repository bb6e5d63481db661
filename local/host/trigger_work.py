"""What every trigger's work does: wait for an unavailable database, hold a lease, and stop when asked to."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar
from uuid import uuid4

from aiohttp import ClientError
from azure.core.exceptions import AzureError

from local.host.indexing import IndexedFunction
from local.host.invocation import Retry, invoke
from local.host.leases import Lease, LeaseDeletedError, LeaseLostError

# What "the database is unavailable" looks like through the SDK.
AWAY = (AzureError, ClientError, OSError, TimeoutError)
_WAIT_WHILE_AWAY = 1.0
_SECONDS_BETWEEN_COMPLAINTS = 30.0
_RELEASE_SECONDS = 2.0

T = TypeVar("T")

log = logging.getLogger("local.host.triggers")


class StoppedError(Exception):
    """The host is being stopped; what was not finished comes again."""


class TriggerWork:
    """One trigger's work, from start to stop; `name` is its function's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopping = asyncio.Event()
        self._last_complaint = float("-inf")
        # A host, a process, a function: two triggers of one host share leases as two hosts do.
        self.owner = f"{socket.gethostname()}/{os.getpid()}/{name}/{uuid4()}"

    def stop(self) -> None:
        """Ask to stop: the call in hand is finished, nothing new is begun."""
        self.stopping.set()

    async def patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call the database until it answers."""
        while True:
            try:
                return await call()
            except AWAY as error:
                self._complain(error)
            await self.pause(_WAIT_WHILE_AWAY)

    async def pause(self, seconds: float | None) -> None:
        """Wait so long, or until the host is being stopped: then raises StoppedError."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)
        if self.stopping.is_set():
            raise StoppedError

    async def call(self, function: IndexedFunction, argument: Callable[[], Any], consequence: str) -> None:
        """Call the function until it succeeds, or its retry policy has had enough; the log then says the consequence.

        Whatever it lets escape ends here. Raises StoppedError between two tries.
        """
        policy, retry = function.retry, 0
        while True:
            try:
                await invoke(function, argument(), Retry.number(retry, policy))
            except Exception:
                retry += 1
                if policy is None or not policy.allows(retry):
                    tried = "without a retry policy" if policy is None else f"after {retry - 1} retries"
                    log.exception("%s failed; %s %s", self.name, tried, consequence)
                    return
                delay = policy.delay(retry)
                log.exception("%s failed; it is tried again in %.1f s", self.name, delay)
                await self.pause(delay)
            else:
                return

    async def repeat(self, acquire: Callable[[], Awaitable[Lease | None]], every: float, renewal: float) -> None:
        """Take a lease whenever it is free, and work for as long as it is ours; look for it so often.

        Returns when the lease is deleted: the real host goes on without that lease until it is started again.
        """
        with suppress(StoppedError):
            while True:
                try:
                    lease = await self.patiently(acquire)
                    if lease is not None:
                        await self._hold(lease, renewal)
                except LeaseDeletedError:
                    log.warning(
                        "%s: its lease was deleted. Nothing comes from it until the host is started again; "
                        "in Azure not even the log would say so",
                        self.name,
                    )
                    return
                except LeaseLostError:
                    log.info("%s: another host has taken over", self.name)
                except StoppedError:
                    raise
                except Exception:
                    # A mistake in here, or a lease that holds nonsense, must not end the trigger in silence.
                    log.exception("%s: the host failed at this trigger, and begins anew", self.name)
                await self.pause(every)

    async def run(self) -> None:
        """Work until `stop` is called, whatever the database does meanwhile."""
        raise NotImplementedError

    async def work(self, lease: Lease) -> None:
        """What is done under a lease, until StoppedError; it may be cancelled at any point."""
        raise NotImplementedError

    async def _hold(self, lease: Lease, renewal: float) -> None:
        tasks = [asyncio.create_task(self.work(lease)), asyncio.create_task(self._keep(lease, renewal))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(LeaseLostError, LeaseDeletedError, *AWAY):
                await asyncio.wait_for(lease.release(), _RELEASE_SECONDS)

    async def _keep(self, lease: Lease, renewal: float) -> None:
        """Renew the lease; one that cannot be renewed in time is given up, for then another host may have it."""
        loop = asyncio.get_running_loop()
        while loop.time() < lease.deadline:
            await asyncio.sleep(min(renewal, max(lease.deadline - loop.time(), 0)))
            try:
                await asyncio.wait_for(lease.renew(), max(lease.deadline - loop.time(), 0))
            except AWAY as error:
                self._complain(error)
        raise LeaseLostError

    def _complain(self, error: BaseException) -> None:
        """Log that the database is unavailable, once in a while."""
        now = asyncio.get_running_loop().time()
        is_due = now - self._last_complaint >= _SECONDS_BETWEEN_COMPLAINTS
        if is_due:
            self._last_complaint = now
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        level = logging.WARNING if is_due else logging.DEBUG
        log.log(level, "%s waits for the database: %s", self.name, reason)
