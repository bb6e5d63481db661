"""Probe timers: functions that keep how they were called, and hosts that run them."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import azure.functions as func

from local.host.host import Host
from tests.local.host.watching import PATIENCE_SECONDS, Account

# The lock of a timer then lasts 1.5 s, and a host that has not got it looks every 6 s.
LEASE_SECONDS = "6"
NEVER = "0 0 0 31 2 *"
HOURLY = "0 0 * * * *"
EACH_SECOND = "* * * * * *"


@dataclass(frozen=True)
class Call:
    """One call of a timer's function."""

    at: datetime
    past_due: bool
    status: dict[str, str]
    retry: int


@dataclass
class Probe:
    """A timer's function: it fails, or takes its time, when it is told to."""

    name: str = "probe"
    failures: int = 0
    delay_seconds: float = 0
    calls: list[Call] = field(default_factory=list)
    inside: int = 0
    most_inside: int = 0
    finished: int = 0
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, timer: func.TimerRequest, context: func.Context) -> None:
        details: Any = timer
        call = Call(datetime.now(UTC), timer.past_due, dict(details.schedule_status), context.retry_context.retry_count)
        self.inside += 1
        self.most_inside = max(self.inside, self.most_inside)
        try:
            async with self._changed:
                self.calls.append(call)
                self._changed.notify_all()
            if self.failures:
                self.failures -= 1
                raise ConnectionError("not now")
            await asyncio.sleep(self.delay_seconds)
            self.finished += 1
        finally:
            self.inside -= 1

    async def has(self, count: int) -> list[Call]:
        """Wait for so many calls."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._changed:
            await self._changed.wait_for(lambda: len(self.calls) >= count)
        return self.calls


def add_timer(app: func.FunctionApp, probe: Probe, schedule: str, retry: dict[str, Any] | None, **trigger: Any) -> None:
    async def handle(timer: func.TimerRequest, context: func.Context) -> None:
        await probe(timer, context)

    builder = app.timer_trigger(arg_name="timer", schedule=schedule, **trigger)(handle)
    if retry:
        builder = app.retry(**retry)(builder)
    app.function_name(probe.name)(builder)


def timer_settings(account: Account) -> dict[str, str]:
    return {
        "COSMOS_CONNECTION": f"AccountEndpoint={account.endpoint};AccountKey={account.key};",
        "COSMOS_DATABASE": account.database.id,
        "LEASE_SECONDS": LEASE_SECONDS,
    }


def timer_host(
    account: Account,
    probe: Probe,
    schedule: str = EACH_SECOND,
    *,
    retry: dict[str, Any] | None = None,
    settings: dict[str, str] | None = None,
    timeout_seconds: float | None = None,
    **trigger: Any,
) -> Host:
    app = func.FunctionApp()
    add_timer(app, probe, schedule, retry, **trigger)
    return Host(app, timer_settings(account) | (settings or {}), function_timeout_seconds=timeout_seconds)


async def stored(account: Account, probe: Probe) -> dict[str, Any]:
    """The lease of a probe's timer; {} while there is none."""
    for lease in await account.leases():
        if lease["id"] == f"timer..{probe.name}":
            return lease
    return {}
