"""The audit trail as it is read: whose events one sees, the filters, and pages that nothing shifts."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from tests.application import Application
from tests.calling import Item, stored
from tests.events.delivering import deliver
from tests.world import World, make_world


def continuation_of(position: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


@pytest.fixture
async def world(audited: Application, http: aiohttp.ClientSession) -> World:
    return await make_world(http, audited)


async def events(world: World, **query: Any) -> list[Item]:
    found: list[Item] = (await world.admin.get("events", query)).ok()["data"]
    return found


async def test_an_admin_sees_the_events_of_the_tenant_newest_first(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    (await world.user.put(f"time-entries/{entry['id']}", {"description": "Changed"})).ok()
    other = await make_world(world.user.http, world.app)
    await deliver(world.app)

    found = await events(world)

    assert [event["container_id"] for event in found] == ["time_entry"] * 2 + ["activity", "project", "customer"]
    assert [event["date"] for event in found] == sorted((event["date"] for event in found), reverse=True)
    assert {event["tenant_id"] for event in found} == {world.tenant_id}
    assert found[0]["changes"] == {"description": [None, "Changed"]}
    assert (found[0]["user_id"], found[0]["owner_id"]) == (world.user.user_id, world.user.user_id)
    assert len(await events(other)) == 3


async def test_filters_by_item_container_user_and_date(world: World) -> None:
    before = stored(datetime.now(UTC) + timedelta(seconds=0))
    entry = await world.entry("10:00", "11:00")
    await deliver(world.app)

    assert [event["item_id"] for event in await events(world, item_id=entry["id"])] == [entry["id"]]
    assert [event["item_id"] for event in await events(world, container_id="project")] == [world.project["id"]]
    assert [event["item_id"] for event in await events(world, user_id=world.user.user_id)] == [entry["id"]]
    assert await events(world, start_date="2100-01-01T00:00:00 00:00") == []
    assert await events(world, end_date="2020-01-01T00:00:00Z") == []
    assert [event["item_id"] for event in await events(world, start_date=before)] == [entry["id"]]
    assert len(await events(world, start_date="", user_id="undefined")) == 4


async def test_a_plain_date_is_a_whole_day_of_the_zone_or_of_utc(world: World) -> None:
    await world.entry("10:00", "11:00")
    await deliver(world.app)
    dates = {datetime.fromisoformat(event["date"]) for event in await events(world)}

    for zone, hours in (("", 0), ("Pacific/Kiritimati", 14), ("Pacific/Pago_Pago", -11)):
        days = {(date + timedelta(hours=hours)).date() for date in dates}
        first, last = min(days), max(days)
        assert len(await events(world, start_date=str(first), end_date=str(last), timezone=zone)) == 4
        assert await events(world, end_date=str(first - timedelta(days=1)), timezone=zone) == []
        assert await events(world, start_date=str(last + timedelta(days=1)), timezone=zone) == []


async def test_pages_hold_each_event_once_whatever_is_written_meanwhile(world: World) -> None:
    for number in range(5):
        await world.activity_named(f"Activity {number}")
    await deliver(world.app)
    expected = [event["id"] for event in await events(world)]

    seen: list[str] = []
    continuation = None
    while True:
        query = {"limit": 3} | ({"continuation": continuation} if continuation else {})
        page = (await world.admin.get("events", query)).ok()
        assert len(page["data"]) <= 3
        seen += [event["id"] for event in page["data"]]
        continuation = page["continuation"]
        if continuation is None:
            break
        await world.activity_named(f"Another {len(seen)}")
        await deliver(world.app)

    assert seen == expected


async def test_others_see_the_events_of_an_entry_of_their_own(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    (await world.user.delete(f"time-entries/{entry['id']}")).ok(204)
    await deliver(world.app)

    own = (await world.user.get("events", {"item_id": entry["id"]})).ok()["data"]

    assert [event["action"] for event in own] == ["delete", "create"]
    (await world.user.get("events")).refused(403)
    (await world.user.get("events", {"item_id": world.project["id"]})).refused(404)
    (await world.person().get("events", {"item_id": entry["id"]})).refused(404)


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"item_id": "x"},
        {"user_id": "x"},
        {"start_date": "yesterday"},
        {"timezone": "Mars/Base"},
        {"continuation": "x"},
        {"continuation": "bnVsbA=="},
        {"continuation": "WzFd"},
        {"continuation": "é"},
        {"continuation": continuation_of([["2026-01-01T00:00:00.0000000Z"], "x"])},
        {"continuation": continuation_of({"date": "x", "id": "y"})},
        {"continuation": continuation_of(["2026-01-01T00:00:00.0000000Z", "x", "y"])},
        {"continuation": continuation_of(["2026-01-01T00:00:00.0000000Z", 7])},
        {"continuation": continuation_of(["2026-01-01", "x"])},
        {"continuation": continuation_of(["yesterday", "x"])},
        {"continuation": f"{continuation_of(['2026-01-01T00:00:00.0000000Z', 'x'])} %"},
        {"continuation": base64.urlsafe_b64encode(b"[" * 3000).decode()},
    ],
)
async def test_a_bad_parameter_is_400(world: World, query: dict[str, str]) -> None:
    assert list((await world.admin.get("events", query)).refused(400)["errors"]) == list(query)
