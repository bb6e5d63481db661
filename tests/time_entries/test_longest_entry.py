"""Nothing is made, moved, started or restarted that is longer than the setting lets it be; 168 hours by default."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from shared.cosmos.items import own_fields
from tests.application import Application, application
from tests.calling import Item, ago, at
from tests.world import World, make_world

LONG = {"start_date": at("00:00", "2024-03-01"), "end_date": at("00:00:00.001", "2024-03-08")}


@pytest.fixture(scope="module")
async def limited(cosmos_account: CosmosAccount, app: Application) -> AsyncIterator[Application]:
    del app
    async with application(cosmos_account, LONGEST_ENTRY_HOURS="") as served:
        yield served


@pytest.fixture
async def world(limited: Application, http: aiohttp.ClientSession) -> World:
    return await make_world(http, limited)


async def lengthened(world: World, entry: Item, **dates: str | None) -> None:
    """As an older version let it become."""
    document = own_fields(await world.stored("time_entry", entry)) | dates
    await world.app.container("time_entry").upsert_item(document)


async def test_a_week_is_fine_and_a_millisecond_more_is_400(world: World) -> None:
    for refused in (LONG, {"start_date": "0001-01-01T00:00:00Z", "end_date": at("00:00")}):
        body = (await world.user.post("time-entries", {**world.references, **refused})).refused(400, "entry_too_long")
        assert list(body["errors"]) == ["start_date"]

    entry = await world.entry(LONG["start_date"], at("00:00", "2024-03-08"))

    path = f"time-entries/{entry['id']}"
    (await world.user.put(path, {"end_date": LONG["end_date"]})).refused(400, "entry_too_long")
    (await world.user.put(path, {"start_date": at("23:59:59.999", "2024-02-29")})).refused(400, "entry_too_long")
    assert (await world.user.get(path)).ok() == entry


async def test_no_timer_is_started_moved_or_restarted_that_runs_for_longer(world: World) -> None:
    old = ago(hours=168, minutes=1)
    (await world.user.post("time-entries", {**world.references, "start_date": old})).refused(400, "entry_too_long")
    timer = await world.started(start_date=ago(hours=167))
    (await world.user.put(f"time-entries/{timer['id']}", {"start_date": old})).refused(400, "entry_too_long")
    stopped = (await world.user.put(f"time-entries/{timer['id']}", {"end_date": ago(hours=166)})).ok()
    await lengthened(world, stopped, start_date=old)

    (await world.user.post(f"time-entries/{timer['id']}/restart")).refused(400, "entry_too_long")


@pytest.mark.parametrize("by_put", [False, True])
async def test_a_timer_that_has_run_for_longer_is_stopped_changed_and_listed_all_the_same(
    world: World, by_put: bool
) -> None:
    timer = await world.started(start_date=ago(hours=1))
    old = ago(hours=1000)
    await lengthened(world, timer, start_date=old)
    await world.app.container("time_entry").delete_item("timeline", [world.tenant_id, world.user.user_id])
    path = f"time-entries/{timer['id']}"

    changed = (await world.user.put(path, {"description": "forgotten", "start_date": old})).ok()
    end = {"end_date": ago(minutes=1)}
    stopped = (await (world.user.put(path, end) if by_put else world.user.post(f"{path}/stop"))).ok()

    assert (changed["description"], stopped["start_date"]) == ("forgotten", old)
    assert (await world.user.get("time-entries")).ok() == [stopped]
