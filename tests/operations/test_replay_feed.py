"""`python cli.py replay-feed`: exactly one feed begins anew, and no host that reads it is silenced by mistake."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local.host.host import Host
from local.host.triggers import ChangeFeedTrigger
from operations import replay_feed
from operations.replay_feed import FeedInUseError
from shared.cosmos.containers import LEASES, WATCHED
from tests.application import Application
from tests.calling import Item
from tests.events.delivering import events_of, watching
from tests.world import World, make_world

ROOT = Path(__file__).parents[2]
HOST_NAME = "account.documents.azure.com"


@pytest.fixture
async def world(audited: Application, http: aiohttp.ClientSession) -> AsyncIterator[World]:
    yield await make_world(http, audited)
    for lease in await leases(audited):
        await audited.container(LEASES).delete_item(lease["id"], partition_key=lease["id"])


async def leases(app: Application) -> list[Item]:
    return [dict(lease) async for lease in app.container(LEASES).read_all_items()]


async def ids(app: Application) -> set[str]:
    return {lease["id"] for lease in await leases(app)}


async def name_in_azure(app: Application, container_id: str, host_name: str = HOST_NAME) -> str:
    """What the Cosmos DB extension calls the leases of a feed."""
    database, watched = await app.database.read(), await app.container(container_id).read()
    return f"{container_id}{host_name}_{database['_rid']}_{watched['_rid']}"


async def leave_leases_of_azure(app: Application, container_id: str, **lease: Any) -> list[str]:
    """What the .NET SDK 3.64 was seen to leave for a feed, here of two ranges; gives the ids, the marker's first."""
    name = await name_in_azure(app, container_id)
    shared = {
        "version": 0, "Owner": None, "ContinuationToken": '"27"', "properties": {}, "Mode": "Incremental Feed",
        "FeedRange": {"Range": {"min": "", "max": "FF"}}, "timestamp": "2026-11-27T19:21:02.9527431Z", **lease,
    }  # fmt: skip
    documents = [
        {"id": f"{name}.info"},
        {"id": f"{name}..0", "LeaseToken": "0", **shared},
        {"id": f"{name}..AA-FF", "LeaseToken": "AA-FF", **shared},
        {"id": f"{name}.lock", "ttl": 30},
    ]
    for document in documents:
        await app.container(LEASES).upsert_item(document)
    return [str(document["id"]) for document in documents]


async def test_exactly_that_feeds_leases_go_the_marker_first(world: World) -> None:
    app = world.app
    mine_ids = await leave_leases_of_azure(app, "project")
    other_ids = await leave_leases_of_azure(app, "project_type")
    foreign = [
        (await name_in_azure(app, "project")).replace("_", "x", 1) + "..0",
        await name_in_azure(app, "project"),
        (await name_in_azure(app, "project")) + ".info.bak",
        "project..0", "timer..project", "projectx_y_z.info", "a" + mine_ids[0],
    ]  # fmt: skip
    for lease_id in foreign:
        await app.container(LEASES).upsert_item({"id": lease_id})

    deleted = await replay_feed.replay("project", force=False, dry_run=False)

    assert list(deleted) == sorted(mine_ids, key=lambda one: (not one.endswith(".info"), one))
    assert await ids(app) == {*other_ids, *foreign}


@pytest.mark.parametrize("container_id", WATCHED)
async def test_it_knows_the_leases_that_the_local_host_makes_for_each_feed(world: World, container_id: str) -> None:
    app = world.app
    async with watching(app):
        pass
    before = await ids(app)

    deleted = await replay_feed.replay(container_id, force=False, dry_run=False)

    assert len(deleted) == 2
    assert all(one.startswith(f"{container_id}{app.database.id}_{container_id}_") for one in deleted)
    assert await ids(app) == before - set(deleted)


async def test_the_prefix_of_each_trigger_is_its_containers_id(audited: Application) -> None:
    host = await Host.load(ROOT, audited.settings)
    triggers = [function.trigger for function in host.functions if isinstance(function.trigger, ChangeFeedTrigger)]

    assert {trigger.container: trigger.lease_prefix for trigger in triggers} == {one: one for one in WATCHED}
    assert {trigger.lease_container for trigger in triggers} == {LEASES}


