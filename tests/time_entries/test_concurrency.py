"""What is promised under concurrency, with two workers of the app, each a process of its own."""

import asyncio
import json
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import cycle, pairwise
from typing import Any

import pytest

from tests.application import ROOT, Application
from tests.calling import Answer, Item, Person, ago, at
from tests.world import World


@pytest.fixture(scope="module")
async def workers(app: Application) -> AsyncIterator[list[str]]:
    async with worker_of(app) as addresses:
        yield addresses


@asynccontextmanager
async def worker_of(app: Application) -> AsyncIterator[list[str]]:
    """The addresses of this process's worker and of another's."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.worker",
        cwd=ROOT, env={**os.environ, **app.settings}, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    try:
        yield [app.url, (await process.stdout.readline()).decode().strip()]
    finally:
        process.stdin.close()
        assert await process.wait() == 0


async def at_once(calls: list[Coroutine[Any, Any, Answer]]) -> Counter[int]:
    return Counter(answer.status for answer in await asyncio.gather(*calls))


def spread(person: Person, workers: list[str], count: int) -> list[Person]:
    """The same person, as often as that, by turns at each of the workers."""
    return [replace(person, url=url) for _, url in zip(range(count), cycle(workers), strict=False)]


async def live_entries(person: Person) -> list[Item]:
    entries: list[Item] = (await person.get("time-entries", {"start_date": at("00:00", "2000-01-01")})).ok()
    return sorted(entries, key=lambda entry: str(entry["start_date"]))


async def documents_of(world: World, person: Person) -> list[Item]:
    found = world.app.container("time_entry").query_items(
        "SELECT * FROM c", partition_key=[world.tenant_id, person.user_id]
    )
    return [dict(document) async for document in found]


async def check_invariants(world: World, person: Person) -> None:
    """No overlap, one timer at most, and a timeline that agrees with the entries."""
    documents = await documents_of(world, person)
    entries = [one for one in documents if "kind" not in one]
    live = sorted((one for one in entries if "deleted" not in one), key=lambda one: str(one["start_date"]))
    (timeline,) = (one for one in documents if one.get("kind") == "timeline")

    for one, following in pairwise(live):
        assert one["end_date"] is not None
        assert one["start_date"] < one["end_date"] <= following["start_date"]
    timers = [one for one in live if one["end_date"] is None]
    copy = {name: value for name, value in timers[0].items() if name[0] != "_"} if timers else None
    assert timeline["running"] == copy
    assert (timeline["last_end"] or "") >= max((one["end_date"] for one in live if one["end_date"]), default="")
    check_events(entries, [one["event"] for one in documents if one.get("kind") == "event"])


def check_events(entries: list[Item], events: list[Item]) -> None:
    """The events of each entry lead from nothing to what it is, field by field, in whatever order they came."""
    for entry in entries:
        own = [event for event in events if event["item_id"] == entry["id"]]
        assert Counter(event["action"] for event in own)["create"] == 1
        for name in {name for event in own for name in event["changes"]}:
            steps = Counter[str]()
            for before, after in (event["changes"][name] for event in own if name in event["changes"]):
                steps[json.dumps(after)] += 1
                steps[json.dumps(before)] -= 1
            expected = Counter({json.dumps(entry.get(name)): 1})
            expected[json.dumps(None)] -= 1
            assert {k: n for k, n in steps.items() if n} == {k: n for k, n in expected.items() if n}


@pytest.mark.parametrize("fresh", [True, False])
async def test_of_forty_concurrent_starts_one_wins(world: World, workers: list[str], fresh: bool) -> None:
    if not fresh:
        await world.entry("10:00", "11:00")

    statuses = await at_once([one.post("time-entries", world.references) for one in spread(world.user, workers, 40)])

    assert statuses == {201: 1, 409: 39}
    running = (await world.user.get("time-entries/running")).ok()
    assert [entry["id"] for entry in await live_entries(world.user) if entry["running"]] == [running["id"]]
    await check_invariants(world, world.user)


@pytest.mark.parametrize("fresh", [True, False])
async def test_of_forty_concurrent_overlapping_creates_one_wins(world: World, workers: list[str], fresh: bool) -> None:
    if not fresh:
        await world.entry("20:00", "21:00")
    clocks = [(f"10:{minute:02}", f"11:{minute:02}") for minute in range(40)]

    statuses = await at_once(
        [
            one.post("time-entries", {**world.references, "start_date": at(start), "end_date": at(end)})
            for one, (start, end) in zip(spread(world.user, workers, 40), clocks, strict=True)
        ]
    )

    assert statuses[201] == 1
    assert set(statuses) <= {201, 422, 409}
    assert len(await live_entries(world.user)) == (1 if fresh else 2)
    await check_invariants(world, world.user)


async def test_twenty_concurrent_creates_side_by_side_all_land(world: World, workers: list[str]) -> None:
    hours = [(at(f"{hour:02}:00"), at(f"{hour + 1:02}:00")) for hour in range(20)]

    statuses = await at_once(
        [
            one.post("time-entries", {**world.references, "start_date": start, "end_date": end})
            for one, (start, end) in zip(spread(world.user, workers, 20), hours, strict=True)
        ]
    )

    assert statuses == {201: 20}
    assert [(one["start_date"], one["end_date"]) for one in await live_entries(world.user)] == hours
    await check_invariants(world, world.user)


async def test_concurrent_stops_end_the_timer_once(world: World, workers: list[str]) -> None:
    timer = await world.started(start_date=ago(minutes=5))

    statuses = await at_once([one.post(f"time-entries/{timer['id']}/stop") for one in spread(world.user, workers, 20)])

    assert statuses == {200: 1, 422: 19}
    await check_invariants(world, world.user)


async def test_of_concurrent_conditional_writes_one_wins(world: World, workers: list[str]) -> None:
    entry = await world.entry("10:00", "11:00")
    tag = (await world.user.get(f"time-entries/{entry['id']}")).headers["ETag"]
    people = [one.with_headers(If_Match=tag) for one in spread(world.user, workers, 20)]

    statuses = await at_once(
        [one.put(f"time-entries/{entry['id']}", {"description": str(n)}) for n, one in enumerate(people)]
    )

    assert statuses == {200: 1, 412: 19}
    assert len(await world.outbox("time_entry", entry)) == 2


async def test_no_concurrent_update_of_one_entry_is_lost(world: World, workers: list[str]) -> None:
    """Each changes another field, so that one that overwrote another's would show."""
    entry = await world.entry("10:00", "11:00")
    bodies: list[Item] = [{"uri": "u"}, {"description": "d"}, {"technologies": ["t"]}, {"timezone_offset": 60}]

    statuses = await at_once(
        [
            one.put(f"time-entries/{entry['id']}", body)
            for one, body in zip(spread(world.user, workers, 4), bodies, strict=True)
        ]
    )

    assert statuses == {200: 4}
    expected = {name: value for body in bodies for name, value in body.items()}
    assert (await world.user.get(f"time-entries/{entry['id']}")).ok() == {**entry, **expected}


