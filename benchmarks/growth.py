"""Whether the operations stay as fast as data grows: owners of more and more entries, tenants of more and more.

Each size has a database and a host of its own, filled directly. The sizes are called in turn, call after call, so that
what else the machine does, and how fast it is just now, hits all alike.
"""

import asyncio
import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import aiohttp
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import ContainerProxy, CosmosClient

from benchmarks import calls, stack
from benchmarks.calls import HOT, READS, REPORT, Call, Person
from benchmarks.company import Maker, catalog_of, person_of
from benchmarks.operations import Latencies
from embedded_cosmos.auth import EMULATOR_KEY
from shared.auth import caller as auth
from shared.events.outbox import stamped
from shared.instants import format_instant
from shared.time_entries.timeline import Timeline

OWNER_SIZES = (100, 10_000, 100_000)
TENANT_SIZES = (1_000, 100_000, 1_000_000)
# Owners of a tenant that grows have so many entries each, whatever its size.
ENTRIES_AN_OWNER = 500
# The smallest owner's entries reach back to the first of last month, so that its list is as long for all.
SPELL = timedelta(hours=16)
BATCH = 99
WRITERS_AT_ONCE = 4
HOT_READS = tuple(name for name in READS if name != REPORT)


@dataclass(slots=True)
class Caller:
    """Makes the hot calls to one server, in turn: reads as one person, and writes as another."""

    session: aiohttp.ClientSession
    reader: Person
    writer: Person
    changes: int = 0

    async def begin(self) -> None:
        """Call everything once: the first query of a large container builds its index, which takes some seconds."""
        await self._call(self.reader, calls.start(self.reader))
        await self.calls()

    async def calls(self) -> dict[str, float]:
        """Each hot call once; gives how long they took, in milliseconds."""
        took = {name: (await self._call(self.reader, READS[name](self.reader)))[0] for name in HOT_READS}
        took["start"], timer = await self._call(self.writer, calls.start(self.writer))
        stopped, _ = await self._call(self.writer, calls.stop(timer["id"]))
        started, timer = await self._call(self.writer, calls.start(self.writer))
        took["stop + start"] = stopped + started
        took["stop"], _ = await self._call(self.writer, calls.stop(timer["id"]))
        self.changes += 1
        took["put"], _ = await self._call(self.writer, calls.put(self.writer, self.changes))
        return took

    async def _call(self, person: Person, call: Call) -> tuple[float, Any]:
        headers = {"Authorization": f"Bearer {person.token}"}
        began = time.perf_counter()
        async with self.session.request(call.method, call.path, json=call.body, headers=headers) as answer:
            answer.raise_for_status()
            content = await answer.read()
        return (time.perf_counter() - began) * 1000, json.loads(content)


async def measure(
    rounds: int, seconds: float, owners: Sequence[int] = OWNER_SIZES, tenants: Sequence[int] = TENANT_SIZES
) -> dict[str, Any]:
    """For owner and tenant, each size's median latencies, and how many times the smallest size's they are."""
    return {
        "an owner": await _measure(rounds, seconds, {size: (size, 2) for size in owners}),
        "a tenant": await _measure(
            rounds, seconds, {size: (ENTRIES_AN_OWNER, size // ENTRIES_AN_OWNER) for size in tenants}
        ),
    }


async def _measure(rounds: int, seconds: float, sizes: Mapping[int, tuple[int, int]]) -> dict[str, Any]:
    """`sizes`: for each, how many entries an owner has, and how many owners there are."""
    async with AsyncExitStack() as running:
        callers = {size: await _caller(running, *shape) for size, shape in sizes.items()}
        for caller in callers.values():
            await caller.begin()
        took = [await _round(callers, seconds) for _ in range(rounds)]
    return {str(size): _figures([one[size] for one in took], [one[min(sizes)] for one in took]) for size in sizes}


async def _caller(running: AsyncExitStack, entries: int, owners: int) -> Caller:
    database = await running.enter_async_context(stack.database())
    await stack.migrate(database.url)
    app = await running.enter_async_context(stack.app(database.url, stack.without_change_feed()))
    tenant_id = str(uuid4())
    session = await running.enter_async_context(aiohttp.ClientSession(f"{app.url}/api/"))
    (project, *_), activity = await catalog_of(Maker(session), tenant_id)
    people = [person_of(str(uuid4()), tenant_id, project, activity) for _ in range(owners)]
    transport = AioHttpTransport(use_env_settings=False)
    async with CosmosClient(database.url, EMULATOR_KEY, transport=transport) as client:
        container = client.get_database_client(stack.DATABASE).get_container_client("time_entry")
        await _fill(container, people, entries)
    reader, writer = (replace(person, entry_id=_entry_id(person, 0)) for person in people[:2])
    await stack.idle(database, app)
    return Caller(session, reader, writer)


async def _fill(container: ContainerProxy, people: Sequence[Person], entries: int) -> None:
    free = asyncio.Semaphore(WRITERS_AT_ONCE)

    async def write(person: Person) -> None:
        async with free:
            timeline = Timeline(person.tenant_id, person.user_id, None, None, (), None)
            documents = list(_entries(person, entries))
            for first in range(0, entries, BATCH):
                batch = [("create", (document,)) for document in documents[first : first + BATCH]]
                await container.execute_item_batch(batch, [person.tenant_id, person.user_id], no_response=True)
            await container.create_item(timeline.after(documents[0]).operation()[1][0])

    await asyncio.gather(*map(write, people))


def _entries(person: Person, entries: int) -> Iterator[dict[str, Any]]:
    """As the app writes them, newest first."""
    writer, now = auth.Caller(person.user_id, person.tenant_id), datetime.now(UTC)
    for number in range(entries):
        start = now - (number + 1) * SPELL
        entry = {
            "id": _entry_id(person, number),
            "tenant_id": person.tenant_id,
            "owner_id": person.user_id,
            "project_id": person.project_id,
            "activity_id": person.activity_id,
            "description": f"Spell {number} of a month of work",
            "uri": None,
            "technologies": ["Python"],
            "timezone_offset": 300,
            "start_date": format_instant(start),
            "end_date": format_instant(start + SPELL * 0.9),
        }
        yield stamped(entry, writer, "time_entry", "create", "Create a time entry")


def _entry_id(person: Person, number: int) -> str:
    return str(uuid5(UUID(person.user_id), str(number)))


async def _round(callers: Mapping[int, Caller], seconds: float) -> dict[int, Latencies]:
    """For so long for each call of each size."""
    took: dict[int, Latencies] = {size: {name: [] for name in HOT} for size in callers}
    began = time.perf_counter()
    while time.perf_counter() < began + seconds * len(HOT) * len(callers):
        for size, caller in callers.items():
            for name, latency in (await caller.calls()).items():
                took[size][name].append(latency)
    return took


def _figures(rounds: Sequence[Latencies], smallest: Sequence[Latencies]) -> dict[str, dict[str, float]]:
    each = [{name: statistics.median(latencies[name]) for name in HOT} for latencies in rounds]
    base = [{name: statistics.median(latencies[name]) for name in HOT} for latencies in smallest]
    ratios = [{name: one[name] / other[name] for name in HOT} for one, other in zip(each, base, strict=True)]
    return {
        "p50": {name: round(statistics.median(one[name] for one in each), 2) for name in HOT},
        "ratio": {name: round(statistics.median(one[name] for one in ratios), 2) for name in HOT},
    }
