"""What each operation costs: latency over HTTP, round trips, request charge, and how far the floor is."""

import statistics
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks import calls, stack
from benchmarks.calls import OPERATIONS, Call
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
THEIRS = "target"
# An administrator's report is no call that many make at once.
REPORTERS = 2
READ_STEPS = tuple(calls.READS)
WRITE_STEPS = ("clock", "stop + start", "put")
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


async def measure(effort: Effort, target: str | None = None) -> dict[str, Any]:
    """The figures of this backend and, in turn with it, of the one at `target` if there is one."""
    async with AsyncExitStack() as running:
        database = await running.enter_async_context(stack.database())
        await stack.migrate(database.url)
        app = await running.enter_async_context(stack.app(database.url, {}))
        company = await found(app.url, effort.users)
        subjects = {OURS: Subject(app.url, company, {"app": app, "database": database})}
        trusted = await running.enter_async_context(issuer())
        settings = {**trusted.settings, **stack.without_change_feed()}
        checking = await running.enter_async_context(stack.app(database.url, settings))
        people = await found(checking.url, effort.users, trusted)
        subjects[CHECKING] = Subject(checking.url, people, {"app": checking, "database": database})
        if target:
            subjects[THEIRS] = Subject(target, await found(target, effort.users), {})
        alone, floors = await _alone(effort, subjects, database)
        return {
            "alone": {name: _summed(rounds) for name, rounds in alone.items()},
            "together": {name: await _together(effort, subject) for name, subject in subjects.items()},
            "floor": {kind: _summed(rounds) for kind, rounds in floors.items()},
            "ratio_to_floor": {kind: _ratios(alone[OURS], rounds) for kind, rounds in floors.items()},
            "ratio_to_ours": {name: _ratios(rounds, alone[OURS]) for name, rounds in alone.items() if name != OURS},
            "database": await _counted(database, company),
            "driver": await _driver_alone(effort, company),
        }


async def _alone(
    effort: Effort, subjects: Mapping[str, Subject], database: Server
) -> tuple[dict[str, list[Latencies]], dict[str, list[Latencies]]]:
    """Rounds at concurrency 1: each server in turn, then the floor, so that what else goes on hits all alike."""
    alone: dict[str, list[Latencies]] = {name: [] for name in subjects}
    floors: dict[str, list[Latencies]] = {}
    for _ in range(effort.rounds):
        for name, subject in subjects.items():
            alone[name].append(await drive(subject, READ_STEPS, 1, effort.seconds_alone))
            alone[name][-1] |= await drive(subject, WRITE_STEPS, 1, effort.seconds_alone)
        company = subjects[OURS].company
        order = {"account": database.url, "person": asdict(company.admin), "seconds": effort.seconds_alone}
        await stack.idle(*subjects[OURS].processes.values())
        for kind, latencies in (await stack.ordered("benchmarks.floor", order)).items():
            floors.setdefault(kind, []).append(latencies)
    return alone, floors


async def _together(effort: Effort, subject: Subject) -> dict[str, Any]:
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


async def _counted(database: Server, company: Company) -> dict[str, Any]:
    """What each operation asks of the database: by kind, one after another, and its charge, by way of a recorder."""
    async with (
        recording(database.url) as recorder,
        stack.app(recorder.url, stack.without_change_feed()) as app,
        aiohttp.ClientSession(f"{app.url}/api/") as session,
    ):
        person, counted = company.admin, {}

        async def ask(*requests: Call) -> Any:
            """What the last of them answers."""
            for request in requests:
                headers = {"Authorization": f"Bearer {person.token}"}
                async with session.request(request.method, request.path, json=request.body, headers=headers) as answer:
                    answer.raise_for_status()
                    item = await answer.json()
            return item

        async def count(operation: str, *requests: Call) -> Any:
            with recorder.listening():
                item = await ask(*requests)
            counted[operation] = _figures(recorder)
            return item

        # The first calls fill the caches.
        timer = await ask(calls.month(person), calls.start(person))
        for name, read in calls.READS.items():
            await count(name, read(person))
        timer = await count("stop + start", calls.stop(timer["id"]), calls.start(person))
        await count("stop", calls.stop(timer["id"]))
        timer = await count("start", calls.start(person))
        await count("put", calls.put(person, -1))
        await ask(calls.stop(timer["id"]))
    return {operation: counted[operation] for operation in OPERATIONS}


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


def _summed(rounds: Sequence[Latencies]) -> dict[str, dict[str, float]]:
    """The medians of the rounds' percentiles."""
    figures: dict[str, dict[str, float]] = {}
    for name in OPERATIONS:
        each = [percentiles(latencies[name]) for latencies in rounds]
        figures[name] = {cut: round(statistics.median(one[cut] for one in each), 2) for cut in each[0]}
    return figures


def _ratios(ours: Sequence[Latencies], theirs: Sequence[Latencies]) -> dict[str, float]:
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