async def test_of_concurrent_creates_of_one_name_one_wins(world: World, workers: list[str]) -> None:
    for path in ("customers", "projects", "activities"):
        statuses = await at_once([one.post(path, {"name": "Same"}) for one in spread(world.admin, workers, 12)])

        assert statuses == {201: 1, 409: 11}


async def any_call(person: Person, dice: random.Random, references: Item, ids: list[str]) -> Answer:
    """A call as a busy frontend, or two tabs of it, might make."""
    hour, minute = dice.randrange(8, 20), dice.choice(("00", "20", "40"))
    dates = {"start_date": at(f"{hour:02}:{minute}"), "end_date": at(f"{hour + dice.randrange(1, 3):02}:{minute}")}
    one = f"time-entries/{dice.choice(ids)}"
    calls: list[tuple[str, str, Item | None]] = [
        ("POST", "time-entries", references),
        ("POST", "time-entries", {**references, **dates}),
        ("PUT", one, {"description": str(dice.random())}),
        ("PUT", one, {**dates, "update_last_entry_if_overlap": dice.random() < 0.5}),
        ("PUT", one, {"start_date": dates["start_date"], "update_last_entry_if_overlap": True}),
        ("POST", f"{one}/stop", None),
        ("POST", f"{one}/restart", None),
        ("DELETE", one, None),
    ]
    method, path, body = dice.choice(calls)
    return await person.call(method, path, json=body)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_at_once_the_rules_hold(world: World, workers: list[str], seed: int) -> None:
    dice = random.Random(seed)
    ids = [(await world.entry(f"{hour:02}:00", f"{hour:02}:50"))["id"] for hour in range(8, 14)]
    writes = Counter[int]()
    for _ in range(5):
        people = spread(world.user, workers, 16)
        answers = await asyncio.gather(*(any_call(one, dice, world.references, ids) for one in people))
        writes += Counter(answer.status for answer in answers)
        ids += [answer.body["id"] for answer in answers if answer.status == 201]
        await check_invariants(world, world.user)
    documents = await documents_of(world, world.user)

    assert set(writes) <= {200, 201, 204, 400, 404, 409, 422}
    assert writes[200] + writes[201] + writes[204] > 10
    events = [one["event"] for one in documents if one.get("kind") == "event"]
    # A PUT may trim the entry before it, which is one more event, or change nothing, which is none.
    assert Counter(event["action"] for event in events)["create"] == 6 + writes[201]
    assert Counter(event["action"] for event in events)["delete"] == writes[204]


async def test_project_types_stay_a_tree_when_two_admins_move_two_at_once(world: World, workers: list[str]) -> None:
    """Each move is fine for itself; both together would make a ring."""
    one_admin, other_admin = spread(world.admin, workers, 2)
    for number in range(12):
        one, other = [await world.made("project-types", name=f"{name} {number}") for name in ("One", "Other")]

        statuses = await at_once([
            one_admin.put(f"project-types/{one['id']}", {"parent_id": other["id"]}),
            other_admin.put(f"project-types/{other['id']}", {"parent_id": one["id"]}),
        ])  # fmt: skip

        assert statuses == {200: 1, 400: 1}
