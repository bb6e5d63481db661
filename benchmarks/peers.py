"""Beside another time tracker: the same work, in turns, at this backend and at TimeTagger (PyPI, an environment apart).

TimeTagger keeps each user's records in an SQLite file of its own and leaves the rules to its clients. What it does not
do is in `NOT_DONE`, for whoever reads the figures. One driver calls both: asyncio, in this process.
"""

import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import aiohttp

from benchmarks import calls, company, stack
from benchmarks.calls import Call, Person
from benchmarks.operations import OURS, Effort, percentiles

PACKAGE = "timetagger==26.1.3"
ENVIRONMENT = stack.ROOT / ".local" / "peers"
PEER = "TimeTagger"
OPERATIONS = ("running", "list of a month", "summary", "start", "stop", "put")
# What is asked for together: a timer is started and stopped in turn.
STEPS = ("running", "list of a month", "summary", "clock", "put")
NOT_DONE = (
    "TimeTagger checks no rules (records may overlap, and several timers may run), has no summary (its client reads the"
    " month and adds up, which is what is timed), no projects, no reports of several people by one call, no events, and"
    " keeps everything on one machine."
)
PASSWORD = "benchmark"  # noqa: S105 - of a server that runs for a minute, on loopback
READY_SECONDS = 120
WARM_UP_SECONDS = 0.3
MONTH = timedelta(days=28)

Calls = list[tuple[str, Callable[[], Awaitable[None]]]]


class Caller(Protocol):
    """Somebody who calls one of the two."""

    def step(self, name: str) -> Calls:
        """The calls of a step, by operation, one after another."""
        ...


@dataclass(slots=True)
class OurCaller:
    """Reads as one person, who has a month of entries, and writes as others in turn: see `company.Company`."""

    session: aiohttp.ClientSession
    reader: Person
    writers: Iterator[Person]
    writer: Person = field(init=False)
    timer: str = ""
    changes: int = 0

    def step(self, name: str) -> Calls:
        self.writer = next(self.writers)
        if name == "clock":
            return [("start", self._start), ("stop", self._stop)]
        return [(name, self._put if name == "put" else lambda: self._read(name))]

    async def _read(self, name: str) -> None:
        await self._answer(self.reader, calls.READS[name](self.reader))

    async def _start(self) -> None:
        self.timer = (await self._answer(self.writer, calls.start(self.writer)))["id"]

    async def _stop(self) -> None:
        await self._answer(self.writer, calls.stop(self.timer))

    async def _put(self) -> None:
        self.changes += 1
        await self._answer(self.writer, calls.put(self.writer, self.changes))

    async def _answer(self, person: Person, call: Call) -> Any:
        headers = {"Authorization": f"Bearer {person.token}"}
        async with self.session.request(call.method, call.path, json=call.body, headers=headers) as answer:
            answer.raise_for_status()
            return json.loads(await answer.read() or b"null")


@dataclass(slots=True)
class TheirCaller:
    """A user of TimeTagger, who reads and writes records as its own client does."""

    session: aiohttp.ClientSession
    token: str
    record: dict[str, Any]

    def step(self, name: str) -> Calls:
        if name == "clock":
            return [("start", self._start), ("stop", self._stop)]
        return [(name, {"running": self._running, "put": self._put}.get(name, self._month))]

    async def _running(self) -> None:
        now = int(time.time())
        await self._records(now, now + 1)

    async def _month(self) -> None:
        now = datetime.now(UTC)
        await self._records(int((now - MONTH).timestamp()), int(now.timestamp()))

    async def _start(self) -> None:
        now = int(time.time())
        self.record = {"key": uuid4().hex[:8], "mt": now, "t1": now, "t2": now, "ds": "Clocked in #work"}
        await self.write(self.record)

    async def _stop(self) -> None:
        now = int(time.time())
        await self.write({**self.record, "mt": now, "t2": now + 1})

    async def _put(self) -> None:
        await self.write({**self.record, "mt": int(time.time()), "ds": f"Change {uuid4()} #work"})

    async def write(self, *records: dict[str, Any]) -> None:
        """Raises RuntimeError for a record that is not taken."""
        headers = {"authtoken": self.token}
        async with self.session.put("records", json=records, headers=headers) as answer:
            answer.raise_for_status()
            if json.loads(await answer.read())["failed"]:
                raise RuntimeError("TimeTagger has refused a record")

    async def _records(self, first: int, last: int) -> None:
        where = {"timerange": f"{first}-{last}"}
        async with self.session.get("records", params=where, headers={"authtoken": self.token}) as answer:
            answer.raise_for_status()
            json.loads(await answer.read())


