"""One property of every path that writes: what lies in a locked period is what was submitted, whatever happens at once.

Two workers of the app, each a process of its own, a database that fails now and then, and, beside the calls, a person
who is erased, a repair, and a timeline that is lost.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from azure.cosmos.exceptions import CosmosResourceNotFoundError

from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from operations import check, person
from shared import instants
from shared.errors import ApiError
from tests.application import Application
from tests.calling import Answer, Item, Person, at
from tests.imports.importing import GENERIC, file_of, generic, send
from tests.time_entries.test_concurrency import documents_of, spread, worker_of
from tests.time_entries.test_timeline import keys
from tests.world import World, make_world

ROUNDS = 6
CALLS = 14
# How often a call is an import.
IMPORTS = 0.15


@pytest.fixture(scope="module")
async def workers(flaky: Application) -> AsyncIterator[list[str]]:
    async with worker_of(flaky) as addresses:
        yield addresses


@pytest.fixture
async def world(flaky: Application, http: aiohttp.ClientSession) -> World:
    return await make_world(http, flaky)


class Anything:
    """Whoever does anything, at random."""

    def __init__(self, world: World, workers: list[str], seed: int) -> None:
        self.world, self.dice = world, random.Random(seed)
        self._users, self._admins = (spread(who, workers, CALLS) for who in (world.user, world.admin))
        self.entries: list[str] = []
        self.timesheets: list[str] = []
        self.imports: list[str] = []

    async def call(self, place: int) -> Answer:
        dice, user, admin = self.dice, self._users[place], self._admins[place]
        day = dice.randrange(1, 9)
        start, end = (f"2024-03-0{day}T{hour:02}:00:00Z" for hour in sorted(dice.sample(range(24), 2)))
        dates = {"start_date": start, "end_date": end}
        entry, sheet = f"time-entries/{dice.choice(self.entries)}", f"timesheets/{dice.choice(self.timesheets)}"
        last = f"2024-03-0{min(9, day + dice.randrange(3))}"
        period = {"start_date": f"2024-03-0{day}", "end_date": last, "timezone": "UTC"}
        calls: list[tuple[Person, str, str, Item | None]] = [
            (user, "POST", "time-entries", {**self.world.references, **dates}),
            (user, "POST", "time-entries", {**self.world.references, "start_date": start}),
            (user, "PUT", entry, {"description": str(dice.random()), "billable": dice.random() < 0.5}),
            (user, "PUT", entry, {**dates, "update_last_entry_if_overlap": dice.random() < 0.5}),
            (user, "DELETE", entry, None),
            (user, "POST", f"{entry}/stop", None),
            (user, "POST", f"{entry}/restart", None),
            (user, "POST", f"{entry}/restore", None),
            (user, "POST", "timesheets", period),
            (user, "POST", "timesheets", period),
            (user, "POST", f"{sheet}/withdraw", None),
            (admin, "POST", f"{sheet}/approve", None),
            (admin, "POST", f"{sheet}/approve", None),
            (admin, "POST", f"{sheet}/{dice.choice(('reject', 'reopen'))}", None),
        ]
        if dice.random() < IMPORTS:
            return await self._import(user, start, end)
        who, method, path, body = dice.choice(calls)
        answer = await who.call(method, path, json=body)
        if answer.status == 201:
            (self.entries if path == "time-entries" else self.timesheets).append(answer.body["id"])
        return answer

    async def _import(self, user: Person, start: str, end: str) -> Answer:
        """A file of two rows, or an import taken back."""
        if self.imports and self.dice.random() < 0.3:
            return await user.delete(f"imports/{self.dice.choice(self.imports)}")
        rows = generic(start, end), generic("2024-03-05T00:00:00Z", "2024-03-05T00:10:00Z")
        answer = await send(user, file_of(GENERIC, *rows), zone="UTC")
        if answer.status == 200:
            self.imports.append(answer.body["import_id"])
        return answer

    async def trouble(self) -> None:
        """What is done behind the app's back."""
        world = self.world
        match self.dice.randrange(4):
            case 0:
                with suppress(CosmosResourceNotFoundError):
                    await world.app.container("time_entry").delete_item("timeline", keys(world))
            case 1:
                with suppress(ApiError):
                    await person.erase(person.Person(world.tenant_id, world.user.user_id), lambda _: None)
            case 2:
                with suppress(ApiError):
                    findings = check.check(instants.now(), lambda *_: None, mend=True)
                    assert not [one async for one in findings if "written to" in one.what]


async def nothing_has_changed(world: World) -> int:
    """Every locked period holds what was submitted, and no rule is broken; returns how many there are."""
    documents = await documents_of(world, world.user)
    live = sorted(
        (one for one in documents if "kind" not in one and "deleted" not in one), key=lambda one: str(one["start_date"])
    )
    for one, following in pairwise(live):
        assert one["end_date"] is not None
        assert one["end_date"] <= following["start_date"]
    locked = [one for one in documents if one.get("kind") == "timesheet" and one["status"] in {"submitted", "approved"}]
    for timesheet in locked:
        answer: Any = (await world.user.get(f"timesheets/{timesheet['id']}/verification")).ok()
        assert answer == {"intact": True, "entries": []}
    periods = sorted((one["start"], one["end"]) for one in locked)
    assert all(one[1] <= following[0] for one, following in pairwise(periods))
    return len(locked)


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_in_a_locked_period_differs_from_its_digest_whatever_happens_at_once(
    world: World, workers: list[str], faults: Faults, seed: int
) -> None:
    anything = Anything(world, workers, seed)
    anything.entries = [(await world.entry(at("08:00", f"2024-03-0{day}"), at("09:00", f"2024-03-0{day}")))["id"]
                        for day in range(1, 8)]  # fmt: skip
    anything.timesheets = [(await world.user.post("timesheets", {"start_date": "2024-02-01", "timezone": "UTC",
                                                                 "end_date": "2024-02-02"})).ok(201)["id"]]  # fmt: skip
    statuses, locked = Counter[int](), 0
    for _ in range(ROUNDS):
        for kind in (Kind.DROP_AFTER, Kind.DROP_BEFORE, Kind.THROTTLE):
            skip = anything.dice.randrange(10)
            faults.inject(Fault(kind, Operation.BATCH, skip=skip, container="time_entry"))
        answers = await asyncio.gather(*map(anything.call, range(CALLS)), anything.trouble())
        faults.clear()
        statuses += Counter(answer.status for answer in answers if answer)
        locked += await nothing_has_changed(world)

    assert set(statuses) <= {200, 201, 204, 400, 404, 409, 422, 429, 503}
    assert statuses[200] + statuses[201] > 0
    assert locked > 0, "nothing was locked, and so nothing was shown"
