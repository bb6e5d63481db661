"""Migrations: each is run once, by one runner at a time, and none that was run may be changed."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from embedded_cosmos.testing import CosmosAccount
from migrations import runner
from tests.application import Application, application

FIRST = runner.CREATE_CONTAINERS


@pytest.fixture(scope="module")
async def migrated(cosmos_account: CosmosAccount, app: Application) -> AsyncIterator[Application]:
    """A database of these tests' own; serving the app has applied every migration."""
    del app
    async with application(cosmos_account) as served:
        yield served


# What databases out there have run. A new migration gets its line once it is released.
RELEASED = {
    "0001_create_containers": "4db03db0e0d487b176a696c71c2d9bf8f9167406a050e19d8a276e505d1c045c",
    "0002_mark_long_entries": "4fdf06545acef2e5938906d383cefa339a54daf364d37470020fcdc75d88d2b0",
}


def test_a_migration_that_was_released_does_not_change() -> None:
    """Otherwise a database that has run it refuses the new version."""
    found = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in runner.FOLDER.glob("0*.py")}

    assert {name: found.get(name) for name in RELEASED} == RELEASED


async def test_what_was_run_is_recorded_and_not_run_again(migrated: Application) -> None:
    record = await migrated.container("migration").read_item(FIRST, partition_key=FIRST)

    assert len(record["checksum"]) == 64
    assert await runner.pending() == []
    assert await runner.migrate() == []


async def test_of_two_runners_one_waits_and_finds_nothing_left(migrated: Application) -> None:
    await migrated.container("migration").delete_item(FIRST, partition_key=FIRST)

    results = await asyncio.gather(runner.migrate(), runner.migrate())

    assert sorted(results) == [[], [FIRST]]


async def test_a_runner_waits_as_long_as_another_holds_the_lock(migrated: Application) -> None:
    records = migrated.container("migration")
    await records.create_item({"id": runner.LOCK, "ttl": runner.LOCK_TTL_SECONDS})
    waiting = asyncio.create_task(runner.migrate())
    done, _ = await asyncio.wait({waiting}, timeout=3 * runner.LOOK_AGAIN_SECONDS)
    assert not done

    await records.delete_item(runner.LOCK, partition_key=runner.LOCK)

    assert await waiting == []


async def test_a_migration_that_was_changed_after_it_was_run_is_refused(migrated: Application) -> None:
    records = migrated.container("migration")
    record = await records.read_item(FIRST, partition_key=FIRST)
    await records.upsert_item({**record, "checksum": "0" * 64})
    try:
        with pytest.raises(runner.MigrationChangedError, match=FIRST):
            await runner.migrate()
    finally:
        await records.upsert_item(record)
