"""Events of timesheets, forgotten timers and role changes reach webhooks, each under its own type."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from shared.time_entries import forgotten
from tests.application import Application, application
from tests.calling import ago
from tests.events.delivering import deliver
from tests.webhooks.receiving import Receiver, hooked, listed, send, send_all
from tests.world import World

MARCH = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": "UTC"}


@pytest.fixture(scope="module")
async def hooking(
    cosmos_account: CosmosAccount, app: Application, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Application]:
    """With a directory file, in which roles can be changed."""
    del app
    file: Path = tmp_path_factory.mktemp("directory") / "directory.json"
    async with application(cosmos_account, WEBHOOKS_TO_LOOPBACK="1", DIRECTORY_FILE=str(file)) as served:
        yield served


async def test_what_becomes_of_a_timesheet_is_told_without_amounts(world: World, received: Receiver) -> None:
    await hooked(world, received.url, "timesheet.*")
    await world.made("rates", kind="billable", amount="4321.99", currency="EUR")
    await world.entry("10:00", "11:00")
    timesheet = (await world.user.post("timesheets", MARCH)).ok(201)
    (await world.admin.post(f"timesheets/{timesheet['id']}/approve")).ok()
    (await world.admin.post(f"timesheets/{timesheet['id']}/reopen")).ok()
    await send_all(world.app)

    assert received.types == ["timesheet.approved", "timesheet.reopened", "timesheet.submitted"]
    assert {one.body["data"]["item_id"] for one in received.received} == {timesheet["id"]}
    assert not [one for one in received.received if b"4321" in one.content]


async def test_a_forgotten_timer_is_told_once(world: World, received: Receiver) -> None:
    await hooked(world, received.url, "time_entry.forgotten")
    entry = await world.started(start_date=ago(hours=11))
    await forgotten.tell_of_all(datetime.now(UTC))
    await forgotten.tell_of_all(datetime.now(UTC) + timedelta(minutes=5))
    await send_all(world.app)

    (one,) = received.received
    assert one.type == "time_entry.forgotten"
    assert one.body["data"]["item_id"] == entry["id"]
    assert list(one.body["data"]["changes"]) == ["proposed_end_date"]


async def test_a_role_change_is_told_when_it_is_known_what_came_of_it(
    world: World, received: Receiver, http: aiohttp.ClientSession
) -> None:
    """Its event is written before the directory is asked, and again afterwards."""
    del http
    webhook = await hooked(world, received.url, "user.*")
    (await world.admin.post(f"users/{world.admin.user_id}/roles/test/grant")).ok()
    await deliver(world.app)
    await send()
    assert received.received == []
    await send(seconds=61)

    (one,) = received.received
    assert one.type == "user.updated"
    assert one.body["data"]["description"].endswith(": done")
    assert len(await listed(world, webhook)) == 1
