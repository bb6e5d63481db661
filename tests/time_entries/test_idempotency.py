"""`Idempotency-Key`: the same call again makes no second entry, at whatever instance, and answers the first."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest

from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from embedded_cosmos.server import Server
from embedded_cosmos.testing import CosmosAccount
from shared.time_entries.remembered import memory
from tests.application import ROOT, Application, application
from tests.calling import Answer, Item, Person, ago, at
from tests.world import World, make_world


async def post(who: Person, body: Item, key: str = "a key") -> Answer:
    return await who.with_headers(Idempotency_Key=key).post("time-entries", body)


def past(world: World, **more: Any) -> Item:
    return {**world.references, "start_date": at("10:00"), "end_date": at("11:00"), **more}


async def test_the_same_call_again_answers_the_first_entry_as_it_is_now(world: World) -> None:
    first = (await post(world.user, past(world))).ok(201)
    moved = (await world.user.put(f"time-entries/{first['id']}", {"start_date": at("08:00"), "uri": "x"})).ok()

    again = await post(world.user, past(world))

    assert again.ok(201) == moved
    assert again.headers["Location"] == f"/api/time-entries/{first['id']}"
    assert len((await world.user.get("time-entries", {"month": 3, "year": 2024})).ok()) == 1


async def test_a_timer_is_started_once_and_answered_when_it_is_stopped(world: World) -> None:
    first = (await post(world.user, world.references)).ok(201)
    assert (await post(world.user, world.references)).ok(201) == first
    stopped = (await world.user.post(f"time-entries/{first['id']}/stop")).ok()

    assert (await post(world.user, world.references)).ok(201) == stopped
    assert (await world.user.get("time-entries/running")).status == 204


@pytest.mark.parametrize(
    "same",
    [
        {"start_date": "2024-03-05T05:00:00.0004-05:00", "end_date": "2024-03-05T11:00:00Z"},
        {"description": "", "uri": None, "technologies": None},
        {"timezone_offset": 300, "update_last_entry_if_overlap": True, "start_hour": "10", "id": "x"},
    ],
    ids=["dates", "nulls", "no fields"],
)
async def test_the_same_meaning_in_other_words_is_the_same_call(world: World, same: Item) -> None:
    first = (await post(world.user, past(world))).ok(201)

    assert (await post(world.user, past(world, **same))).ok(201) == first


@pytest.mark.parametrize(
    "other", [{"end_date": at("10:30")}, {"description": "x"}, {"technologies": ["x"]}, {"timezone_offset": 0}]
)
async def test_another_meaning_is_422_also_after_changes(world: World, other: Item) -> None:
    first = (await post(world.user, past(world))).ok(201)
    (await world.user.put(f"time-entries/{first['id']}", {"description": "x", "end_date": at("10:30")})).ok()

    (await post(world.user, past(world, **other))).refused(422, "idempotency_key_reused")

    assert len((await world.user.get("time-entries", {"month": 3, "year": 2024})).ok()) == 1


async def test_the_key_of_a_deleted_entry_is_spent(world: World) -> None:
    first = (await post(world.user, past(world))).ok(201)
    (await world.user.delete(f"time-entries/{first['id']}")).ok(204)

    (await post(world.user, past(world))).refused(409, "idempotency_key_spent")
    (await post(world.user, past(world), "another key")).ok(201)


async def test_keys_are_each_persons_own(world: World) -> None:
    mine = (await post(world.user, past(world))).ok(201)
    theirs = (await post(world.person(), past(world))).ok(201)

    assert mine["id"] != theirs["id"]


async def test_an_entry_of_an_older_version_counts_as_meant_the_same(world: World) -> None:
    first = (await post(world.user, past(world))).ok(201)
    stored = await world.stored("time_entry", first)
    del stored["_meaning"]
    await world.app.container("time_entry").replace_item(first["id"], stored)

    assert (await post(world.user, past(world))).ok(201) == first


async def test_what_is_kept_of_the_meaning_is_shown_nowhere(world: World) -> None:
    keyed = await post(world.user, past(world))
    plain = await world.user.get(f"time-entries/{keyed.body['id']}")

    assert plain.headers["ETag"] == keyed.headers["ETag"]
    (event,) = await world.outbox("time_entry", keyed.body)
    assert "_meaning" not in event["changes"]


@dataclass(frozen=True, slots=True)
class Instances:
    """Two instances of the app on one database, and the faults of that."""

    app: Application
    other_url: str
    faults: Faults


@pytest.fixture(scope="module")
async def instances(server: Server, app: Application) -> AsyncIterator[Instances]:
    del app
    async with application(CosmosAccount(server.url, server.key, server.faults)) as served:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.worker",
            cwd=ROOT, env={**os.environ, **served.settings}, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin
        assert process.stdout
        yield Instances(served, (await process.stdout.readline()).decode().strip(), server.faults)
        process.stdin.close()
        await process.wait()


@pytest.mark.parametrize("starts_a_timer", [True, False])
async def test_a_refusal_about_the_entry_that_another_instance_just_made_is_no_refusal(
    instances: Instances, http: aiohttp.ClientSession, starts_a_timer: bool
) -> None:
    world = await make_world(http, instances.app)
    await world.entry("20:00", "21:00")
    there = replace(world.user, url=instances.other_url)
    body = {**world.references, "start_date": ago(minutes=1)} if starts_a_timer else past(world)
    # Nothing is remembered here. Of the first call, the look for the key's entry is done, and what the rules decide on
    # is read late.
    memory.cache_clear()
    slow = Fault(Kind.DELAY, Operation.READ if starts_a_timer else Operation.QUERY, container="time_entry", seconds=1.5)
    slow.skip = 1 if starts_a_timer else 0
    instances.faults.inject(slow)

    async def call_there() -> Answer:
        async with asyncio.timeout(10):
            while not slow.hits:  # noqa: ASYNC110 - it is met in another thread
                await asyncio.sleep(0.01)
        return await post(there, body)

    here, other = await asyncio.gather(post(world.user, body), call_there())

    assert here.ok(201) == other.ok(201)
