"""A run that is killed, or meets people who are clocking in here, or a database that fails."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from embedded_cosmos.server import Server
from embedded_cosmos.testing import CosmosAccount
from shared import instants
from shared.cosmos.items import Document, own_fields
from tests.application import Application, application
from tests.calling import Person
from tests.operations.adopt import adopting
from tests.operations.adopt.conftest import SETTINGS
from tests.operations.adopt.old_system import FIRST_DAY, Documents, Generator, OldSystem


def of_long_ago(generator: Generator, entries: int, owners: int) -> Documents:
    """Documents of which none depends on when a run comes to it."""
    documents = generator.documents(entries, owners)
    yesterday = f"{generator.now - timedelta(days=2):%Y-%m-%d}"
    documents["time_entry"] = [
        one for one in documents["time_entry"] if max(str(one.get("start_date")), str(one.get("end_date"))) < yesterday
    ]
    return documents


async def own(app: Application, tenant_id: str) -> dict[str, Document]:
    """What a tenant has here, without what each write makes anew."""
    found = {key: own_fields(one) for key, one in (await adopting.entries(app, tenant_id)).items()}
    for container_id in ("customer", "project", "project_type", "activity", "technology"):
        documents = app.container(container_id).query_items(
            "SELECT * FROM c WHERE NOT IS_DEFINED(c.kind)", partition_key=tenant_id
        )
        found |= {f"{container_id} {one['id']}": own_fields(one) async for one in documents}
    return found


async def test_a_run_that_is_killed_again_and_again_comes_to_the_same_end(
    new: Application, old: OldSystem, cosmos_account: CosmosAccount, tmp_path: Path
) -> None:
    generator = Generator(str(uuid4()), instants.now())
    documents = of_long_ago(generator, 600, 3)
    await old.fill(documents)
    chance = random.Random(9)
    batches = [0]
    for _ in range(3):
        process = await adopting.start(new, old, tmp_path)
        written = await _written(new, generator.tenant_id)
        goal = written + chance.randrange(1, 250)
        while process.returncode is None and written < goal:
            written = await _written(new, generator.tenant_id)
        if process.returncode is None:
            process.kill()
        await process.communicate()
        batches.append(written)
        assert await adopting.findings() == []
        if process.returncode == 0:
            break
    assert len({*batches}) > 2, "it was killed before it began"
    assert not (tmp_path / "adopted.csv").exists()

    await adopting.run(new, old, tmp_path)

    found, expected = await own(new, generator.tenant_id), {}
    async with application(cosmos_account, **SETTINGS) as another:
        await adopting.run(another, old, tmp_path)
        expected = await own(another, generator.tenant_id)
    assert found == expected
    assert await adopting.findings() == []


async def _written(app: Application, tenant_id: str) -> int:
    """How many entries are here."""
    found = app.container("time_entry").query_items(
        "SELECT VALUE COUNT(1) FROM c WHERE c.tenant_id = @tenant AND NOT IS_DEFINED(c.kind)",
        parameters=[{"name": "@tenant", "value": tenant_id}],
    )
    (count,) = [one async for one in found]
    return int(str(count))


async def work(
    person: Person, references: dict[str, str], chance: random.Random, made: dict[str, Document], ended: asyncio.Event
) -> None:
    """Entries of long ago, in between the old ones, timers, and words in what was brought over just now."""
    while not ended.is_set():
        start = FIRST_DAY + timedelta(minutes=chance.randrange(500 * 24 * 60))
        past = {"start_date": start.isoformat(), "end_date": (start + timedelta(minutes=30)).isoformat()}
        answers = [await person.post("time-entries", {**references, **past})]
        timer = await person.post("time-entries", references)
        if timer.status == 201:
            answers.append(await person.post(f"time-entries/{timer.body['id']}/stop"))
        listed = (await person.get("time-entries", {"month": start.month, "year": start.year})).ok()
        answers += [await person.put(f"time-entries/{entry['id']}", {"description": "Mine"}) for entry in listed[:2]]
        # What is submitted is locked, and `check` compares it with its digest.
        day = f"{start:%Y-%m-%d}"
        await person.post("timesheets", {"start_date": day, "end_date": day, "timezone": "UTC"})
        made |= {answer.body["id"]: answer.body for answer in answers if answer.status in {200, 201}}


async def test_people_clock_in_here_meanwhile_and_nothing_of_theirs_is_touched(
    new: Application, old: OldSystem, http: aiohttp.ClientSession
) -> None:
    generator = Generator(str(uuid4()), instants.now())
    documents = of_long_ago(generator, 600, 3)
    await old.fill(documents)
    admin = Person(http, new.url, generator.tenant_id, admin=True)
    project = (await admin.post("projects", {"name": "Here"})).ok(201)
    activity = (await admin.post("activities", {"name": "Here"})).ok(201)
    references = {"project_id": project["id"], "activity_id": activity["id"]}
    owners = sorted({str(one["owner_id"]).lower() for one in documents["time_entry"] if one.get("owner_id")})
    people = [Person(http, new.url, generator.tenant_id, owner) for owner in owners if "@" not in owner]
    ended = asyncio.Event()
    made: dict[str, Document] = {}
    async with asyncio.TaskGroup() as group:
        for seed, person in enumerate(people):
            group.create_task(work(person, references, random.Random(seed), made, ended))
        told = await adopting.adopt(old)
        ended.set()

    here = await adopting.entries(new, generator.tenant_id)
    assert len(made) > 20
    for entry_id, entry in made.items():
        for name in ("start_date", "end_date", "description"):
            assert here[entry_id][name] in {entry[name], "Mine"}
        assert "deleted" not in here[entry_id]
    assert all(month.hours.new - month.hours.old == month.hours.listed for month in told.months)
    left_out = {row.item_id for row in told.rows if row.remark.done == "left out"}
    there = {one["id"] for one in documents["time_entry"]}
    assert there - here.keys() - left_out <= {one for one in there if one.startswith("entry ")}
    assert await adopting.findings() == []


@pytest.fixture
async def failing(server: Server, app: Application) -> AsyncIterator[Application]:
    del app
    async with application(CosmosAccount(server.url, server.key, server.faults), **SETTINGS) as new:
        yield new


@pytest.mark.parametrize("kind", [Kind.DROP_AFTER, Kind.DROP_BEFORE, Kind.UNAVAILABLE, Kind.THROTTLE])
async def test_batches_whose_answers_are_lost_are_written_once(
    failing: Application, faults: Faults, old: OldSystem, kind: Kind
) -> None:
    generator = Generator(str(uuid4()), instants.now())
    await old.fill(of_long_ago(generator, 300, 3))
    for skip in range(0, 12, 3):
        faults.inject(Fault(kind, Operation.BATCH, container="time_entry", skip=skip, seconds=0.01))

    told = await adopting.adopt(old)

    faults.clear()
    assert await adopting.findings() == []
    here = await adopting.entries(failing, generator.tenant_id)
    events = failing.container("time_entry").query_items(
        "SELECT VALUE c.event.item_id FROM c WHERE c.tenant_id = @tenant AND c.kind = 'event'",
        parameters=[{"name": "@tenant", "value": generator.tenant_id}],
    )
    assert sorted([str(one) async for one in events]) == sorted(here)
    assert told.rows == (await adopting.adopt(old)).rows