async def measure(effort: Effort, peer: str | None = None) -> dict[str, Any]:
    """The figures of both. `peer`: where the API of a TimeTagger is that runs already; without it one is started."""
    async with AsyncExitStack() as running:
        database = await running.enter_async_context(stack.database())
        await stack.migrate(database.url)
        app = await running.enter_async_context(stack.app(database.url, {}))
        url = peer
        if url is None:
            started: str = await running.enter_async_context(timetagger(effort.users))
            url = started
        people = await company.found(app.url, effort.users, writers_each=calls.WRITERS_EACH)
        ours = await running.enter_async_context(_session(f"{app.url}/api/"))
        theirs = await running.enter_async_context(_session(url))
        callers: dict[str, list[Caller]] = {
            OURS: [
                OurCaller(ours, reader, cycle(people.writers[number :: effort.users]))
                for number, reader in enumerate(people.readers)
            ],
            PEER: [await _filled(theirs, number) for number in range(effort.users)],
        }
        await stack.idle(app, database)
        alone: dict[str, list[dict[str, list[float]]]] = {name: [] for name in callers}
        for _ in range(effort.rounds):
            for name, who in callers.items():
                alone[name].append(await _driven(who[:1], effort.seconds_alone))
        together = {name: await _driven(who, effort.seconds_together) for name, who in callers.items()}
    return {
        "peer": PACKAGE,
        "not_done": NOT_DONE,
        "alone": {name: _medians(rounds) for name, rounds in alone.items()},
        "together": {
            name: {
                one: {**percentiles(took[one]), "calls_per_second": round(len(took[one]) / effort.seconds_together, 1)}
                for one in OPERATIONS
            }
            for name, took in together.items()
        },
        "users": effort.users,
        "ratio": {one: _ratio(alone, one) for one in OPERATIONS},
    }


async def _driven(callers: Sequence[Caller], seconds: float) -> dict[str, list[float]]:
    """How long each call took, in milliseconds, while all of these call at once, step after step."""
    took: dict[str, list[float]] = {name: [] for name in OPERATIONS}
    for step in STEPS:
        began = time.perf_counter() + WARM_UP_SECONDS
        await asyncio.gather(*(_call(caller, step, began, began + seconds, took) for caller in callers))
    return took


async def _call(caller: Caller, step: str, began: float, until: float, took: dict[str, list[float]]) -> None:
    while time.perf_counter() < until:
        for name, call in caller.step(step):
            at = time.perf_counter()
            await call()
            if at >= began:
                took[name].append((time.perf_counter() - at) * 1000)


def _medians(rounds: Sequence[dict[str, list[float]]]) -> dict[str, dict[str, float]]:
    each = {name: [percentiles(one[name]) for one in rounds] for name in OPERATIONS}
    return {
        name: {cut: round(statistics.median(one[cut] for one in figures), 2) for cut in figures[0]}
        for name, figures in each.items()
    }


def _ratio(alone: dict[str, list[dict[str, list[float]]]], name: str) -> float:
    """How many times TimeTagger's median time ours is: the median of the rounds."""
    pairs = zip(alone[OURS], alone[PEER], strict=True)
    return round(
        statistics.median(statistics.median(ours[name]) / statistics.median(theirs[name]) for ours, theirs in pairs), 2
    )


def _session(url: str) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())


async def _filled(session: aiohttp.ClientSession, number: int) -> TheirCaller:
    """A user with as many records as one of ours has entries."""
    login = {"method": "usernamepassword", "username": f"user{number}", "password": PASSWORD}
    body = base64.b64encode(json.dumps(login).encode())
    async with session.post("bootstrap_authentication", data=body) as answer:
        answer.raise_for_status()
        token = json.loads(await answer.read())["token"]
    records = [
        {"key": uuid4().hex[:8], "mt": int(end.timestamp()), "t1": int(start.timestamp()), "t2": int(end.timestamp()),
         "ds": f"Spell {count} of a month of work #python"}
        for count, (start, end) in enumerate(company.spells(company.last_month(datetime.now(UTC)), datetime.now(UTC)))
    ]  # fmt: skip
    caller = TheirCaller(session, token, records[-1])
    await caller.write(*records)
    return caller


@asynccontextmanager
async def timetagger(users: int) -> AsyncIterator[str]:
    """A TimeTagger with so many users, on a free port: where its API is."""
    python = await asyncio.to_thread(installed)
    port, credentials = stack.free_port(), await asyncio.to_thread(_credentials, python, users)
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "TIMETAGGER_BIND": f"127.0.0.1:{port}",
            "TIMETAGGER_DATADIR": folder,
            "TIMETAGGER_CREDENTIALS": credentials,
            "TIMETAGGER_LOG_LEVEL": "warning",
        }
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            python, "-m", "timetagger", env=environment, cwd=folder, stdout=quiet, stderr=quiet
        )
        try:
            url = f"http://127.0.0.1:{port}/timetagger/api/v2/"
            await _ready(url)
            yield url
        finally:
            process.terminate()
            await process.wait()


def installed() -> Path:
    """The interpreter of the environment that TimeTagger is in; it is made and filled from PyPI when it is missing."""
    python = ENVIRONMENT / "bin" / "python"
    done = ENVIRONMENT / PACKAGE
    if not done.exists():
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGE], check=True)  # noqa: S603 - a pinned package
        done.touch()
    return python


def _credentials(python: Path, users: int) -> str:
    """User names and the hash of their password, as TimeTagger takes them."""
    code = "import bcrypt, sys; print(bcrypt.hashpw(sys.argv[1].encode(), bcrypt.gensalt(4)).decode())"
    hashed = subprocess.run([python, "-c", code, PASSWORD], check=True, capture_output=True, text=True)  # noqa: S603
    return ",".join(f"user{number}:{hashed.stdout.strip()}" for number in range(users))


async def _ready(url: str) -> None:
    async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession(url) as session:
        while True:
            try:
                async with session.get("version"):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(measure(Effort())), indent=2))
