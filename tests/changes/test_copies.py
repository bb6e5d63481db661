"""The client that the documentation shows keeps a copy that equals the server's lists, whatever happens meanwhile.

Writers work at several workers of the app, each a process of its own. The client is killed at any point, and so is the
database, which comes back with what it has acknowledged. Its change feed answers 410 now and then, and its physical
partitions are split.
"""

import asyncio
import json
import os
import random
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from embedded_cosmos.auth import EMULATOR_KEY
from embedded_cosmos.faults import Faults
from embedded_cosmos.testing import CosmosAccount
from tests.application import ROOT, Application, application
from tests.calling import Answer, Item, Person, at
from tests.docs.snippets import snippets
from tests.world import World, make_world

CLIENT = "\n".join(
    [
        *snippets("docs/integrating.md", "Changes: keep a copy in step", "python"),
        "import sqlite3, sys",
        "keep_in_step(sys.argv[1], sys.argv[2], sqlite3.connect(sys.argv[3]), int(sys.argv[4]))",
    ]
)
# Where the lists of each kind are.
LISTS = {
    "timesheet": "timesheets",
    "customer": "customers",
    "project": "projects",
    "project_type": "project-types",
    "activity": "activities",
    "technology": "technologies",
}
# What lists show of other things.
OF_OTHERS = {
    "time_entry": {"project_name", "customer_id", "customer_name", "activity_name", "owner_email"},
    "project": {"customer", "customer_name", "project_type"},
}


class Database:
    """An embedded database in a process that can be killed, always at the same address."""

    def __init__(self, file: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._file = file
        self._process: asyncio.subprocess.Process | None = None

    @property
    def account(self) -> CosmosAccount:
        return CosmosAccount(f"http://127.0.0.1:{self._port}/", EMULATOR_KEY, Faults())

    async def start(self) -> None:
        arguments = ["--port", str(self._port), "--data", str(self._file), "--key", EMULATOR_KEY, "--faults"]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "embedded_cosmos", *arguments, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
        )
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.close()
                return
            assert self._process.returncode is None
            await asyncio.sleep(0.02)

    async def answer_gone(self, http: aiohttp.ClientSession, chance: random.Random, enough: asyncio.Event) -> int:
        """Have the change feed answer 410 now and then, until it is enough; how often it did at least."""
        hits = 0
        while not enough.is_set():
            with suppress(aiohttp.ClientError, TimeoutError):
                faults = f"{self.account.endpoint}_faults"
                async with http.get(faults) as answer:
                    hits += sum(fault["hits"] for fault in await answer.json())
                await http.delete(faults)
                await http.post(
                    faults, json={"kind": "gone", "operation": "change feed", "count": chance.randint(1, 3)}
                )
            with suppress(TimeoutError):
                await asyncio.wait_for(enough.wait(), chance.uniform(0.05, 0.5))
        return hits

    async def kill(self) -> None:
        assert self._process
        self._process.kill()
        await self._process.wait()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    one = Database(tmp_path / "data.sqlite")
    await one.start()
    yield one
    await one.kill()


@asynccontextmanager
async def another_worker(app: Application) -> AsyncIterator[str]:
    """The address of a worker in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.worker",
        cwd=ROOT, env={**os.environ, **app.settings}, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.stdin.close()
        assert await process.wait() == 0


class Client:
    """The documented client, run as a program, on the file that holds the copy."""

    def __init__(self, person: Person, file: Path) -> None:
        self._person = person
        self._file = file

    async def run(self, limit: int, seconds: float | None = None) -> bool:
        """Run it to its end, or kill it after these seconds; whether it came to its end."""
        arguments = [f"{self._person.url}/api", self._person.token, str(self._file), str(limit)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CLIENT, *arguments, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            return await asyncio.wait_for(process.wait(), seconds) == 0
        except TimeoutError:
            # It may have come to its end just now.
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            return False

    def copy(self) -> dict[tuple[str, str], Any]:
        """What is there and not deleted, by kind and id."""
        connection = sqlite3.connect(self._file)
        rows = connection.execute("SELECT kind, id, item FROM copy WHERE kind <> 'cursor'").fetchall()
        connection.close()
        things = {(kind, thing_id): json.loads(item) for kind, thing_id, item in rows}
        return {key: thing for key, thing in things.items() if thing is not None}


async def lists(world: World) -> dict[tuple[str, str], Any]:
    """What the API's lists show, by kind and id."""
    found = {
        ("time_entry", entry["id"]): entry
        for entry in (await world.user.get("time-entries", {"start_date": at("00:00", "2000-01-01")})).ok()
    }
    for kind, path in LISTS.items():
        found |= {(kind, item["id"]): item for item in (await world.user.get(path)).ok()}
    return {
        (kind, key): {name: value for name, value in item.items() if name not in OF_OTHERS.get(kind, ())}
        for (kind, key), item in found.items()
    }


