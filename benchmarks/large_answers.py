"""An administrator's report of 9,999 entries: beside the bare reading of its pages, and what others notice of it.

In each round the report is asked for over HTTP and its pages are read bare by the SDK, in turn; then others ask for
their running timers, once alone and once while report follows report. Only the ratios within a round mean anything.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import ContainerProxy, CosmosClient

from benchmarks import calls, company, floor, stack
from benchmarks.calls import Person
from benchmarks.floor import Bare, Document
from embedded_cosmos.auth import EMULATOR_KEY
from shared.instants import format_instant

ROUNDS = 5
# Reports and bare readings in a round.
TURNS = 3
OWNERS = 60
ENTRIES_EACH = 167
BATCH = 100
# Who poll meanwhile: in turn, so many calls a second together.
POLLING = 4
CALLS_A_SECOND = 80
POLLING_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Where the report is asked for, the same pages are read bare, and others poll."""

    url: str
    session: aiohttp.ClientSession
    admin: Person
    polling: list[Person]
    floors: dict[str, Bare]
    seconds: float

    async def report(self) -> int:
        """Ask for the report; gives its length in bytes."""
        return len(await self._answer(self.admin, calls.report(self.admin)))

    async def start_timers(self) -> None:
        for person in self.polling:
            await self._answer(person, calls.start(person))

    async def latencies(self) -> list[float]:
        """How long a call for the running timer takes meanwhile."""
        people = [asdict(person) for person in self.polling]
        order = {"host": self.url, "people": people, "rate": CALLS_A_SECOND, "seconds": self.seconds}
        return [float(took) for took in (await stack.ordered("benchmarks.polling", order))["took"]]

    async def _answer(self, person: Person, call: calls.Call) -> bytes:
        headers = {"Authorization": f"Bearer {person.token}"}
        async with self.session.request(call.method, call.path, json=call.body, headers=headers) as answer:
            answer.raise_for_status()
            return await answer.read()


async def measure(rounds: int = ROUNDS, owners: int = OWNERS, seconds: float = POLLING_SECONDS) -> dict[str, Any]:
    """The figures of a backend of its own, on a database that it fills with the entries of so many owners."""
    async with AsyncExitStack() as running:
        database = await running.enter_async_context(stack.database())
        await stack.migrate(database.url)
        app = await running.enter_async_context(stack.app(database.url, {}))
        clients = {
            "as it comes": CosmosClient(database.url, EMULATOR_KEY),
            "same transport": CosmosClient(
                database.url, EMULATOR_KEY, transport=AioHttpTransport(use_env_settings=False)
            ),
        }
        for client in clients.values():
            running.push_async_callback(client.close)
        people = await company.found(app.url, POLLING)
        floors = {
            kind: await floor.prepared(client.get_database_client(stack.DATABASE), people.admin)
            for kind, client in clients.items()
        }
        bare = floors["same transport"]
        await _fill(bare.entries, bare.entry, owners)
        session = await running.enter_async_context(aiohttp.ClientSession(f"{app.url}/api/"))
        measured = Measured(app.url, session, people.admin, people.writers, floors, seconds)
        await measured.start_timers()
        await stack.idle(database, app)
        return _summed(await measured.report(), [await _round(measured) for _ in range(rounds)])


async def _fill(entries: ContainerProxy, entry: Document, owners: int) -> None:
    """Last month with more entries than a report holds, all like this one, of owners who work without a break."""
    first = company.last_month(datetime.now(UTC))
    spell = ((first + timedelta(days=31)).replace(day=1) - first) / ENTRIES_EACH
    for owner_id in (str(uuid4()) for _ in range(owners)):
        worked: list[Any] = []
        for number in range(ENTRIES_EACH):
            start = first + number * spell
            dates = {"start_date": format_instant(start), "end_date": format_instant(start + spell)}
            worked.append(("create", ({**entry, **dates, "id": str(uuid4()), "owner_id": owner_id},)))
        for at in range(0, ENTRIES_EACH, BATCH):
            await entries.execute_item_batch(worked[at : at + BATCH], [entry["tenant_id"], owner_id])


async def _round(measured: Measured) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {name: [] for name in ("report", *measured.floors)}
    for _ in range(TURNS):
        took["report"].append(await _timed(measured.report))
        for kind, bare in measured.floors.items():
            took[kind].append(await _timed(bare.report))
    took["usual"] = await measured.latencies()
    reporting = asyncio.create_task(_report_after_report(measured))
    took["meanwhile"] = await measured.latencies()
    reporting.cancel()
    with suppress(asyncio.CancelledError):
        await reporting
    return took


async def _report_after_report(measured: Measured) -> None:
    while True:
        await measured.report()


async def _timed(call: Callable[[], Awaitable[Any]]) -> float:
    """In milliseconds."""
    began = time.perf_counter()
    await call()
    return (time.perf_counter() - began) * 1000


def _summed(length: int, rounds: Sequence[dict[str, list[float]]]) -> dict[str, Any]:
    """Medians over the rounds, of the figures and of their ratios within a round."""
    floors = [name for name in rounds[0] if name not in {"report", "usual", "meanwhile"}]
    each = [{name: statistics.median(one[name]) for name in ("report", *floors)} for one in rounds]
    others = [{name: percentiles(one[name]) for name in ("usual", "meanwhile")} for one in rounds]
    return {
        "rounds": len(rounds),
        "bytes": length,
        "milliseconds": {name: _median(one[name] for one in each) for name in each[0]},
        "ratio_to_floor": {name: _median(one["report"] / one[name] for one in each) for name in floors},
        "running": {
            name: {cut: _median(one[name][cut] for one in others) for cut in others[0][name]} for name in others[0]
        },
        "ratio_of_running": {
            cut: _median(one["meanwhile"][cut] / one["usual"][cut] for one in others) for cut in others[0]["usual"]
        },
    }


def percentiles(took: Sequence[float]) -> dict[str, float]:
    """The median, the 99th percentile and the maximum."""
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return {"p50": cuts[49], "p99": cuts[98], "most": max(took)}


def _median(figures: Any) -> float:
    return round(float(statistics.median(figures)), 2)
