"""What each operation costs: latency over HTTP, round trips, request charge, and how far the floor is."""

import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks import calls, stack
from benchmarks.calls import OPERATIONS, READ_STEPS, WRITE_STEPS, WRITERS_EACH, Call, Person
from benchmarks.company import Company, found
from benchmarks.issuer import issuer
from benchmarks.recording import Recorder, recording
from benchmarks.stack import Server

USERS = 16
ROUNDS = 5
SECONDS_ALONE = 1.0
SECONDS_TOGETHER = 5.0
OURS = "this backend"
# The same code and database as in production: each token's signature is checked (`JWT_VERIFICATION=jwks`).
CHECKING = "this backend, signatures checked"
# An administrator's report is no call that many make at once.
REPORTERS = 2
Latencies = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Effort:
    """How long it may take: a quick look, or figures to write down."""

    users: int = USERS
    rounds: int = ROUNDS
    seconds_alone: float = SECONDS_ALONE
    seconds_together: float = SECONDS_TOGETHER


@dataclass(frozen=True, slots=True)
class Subject:
    """A server that is measured: its processes, if they are ours, and the company that was made there."""

    url: str
    company: Company
    processes: Mapping[str, Server]


async def measure(effort: Effort, targets: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The figures of this backend and, in turns with it, of the servers at `targets`: their URLs by name."""
    async with AsyncExitStack() as running:
        database = await running.enter_async_context(stack.database())
        await stack.migrate(database.url)
        app = await running.enter_async_context(stack.app(database.url, {}))
        company = await found(app.url, effort.users, writers_each=WRITERS_EACH)
        subjects = {OURS: Subject(app.url, company, {"app": app, "database": database})}
        trusted = await running.enter_async_context(issuer())
        settings = {**trusted.settings, **stack.without_change_feed()}
        checking = await running.enter_async_context(stack.app(database.url, settings))
        people = await found(checking.url, effort.users, trusted, writers_each=WRITERS_EACH)
        subjects[CHECKING] = Subject(checking.url, people, {"app": checking, "database": database})
        for name, url in (targets or {}).items():
            subjects[name] = Subject(url, await found(url, effort.users, writers_each=WRITERS_EACH), {})
        alone: dict[str, list[Latencies]] = {name: [] for name in subjects}
        floors: dict[str, list[Latencies]] = {}
        # The floor takes its turn as well, so that what else goes on hits all alike.
        for _ in range(effort.rounds):
            await add_round(effort, subjects, alone)
            await _add_floor(effort, subjects[OURS], database, floors)
        return {
            "alone": {name: medians(rounds) for name, rounds in alone.items()},
            "together": {name: await together(effort, subject) for name, subject in subjects.items()},
            "floor": {kind: medians(rounds) for kind, rounds in floors.items()},
            "ratio_to_floor": {kind: ratios(alone[OURS], rounds) for kind, rounds in floors.items()},
            "ratio_to_ours": {name: ratios(rounds, alone[OURS]) for name, rounds in alone.items() if name != OURS},
            "database": await counted(database, company),
            "driver": await _driver_alone(effort, company),
        }


async def add_round(effort: Effort, subjects: Mapping[str, Subject], alone: dict[str, list[Latencies]]) -> None:
    """Have one caller call each server in turn, and add how long each call took."""
    for name, subject in subjects.items():
        await all_idle(subjects)
        reads = await drive(subject, READ_STEPS, 1, effort.seconds_alone)
        alone[name].append(reads | await drive(subject, WRITE_STEPS, 1, effort.seconds_alone))


async def all_idle(subjects: Mapping[str, Subject]) -> None:
    """Wait until none of them works: the events of what was written last are delivered some seconds later."""
    await stack.idle(*(process for subject in subjects.values() for process in subject.processes.values()))


async def _add_floor(effort: Effort, ours: Subject, database: Server, floors: dict[str, list[Latencies]]) -> None:
    order = {"account": database.url, "person": asdict(ours.company.admin), "seconds": effort.seconds_alone}
    await stack.idle(*ours.processes.values())
    for kind, latencies in (await stack.ordered("benchmarks.floor", order)).items():
        floors.setdefault(kind, []).append(latencies)


async def together(effort: Effort, subject: Subject) -> dict[str, Any]:
    """All users at once: percentiles, calls a second, and how busy each process was meanwhile."""
    figures: dict[str, Any] = {}
    for step in (*READ_STEPS, *WRITE_STEPS):
        users = REPORTERS if step == calls.REPORT else effort.users
        busy: dict[str, float] = {}
        for name, took in (await drive(subject, [step], users, effort.seconds_together, busy)).items():
            figures[name] = {
                "users": users,
                **percentiles(took),
                "calls_per_second": round(len(took) / effort.seconds_together, 1),
                "processor_share": {who: round(spent / effort.seconds_together, 2) for who, spent in busy.items()},
            }
    return {name: figures[name] for name in OPERATIONS}


async def drive(
    subject: Subject, steps: Sequence[str], users: int, seconds: float, busy: dict[str, float] | None = None
) -> Latencies:
    """Have the steps driven, all of them reads or all writes; `busy` takes each process's seconds on a processor."""
    await stack.idle(*subject.processes.values())
    people = subject.company.readers if steps[0] in READ_STEPS else subject.company.writers
    before = {name: server.processor_seconds for name, server in subject.processes.items()}
    driven = await stack.ordered(
        "benchmarks.driver",
        {
            "host": subject.url,
            "people": [asdict(person) for person in people],
            "phases": [{"step": step, "users": users, "seconds": seconds} for step in steps],
        },
    )
    if busy is not None:
        busy |= {name: server.processor_seconds - before[name] for name, server in subject.processes.items()}
        busy["driver"] = driven["processor_seconds"]
    return {name: took for phase in driven["phases"] for name, took in phase["calls"].items()}


async def counted(database: Server, company: Company, root: Path = stack.ROOT) -> dict[str, Any]:
    """What each operation of the app at `root` asks of the database: by kind, one after another, and its charge.

    Of a write, also what it asks `elsewhere`: at an instance that has not served the person before.
    """
    person, figures = company.admin, {}
    async with recording(database.url) as recorder:

        async def count(operation: str, session: aiohttp.ClientSession, *requests: Call) -> Any:
            with recorder.listening():
                item = await _asked(session, person, *requests)
            figures[operation] = _figures(recorder)
            return item

        async with _instance(recorder, company, root) as session:
            timer = await _asked(session, person, calls.month(person), calls.start(person))
            for name, read in calls.READS.items():
                await count(name, session, read(person))
            timer = await count("stop + start", session, calls.stop(timer["id"]), calls.start(person))
            await count("stop", session, calls.stop(timer["id"]))
            timer = await count("start", session, calls.start(person))
            await count("put", session, calls.put(person, -1))
        here = {**figures}
        for name, write in (("stop", calls.stop(timer["id"])), ("start", calls.start(person))):
            async with _instance(recorder, company, root) as session:
                timer = await count(name, session, write)
        async with _instance(recorder, company, root) as session:
            await count("put", session, calls.put(person, -2))
            await _asked(session, person, calls.stop(timer["id"]))
    elsewhere = {name: figures[name] for name in ("start", "stop", "put")}
    elsewhere["stop + start"] = {
        "round_trips": elsewhere["stop"]["round_trips"] + elsewhere["start"]["round_trips"],
        "request_units": round(elsewhere["stop"]["request_units"] + elsewhere["start"]["request_units"], 2),
    }
    return {name: here[name] | ({"elsewhere": elsewhere[name]} if name in elsewhere else {}) for name in OPERATIONS}


@asynccontextmanager
async def _instance(recorder: Recorder, company: Company, root: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """A new instance, reached by way of the recorder, which has the names of the company in memory."""
    async with (
        stack.app(recorder.url, stack.without_change_feed(), root) as app,
        aiohttp.ClientSession(f"{app.url}/api/") as session,
    ):
        other = company.readers[-1]
        await _asked(session, other, calls.month(other))
        yield session


async def _asked(session: aiohttp.ClientSession, person: Person, *requests: Call) -> Any:
    """What the last of them answers."""
    for request in requests:
        headers = {"Authorization": f"Bearer {person.token}"}
        async with session.request(request.method, request.path, json=request.body, headers=headers) as answer:
            answer.raise_for_status()
            item = await answer.json()
    return item


def _figures(recorder: Recorder) -> dict[str, Any]:
    return {
        "round_trips": recorder.round_trips,
        "requests": recorder.kinds,
        "request_units": recorder.charge,
    }


async def _driver_alone(effort: Effort, company: Company) -> dict[str, Any]:
    """The driver against a server that answers at once: what it can do by itself, and what HTTP costs at least."""
    async with _answering_at_once() as url:
        echo = Subject(url, company, {})
        one, many = [await drive(echo, ["running"], users, effort.seconds_alone) for users in (1, effort.users)]
    return {
        "alone": percentiles(one["running"]),
        "calls_per_second": round(len(many["running"]) / effort.seconds_alone),
    }


@asynccontextmanager
async def _answering_at_once() -> AsyncIterator[str]:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.json_response({"id": "0"})

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def percentiles(took: Sequence[float]) -> dict[str, float]:
    """In milliseconds. Of a single call, which a busy machine may leave in so short a time, it is that."""
    cuts = statistics.quantiles([*took] * 2 if len(took) == 1 else took, n=100, method="inclusive")
    return {f"p{percent}": round(cuts[percent - 1], 2) for percent in (50, 95, 99)}


def medians(rounds: Sequence[Latencies]) -> dict[str, dict[str, float]]:
    """The medians of the rounds' percentiles."""
    figures: dict[str, dict[str, float]] = {}
    for name in OPERATIONS:
        each = [percentiles(latencies[name]) for latencies in rounds]
        figures[name] = {cut: round(statistics.median(one[cut] for one in each), 2) for cut in each[0]}
    return figures


def ratios(ours: Sequence[Latencies], theirs: Sequence[Latencies]) -> dict[str, float]:
    """The median, over the rounds, of how many times their median latency ours is."""
    return {
        name: round(
            statistics.median(
                statistics.median(one[name]) / statistics.median(other[name])
                for one, other in zip(ours, theirs, strict=True)
            ),
            2,
        )
        for name in OPERATIONS
    }