async def written(call: Any) -> Answer | None:
    """An answer, or None where the database was away: then nobody knows."""
    with suppress(aiohttp.ClientError):
        answer: Answer = await call
        return answer
    return None


@dataclass
class Writing:
    """What writers have done, and whether it is enough."""

    restored: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)


async def write_at_random(
    world: World, who: Sequence[Person], admin: Person, chance: random.Random, writing: Writing
) -> None:
    """Writes of the user's entries and of the catalog, some of which the rules refuse, until it is enough."""
    others = ["customers", "technologies", "project-types", "timesheets"]
    made: dict[str, list[Item]] = {path: [] for path in ["time-entries", *others]}
    for number in count():
        if writing.enough.is_set():
            return
        path = chance.choice(["time-entries"] * 5 + others)
        person = chance.choice(who) if path in {"time-entries", "timesheets"} else admin
        if made[path] and chance.random() < 0.6:
            writing.restored += await change_at_random(person, path, chance.choice(made[path]), chance)
            continue
        body: Item = {"name": f"{number} {chance.random()}"}
        if path == "timesheets":
            day = f"2024-03-{chance.randrange(1, 28):02}"
            body = {"start_date": day, "end_date": day, "timezone": "UTC"}
        if path == "time-entries":
            start = at(f"{chance.randrange(23):02}:{chance.randrange(60):02}", f"2024-03-{chance.randrange(1, 28):02}")
            body = {**world.references, "start_date": start, "end_date": f"{start[:17]}59.0000000Z"}
        answer = await written(person.post(path, body))
        if answer and answer.status == 201:
            made[path].append(answer.body)


async def change_at_random(person: Person, path: str, item: Item, chance: random.Random) -> bool:
    """Change or delete an item, or restore an entry; whether it was restored."""
    place = f"{path}/{item['id']}"
    if path == "timesheets":
        await written(person.post(f"{place}/withdraw"))
    elif path == "time-entries" and chance.random() < 0.5:
        if chance.random() < 0.5:
            await written(person.delete(place))
        return await restore_at_random(person, item, chance)
    elif chance.random() < 0.4:
        await written(person.delete(place))
    else:
        text = "description" if path != "technologies" else "name"
        await written(person.put(place, {text: str(chance.random())}))
    return False


async def restore_at_random(person: Person, entry: Item, chance: random.Random) -> bool:
    """Undo an entry's last change, a deletion too, or go back to what it was after any event; whether it worked."""
    path, body = f"time-entries/{entry['id']}", {}
    if chance.random() < 0.5:
        history = await written(person.get(f"{path}/history"))
        if history and history.status == 200:
            body = {"event_id": chance.choice(history.body["data"])["id"]}
    answer = await written(person.post(f"{path}/restore", body))
    return answer is not None and answer.status == 200


@pytest.mark.parametrize("seed", range(2))
async def test_a_copy_equals_the_lists_after_any_writes_kills_and_restarts(
    database: Database, app: Application, http: aiohttp.ClientSession, tmp_path: Path, seed: int
) -> None:
    del app
    chance = random.Random(seed)
    async with application(database.account) as served, another_worker(served) as other:
        world = await make_world(http, served)
        client = Client(world.user, tmp_path / "copy.sqlite")
        elsewhere = replace(world.user, url=other)
        writing = Writing()
        writers = [
            asyncio.create_task(
                write_at_random(world, [world.user, elsewhere], admin, random.Random(f"{seed} {turn}"), writing)
            )
            for turn, admin in enumerate([world.admin, replace(world.admin, url=other), world.admin])
        ]
        going = asyncio.create_task(database.answer_gone(http, random.Random(f"gone {seed}"), writing.enough))
        for turn in count():
            if turn >= 6 and writing.restored > 2:
                break
            if turn == 2:
                for container_id in ("time_entry", "administration"):
                    await served.container(container_id).replace_throughput(25_000)
            if turn in {1, 4}:
                await database.kill()
                await database.start()
            # A client that is killed leaves its cursor somewhere; one that is not leaves it at the end.
            await client.run(limit=chance.randint(1, 100), seconds=chance.uniform(0.1, 1.0) if turn % 2 else None)
        writing.enough.set()
        await asyncio.gather(*writers)
        assert await going > 0

        assert await client.run(limit=chance.randint(1, 100))
        assert client.copy() == await lists(world)
