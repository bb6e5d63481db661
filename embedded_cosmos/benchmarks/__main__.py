"""What the embedded Cosmos DB costs: beside the SDK, with the size of a container, and write after write.

    python -m embedded_cosmos.benchmarks [--entries 1000000]

The server runs as a process of its own on a file, as it does on a laptop. Processor time is told apart by process, so
other load on the machine blurs the wall times only. Linux only: the server's processor time is read from `/proc`.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient

from embedded_cosmos.auth import EMULATOR_KEY
from embedded_cosmos.tests.standalone import Standalone

OWNERS = 1000
MONTH = (
    "SELECT * FROM c WHERE c.start_date >= @from AND c.start_date < @to AND NOT IS_DEFINED(c.deleted)"
    " AND NOT IS_DEFINED(c.kind) ORDER BY c.start_date DESC"
)
KEY = PartitionKey(path=["/tenant_id", "/owner_id"])
Operation = Callable[[int], Awaitable[Any]]


def entry(number: int, owner: int, at: int) -> dict[str, Any]:
    """Four entries a day, so that a month holds about a hundred and twenty."""
    day = time.strftime("%Y-%m-%d", time.gmtime(1_700_000_000 + at // 4 * 86_400))
    start = f"{day}T{8 + at % 4 * 2:02}:00:00.0000000Z"
    text = {"description": "x" * 300, "project_id": f"p{number % 20}", "activity_id": "a", "technologies": ["python"]}
    return {
        "id": f"e{number}",
        "tenant_id": "t",
        "owner_id": f"o{owner}",
        "start_date": start,
        "end_date": start,
        **text,
    }


def processor_seconds(server: Standalone) -> float:
    """The time that the server's process has spent on a processor."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def overhead(server: Standalone, container: ContainerProxy) -> None:
    async def month(_: int) -> None:
        await month_of(container, "o1")

    def batch(number: int) -> Awaitable[Any]:
        items = [("upsert", (entry(number * 5 + part, 1, number * 5 + part),)) for part in range(5)]
        return container.execute_item_batch(items, ["t", "o1"])

    operations: list[tuple[str, int, Operation]] = [
        ("create", 2000, lambda number: container.create_item(entry(number, 0, number))),
        ("read", 2000, lambda number: container.read_item(f"e{number}", ["t", "o0"])),
        ("replace", 2000, lambda number: container.replace_item(f"e{number}", entry(number, 0, number))),
        ("batch of 5", 200, batch),
        ("month of 124", 200, month),
    ]
    print(f"{'one request':14} {'wall':>9} {'server':>9} {'SDK':>9}   (processor time of each)")
    for name, count, operation in operations:
        spent, sdk, wall = processor_seconds(server), time.process_time(), time.perf_counter()
        for number in range(count):
            await operation(number)
        took = [time.perf_counter() - wall, processor_seconds(server) - spent, time.process_time() - sdk]
        print(f"{name:14}" + "".join(f" {seconds / count * 1000:6.2f} ms" for seconds in took))


async def month_of(container: ContainerProxy, owner: str) -> int:
    """Read a month of an owner's entries, and count them."""
    parameters: list[dict[str, object]] = [{"name": "@from", "value": "2023-12"}, {"name": "@to", "value": "2024-01"}]
    pages = container.query_items(MONTH, parameters=parameters, partition_key=["t", owner], max_item_count=1000)
    return len([item async for item in pages])


async def writes(container: ContainerProxy) -> None:
    took: list[float] = []
    for number in range(10_000):
        start = time.perf_counter()
        await container.create_item(entry(number, 2, number))
        took.append(time.perf_counter() - start)
    for name, part in (("first", took[:1000]), ("last", took[-1000:])):
        median, most = statistics.median(part) * 1000, max(part) * 1000
        print(f"{name:5} thousand of 10,000 single writes: median {median:.2f} ms, slowest {most:.2f} ms")


async def fill(container: ContainerProxy, entries: int) -> None:
    """The first owner has a thousand entries in every container; the rest belongs to others."""
    waiting = asyncio.Semaphore(4)

    async def batch(owner: int, first: int, at: int) -> None:
        async with waiting:
            items = [("create", (entry(first + step, owner, at + step),)) for step in range(100)]
            await container.execute_item_batch(items, ["t", f"o{owner}"], no_response=True)

    starts = range(0, entries, 100)
    owners = [(number // 1000 % OWNERS, number, number % 1000 + number // (1000 * OWNERS) * 1000) for number in starts]
    await asyncio.gather(*(batch(*one) for one in owners))


async def growth(client: CosmosClient, entries: int) -> None:
    database = client.get_database_client("benchmark")
    for size in (1000, entries):
        container = await database.create_container(f"grown-{size}", KEY)
        start = time.perf_counter()
        await fill(container, size)
        filled = time.perf_counter() - start
        took, found = [], 0
        for _ in range(50):
            start = time.perf_counter()
            found = await month_of(container, "o0")
            took.append(time.perf_counter() - start)
        first, median = took[0] * 1000, statistics.median(took) * 1000
        grown = f"{size:>9,} entries (filled in {filled:.0f} s)"
        print(f"{grown}: a month of {found}: median {median:.2f} ms, first {first:.1f} ms")


async def main(entries: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            Standalone("--data", f"{folder}/data.db") as server,
            CosmosClient(server.url, EMULATOR_KEY) as client,
        ):
            database = await client.create_database("benchmark")
            container = await database.create_container("overhead", KEY)
            await overhead(server, container)
            await writes(container)
            await growth(client, entries)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    asyncio.run(main(parser.parse_args().entries))
