"""Cursors of `GET /changes`: whose they are, what becomes of those that were changed, and how long they last."""

import asyncio
import base64
import os
import sys
from dataclasses import replace

from aiohttp import ClientSession
from azure.cosmos.aio import CosmosClient

from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from embedded_cosmos.server import Server
from embedded_cosmos.testing import CosmosAccount
from shared.changes.schemas import LONGEST_CURSOR
from tests.application import ROOT, Application, application
from tests.changes.copying import changes, now
from tests.world import World, make_world


async def in_another_process(command: str, served: Application) -> None:
    """What has been done behind the back of this process's client."""
    environment = {**os.environ, **served.settings}
    process = await asyncio.create_subprocess_exec(sys.executable, "cli.py", command, cwd=ROOT, env=environment)
    assert await process.wait() == 0


async def test_a_cursor_is_bound_to_its_caller(world: World) -> None:
    cursor = await now(world.user)
    for another in (world.admin, world.person()):
        (await another.get("changes", {"cursor": cursor})).refused(403, "cursor_of_another")


async def test_a_cursor_that_was_changed_is_malformed(world: World) -> None:
    cursor = await now(world.user)
    data = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    data[-5] ^= 1
    forged = base64.urlsafe_b64encode(data).decode().rstrip("=")
    for text in (forged, cursor[:-1], cursor + "A", "x", "AAAA", cursor.swapcase(), "a" * LONGEST_CURSOR):
        (await world.user.get("changes", {"cursor": text})).refused(400, "validation_failed")


async def test_a_cursor_in_the_midst_of_a_long_feed_is_short_enough_for_any_proxy(world: World) -> None:
    for number in range(3):
        await world.customer_named(f"{number}")
    page = (await world.user.get("changes", {"limit": 1})).ok()
    assert page["more"]
    assert len(page["cursor"]) < 1500


async def test_a_cursor_goes_on_behind_a_split_of_the_physical_partitions(
    flaky: Application, http: ClientSession
) -> None:
    world = await make_world(http, flaky)
    await world.entry("10:00", "11:00")
    _, cursor = await changes(world.user)
    for container_id in ("time_entry", "customer", "administration"):
        await world.app.container(container_id).replace_throughput(25_000)
    entry, customer = await world.entry("12:00", "13:00"), await world.customer_named("Another")

    found, cursor = await changes(world.user, cursor)

    assert {change["id"] for change in found} == {entry["id"], customer["id"]}
    assert (await changes(world.user, cursor))[0] == []


async def test_a_cursor_of_a_database_restored_elsewhere_is_gone(world: World, server: Server) -> None:
    """The settings are the same, and so is the key; the containers are others of the same name."""
    cursor = await now(world.user)
    name = world.app.settings["COSMOS_DATABASE"]
    account = CosmosAccount(server.url, server.key, server.faults)
    async with application(account, COSMOS_DATABASE=name) as restored:
        elsewhere = replace(world.user, url=restored.url)

        (await elsewhere.get("changes", {"cursor": cursor})).refused(410, "cursor_gone")
        await changes(elsewhere)


async def test_a_feed_whose_range_is_gone_is_asked_again(
    flaky: Application, faults: Faults, http: ClientSession
) -> None:
    world = await make_world(http, flaky)
    cursor = await now(world.user)
    entry = await world.entry("10:00", "11:00")
    fault = faults.inject(Fault(Kind.GONE, Operation.CHANGE_FEED, count=2))

    found, _ = await changes(world.user, cursor)

    assert fault.hits == 2
    assert [change["id"] for change in found] == [entry["id"]]


async def test_a_database_that_is_away_costs_nothing_of_the_changes(
    flaky: Application, faults: Faults, http: ClientSession
) -> None:
    world = await make_world(http, flaky)
    cursor = await now(world.user)
    entry = await world.entry("10:00", "11:00")
    faults.inject(Fault(Kind.UNAVAILABLE, Operation.CHANGE_FEED, count=50, container="time_entry"))
    (await world.user.get("changes", {"cursor": cursor})).refused(503)
    faults.clear()

    assert [change["id"] for change in (await changes(world.user, cursor))[0]] == [entry["id"]]


async def test_without_the_key_there_are_no_changes_and_all_else_works(
    cosmos_account: CosmosAccount, app: Application, http: ClientSession
) -> None:
    del app
    async with application(cosmos_account, SECRETS_KEY="") as served:
        world = await make_world(http, served)

        (await world.user.get("changes")).refused(503, "secrets_key_unavailable")


async def test_a_cursor_is_gone_when_its_database_is_made_anew_under_a_running_app(
    cosmos_account: CosmosAccount, app: Application, http: ClientSession
) -> None:
    """The SDK remembers the containers that are gone, finds the new ones, and would go on there."""
    del app
    async with application(cosmos_account) as served:
        world = await make_world(http, served)
        cursor = await now(world.user)
        async with CosmosClient(cosmos_account.endpoint, cosmos_account.key) as cosmos:
            await cosmos.delete_database(served.settings["COSMOS_DATABASE"])
        await in_another_process("migrate", served)

        (await world.user.get("changes", {"cursor": cursor})).refused(410, "cursor_gone")
