"""Runs one timer: on one host at a time, and what was due while no host ran is made up for, once, at the next start.

The lock that lets one host alone run it, and the status (when it last ran, when it runs next), lie in one lease.
The real host keeps them as blobs in the storage account of `AzureWebJobsStorage`.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, DatabaseProxy
from azure.cosmos.exceptions import CosmosResourceExistsError
from azure.functions.timer import TimerRequest

from local.host.indexing import IndexedFunction
from local.host.leases import Lease, LeaseContainer
from local.host.schedules import Schedule, keeps_status
from local.host.trigger_work import StoppedError, TriggerWork
from local.host.triggers import TimerTrigger

LEASES = "leases"
# Waiting is cut into pieces, for the clock that it goes by stands still while a laptop sleeps.
_LONGEST_WAIT_SECONDS = 30.0


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Status:
    """When a timer last ran (None: never yet), when it runs next (None: never), and when both were last settled."""

    last: datetime | None
    next: datetime | None
    updated: datetime

    @classmethod
    def after(cls, ran_at: datetime, schedule: Schedule) -> "Status":
        return cls(ran_at, schedule.next_after(ran_at), ran_at)

    @classmethod
    def at_start(cls, document: Any, schedule: Schedule, now: datetime) -> "Status":
        """The status that was kept, or a new one. A schedule that was changed since counts from its last run."""
        kept = _kept(document)
        if kept is None:
            return cls(None, schedule.next_after(now), now)
        expected = schedule.next_after(kept.last or kept.updated)
        if kept.next == expected:
            return kept
        if expected is not None and expected < now:
            expected = schedule.next_after(now)
        return cls(None, expected, kept.last or kept.updated)

    def is_past_due(self, now: datetime) -> bool:
        return self.next is not None and self.next < now

    def shown(self) -> dict[str, str]:
        """As a handler sees it, and as it is kept. .NET's least and greatest instants stand for none."""
        return {
            "Last": (self.last or datetime.min.replace(tzinfo=UTC)).isoformat(),
            "Next": (self.next or datetime.max.replace(tzinfo=UTC)).isoformat(),
            "LastUpdated": self.updated.isoformat(),
        }


def _kept(document: Any) -> Status | None:
    """The status in a lease; None where there is none, or nonsense."""
    try:
        last, following, updated = (_instant(document[name]) for name in ("Last", "Next", "LastUpdated"))
        first, final = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        return Status(None if last == first else last, None if following == final else following, updated)
    except (KeyError, TypeError, ValueError):
        return None


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant


class TimerProcessor(TriggerWork):
    """One timer's work."""

    def __init__(
        self,
        function: IndexedFunction,
        trigger: TimerTrigger,
        database: DatabaseProxy,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(function.name)
        self._function = function
        self._trigger = trigger
        self._database = database
        self._now = now

    async def run(self) -> None:
        with suppress(StoppedError):
            trigger, lease_id = self._trigger, f"timer..{self.name.lower()}"
            leases = LeaseContainer(await self.patiently(self._open), self.owner, trigger.lock_life)
            await self.patiently(partial(leases.create, lease_id, {}))
            await self.repeat(partial(leases.acquire, lease_id, {}), trigger.lock_acquisition, trigger.lock_renewal)

    async def _open(self) -> ContainerProxy:
        # Another trigger may be making it at the same moment.
        with suppress(CosmosResourceExistsError):
            await self._database.create_container_if_not_exists(LEASES, PartitionKey("/id"))
        return self._database.get_container_client(LEASES)

    async def work(self, lease: Lease) -> None:
        trigger, now = self._trigger, self._now()
        is_kept = trigger.may_keep_status and keeps_status(trigger.schedule, now)
        status = Status.at_start(lease.document.get("status") if is_kept else None, trigger.schedule, now)
        if is_kept:
            await self._record(lease, status)
        if status.is_past_due(now):
            status = await self._fire(lease, status, is_kept=is_kept, is_past_due=True)
        elif trigger.runs_on_startup:
            status = await self._fire(lease, status, is_kept=is_kept)
        while True:
            await self._wait_until(status.next)
            status = await self._fire(lease, status, is_kept=is_kept)

    async def _wait_until(self, instant: datetime | None) -> None:
        while instant is None or (left := (instant - self._now()).total_seconds()) > 0:
            await self.pause(_LONGEST_WAIT_SECONDS if instant is None else min(left, _LONGEST_WAIT_SECONDS))
        if self.stopping.is_set():
            raise StoppedError

    async def _fire(self, lease: Lease, status: Status, *, is_kept: bool, is_past_due: bool = False) -> Status:
        """Run the function, with its retries, and settle when it runs next: never while this run lasts."""
        started = self._now()
        request = partial(
            TimerRequest,
            past_due=is_past_due,
            schedule_status=status.shown() if is_kept else None,
            schedule={"AdjustForDST": True},
        )
        await self.call(self._function, request, "it runs again when it is due next")
        after = Status.after(started, self._trigger.schedule)
        if is_kept:
            await self._record(lease, after)
        return after

    async def _record(self, lease: Lease, status: Status) -> None:
        await self.patiently(partial(lease.keep, {"status": status.shown()}))