async def test_after_a_restart_everything_is_delivered_again_and_nothing_twice(world: World) -> None:
    async with watching(world.app):
        pass
    (before,) = await events_of(world, world.project)
    await world.app.container("event").delete_item(
        before["id"], partition_key=[world.project["tenant_id"], world.project["id"]]
    )

    await replay_feed.replay("project", force=False, dry_run=False)
    async with watching(world.app):
        pass

    assert await events_of(world, world.project) == [before]


async def test_while_a_host_runs_it_refuses_and_deletes_nothing(world: World) -> None:
    async with watching(world.app):
        before = await ids(world.app)
        with pytest.raises(FeedInUseError, match=r"A host is reading this feed: .*/change_feed_project/"):
            await replay_feed.replay("project", force=False, dry_run=False)
        assert await ids(world.app) == before


async def test_force_deletes_what_a_host_holds(world: World) -> None:
    async with watching(world.app):
        deleted = await replay_feed.replay("project", force=True, dry_run=False)

        assert len(deleted) == 2


async def test_a_lease_of_azure_is_held_for_a_minute_after_its_last_write(world: World) -> None:
    await leave_leases_of_azure(world.app, "project", Owner="6db6441f")
    held = [one for one in await replay_feed.found("project") if one.holder(time.time())]

    with pytest.raises(FeedInUseError, match="6db6441f"):
        await replay_feed.replay("project", force=False, dry_run=False)
    with pytest.raises(FeedInUseError):
        await replay_feed.replay("project", force=False, dry_run=True)

    assert len(held) == 2
    assert not any(one.holder(time.time() + 76) for one in held)


@pytest.mark.parametrize(
    ("fields", "is_held"),
    [
        ({"owner": "a", "expires_at": time.time() + 3600}, True),
        ({"owner": "a", "expires_at": 1}, False),
        ({"owner": None, "expires_at": time.time() + 3600}, False),
        ({"owner": "a", "expires_at": "nonsense"}, True),
        ({"Owner": "a"}, True),
        ({"Owner": None}, False),
        ({}, False),
    ],
)
def test_who_holds_a_lease(fields: dict[str, Any], is_held: bool) -> None:
    document = replay_feed.LeaseDocument({"id": "x", "_ts": int(time.time()), **fields})

    assert (document.holder(time.time()) is not None) == is_held


async def test_without_leases_there_is_nothing_to_delete(world: World) -> None:
    assert await ids(world.app) == set()
    assert list(await replay_feed.replay("customer", force=False, dry_run=False)) == []


async def invoked(app: Application | None, *arguments: str) -> tuple[int, str]:
    """The exit code, and what the command says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "cli.py", "replay-feed", *arguments),
        cwd=ROOT,
        env=os.environ | (dict(app.settings) if app else {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_the_command_says_what_it_would_do_what_it_did_and_what_is_left_to_do(world: World) -> None:
    lease_ids = await leave_leases_of_azure(world.app, "activity")

    code, told = await invoked(world.app, "activity", "--dry-run")
    assert (code, told.splitlines()) == (0, [f"would delete {one}" for one in [lease_ids[0], *sorted(lease_ids[1:])]])
    assert await ids(world.app) == set(lease_ids)

    code, done = await invoked(world.app, "activity")
    *deleted, last = done.splitlines()
    assert (code, deleted) == (0, told.replace("would delete", "deleted").splitlines())
    assert last.startswith("Now restart the hosts")
    assert await ids(world.app) == set()

    code, again = await invoked(world.app, "activity")
    assert (code, again.partition(":")[0]) == (0, "The feed of activity has no leases")


async def test_the_command_refuses_in_a_sentence_while_a_host_holds_a_lease(world: World) -> None:
    lease_ids = await leave_leases_of_azure(world.app, "activity", Owner="6db6441f")

    code, refused = await invoked(world.app, "activity")

    assert code == 1
    assert "A host is reading this feed: 6db6441f" in refused
    assert "--force" in refused
    assert await ids(world.app) == set(lease_ids)
    assert (await invoked(world.app, "activity", "--force"))[0] == 0
    assert await ids(world.app) == set()


@pytest.mark.parametrize("feed", ["event", "project..0"])
async def test_what_is_no_feed_is_refused(feed: str) -> None:
    code, told = await invoked(None, feed)

    assert code == 2
    assert "Invalid value" in told
