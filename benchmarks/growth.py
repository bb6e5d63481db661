"""Whether the operations stay as fast as data grows: owners of more and more entries, tenants of more and more.

Each size has a database and a host of its own, filled directly. The sizes are measured in turn, round after round, so
that what else the machine does hits all alike.
"""

import asyncio
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import aiohttp
from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import ContainerProxy, CosmosClient

from benchmarks import calls, stack
from benchmarks.calls import HOT, REPORT, Person
from benchmarks.company import Company, Maker, catalog_of, person_of
from benchmarks.operations import READ_STEPS, WRITE_STEPS, Latencies, Subject, drive
from local.cosmos.auth import EMULATOR_KEY
from shared.audit import Actor, stamped
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
HOT_READS = tuple(step for step in READ_STEPS if step != REPORT)


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
        subjects = {size: await _subject(running, *shape) for size, shape in sizes.items()}
        for subject in subjects.values():
            await _warm_up(subject)
        took: dict[int, list[Latencies]] = {size: [] for size in sizes}
        for _ in range(rounds):
            for size, subject in subjects.items():
                took[size].append(await _round(subject, seconds))
    smallest = took[min(took)]
    return {str(size): _figures(each, smallest) for size, each in took.items()}


async def _subject(running: AsyncExitStack, entries: int, owners: int) -> Subject:
    database = await running.enter_async_context(stack.database())
    await stack.migrate(database.url)
    app = await running.enter_async_context(stack.app(database.url, stack.without_change_feed()))
    tenant_id = str(uuid4())
    async with aiohttp.ClientSession(f"{app.url}/api/") as session:
        (project, *_), activity = await catalog_of(Maker(session), tenant_id)
    people = [person_of(str(uuid4()), tenant_id, project, activity) for _ in range(owners)]
    transport = AioHttpTransport(use_env_settings=False)
    async with CosmosClient(database.url, EMULATOR_KEY, transport=transport) as client:
        container = client.get_database_client(stack.DATABASE).get_container_client("time_entry")
        await _fill(container, people, entries)
    reader, writer = (replace(person, entry_id=_entry_id(person, 0)) for person in people[:2])
    return Subject(app.url, Company([reader], [writer]), {"app": app, "database": database})


async def _warm_up(subject: Subject) -> None:
    """Ask for everything once: the first query of a large container builds its index, which takes some seconds."""
    person = subject.company.readers[0]
    async with aiohttp.ClientSession(f"{subject.url}/api/") as session:
        for read in HOT_READS:
            headers = {"Authorization": f"Bearer {person.token}"}
            async with session.get(calls.READS[read](person).path, headers=headers) as answer:
                answer.raise_for_status()


async def _fill(container: ContainerProxy, people: Sequence[Person], entries: int) -> None:
    free = asyncio.Semaphore(WRITERS_AT_ONCE)

    async def write(person: Person) -> None:
        async with free:
            timeline = Timeline(person.tenant_id, person.user_id, None, None, None)
            documents = list(_entries(person, entries))
            for first in range(0, entries, BATCH):
                batch = [("create", (document,)) for document in documents[first : first + BATCH]]
                await container.execute_item_batch(batch, [person.tenant_id, person.user_id], no_response=True)
            await container.create_item(timeline.after(documents[0]).operation()[1][0])

    await asyncio.gather(*map(write, people))


def _entries(person: Person, entries: int) -> Iterator[dict[str, Any]]:
    """As the app writes them, newest first."""
    actor = Actor(person.user_id, person.tenant_id, uuid4().hex, datetime.now(UTC))
    for number in range(entries):
        start = actor.now - (number + 1) * SPELL
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
        yield stamped(entry, actor, "time_entry", "create", "Create a time entry")


def _entry_id(person: Person, number: int) -> str:
    return str(uuid5(UUID(person.user_id), str(number)))


async def _round(subject: Subject, seconds: float) -> Latencies:
    reads = await drive(subject, HOT_READS, 1, seconds)
    return reads | await drive(subject, WRITE_STEPS, 1, seconds)


def _figures(rounds: Sequence[Latencies], smallest: Sequence[Latencies]) -> dict[str, dict[str, float]]:
    each = [{name: statistics.median(latencies[name]) for name in HOT} for latencies in rounds]
    base = [{name: statistics.median(latencies[name]) for name in HOT} for latencies in smallest]
    ratios = [{name: one[name] / other[name] for name in HOT} for one, other in zip(each, base, strict=True)]
    return {
        "p50": {name: round(statistics.median(one[name] for one in each), 2) for name in HOT},
        "ratio": {name: round(statistics.median(one[name] for one in ratios), 2) for name in HOT},
    }
