"""Calendar addresses: secret, one for each caller, dead when they should be."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from tests.application import Application, application
from tests.calling import Person
from tests.world import World, make_world


async def address(person: Person) -> str:
    url: str = (await person.post("calendar")).ok(201)["url"]
    return url


async def fetched(http: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, str, str]:
    async with http.get(url, headers=headers) as answer:
        return answer.status, answer.headers["Content-Type"], await answer.text()


async def test_anybody_who_has_the_address_reads_the_calendar(world: World, http: aiohttp.ClientSession) -> None:
    url = await address(world.user)

    status, media_type, text = await fetched(http, url)

    assert url.startswith(f"{world.app.url}/api/calendar/")
    assert url.endswith(".ics")
    assert (status, media_type) == (200, "text/calendar; charset=utf-8")
    assert text.startswith("BEGIN:VCALENDAR\r\n")


async def test_a_new_address_kills_the_old_one_and_a_delete_the_last(world: World, http: aiohttp.ClientSession) -> None:
    first = await address(world.user)
    second = await address(world.user)
    assert first != second
    assert (await fetched(http, first))[0] == 404
    assert (await fetched(http, second))[0] == 200

    for _ in range(2):
        (await world.user.delete("calendar")).ok(204)
    assert (await fetched(http, second))[0] == 404
    assert (await fetched(http, await address(world.user)))[0] == 200


async def test_what_is_no_address_is_404_and_asks_nothing(world: World, http: aiohttp.ClientSession) -> None:
    url = await address(world.user)
    stem = url.removesuffix(".ics")
    other = f"{stem[:-1]}{'A' if stem[-1] != 'A' else 'B'}.ics"
    for dead in (stem, other, f"{world.app.url}/api/calendar/x.ics", f"{world.app.url}/api/calendar/.ics"):
        status, media_type, text = await fetched(http, dead)
        assert (status, media_type) == (404, "application/problem+json")
        assert json.loads(text)["code"] == "calendar_not_found"


async def test_the_gateway_sends_the_secret_in_a_header(world: World, http: aiohttp.ClientSession) -> None:
    secret = (await address(world.user)).rpartition("/")[2].removesuffix(".ics")
    url = f"{world.app.url}/api/calendar/in-header.ics"

    assert (await fetched(http, url, **{"x-calendar-secret": secret}))[0] == 200
    assert (await fetched(http, url, **{"x-calendar-secret": "x"}))[0] == 404
    assert (await fetched(http, url))[0] == 404


async def test_making_one_needs_a_token_and_reading_one_none(world: World, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{world.app.url}/api/calendar") as answer:
        assert answer.status == 401


async def test_the_database_does_not_hold_the_secret_and_neither_does_an_event(world: World) -> None:
    secret = (await address(world.user)).rpartition("/")[2].removesuffix(".ics")

    found = world.app.container("administration").query_items("SELECT * FROM c", partition_key=world.tenant_id)
    documents = [dict(one) async for one in found]

    assert [one["kind"] for one in documents if one["id"] in json.dumps(documents)]
    assert secret not in json.dumps(documents)
    (event,) = [one["event"] for one in documents if one["kind"] == "event" and "calendar" in json.dumps(one)]
    assert set(event["changes"]) == {"id", "tenant_id"}
    assert event["user_id"] == world.user.user_id


async def test_it_is_404_once_the_directory_no_longer_has_the_user(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    del app
    file = tmp_path / "directory.json"
    async with application(cosmos_account, DIRECTORY_FILE=str(file)) as served:
        world = await make_world(http, served)
        who = {"tenant_id": world.tenant_id, "name": "Ada", "email": "ada@example.com", "roles": [], "groups": []}
        file.write_text(json.dumps({"users": [{"id": world.user.user_id, **who}]}))
        url, never_known = await address(world.user), await address(world.person())
        assert (await fetched(http, url))[0] == 200

        file.write_text(json.dumps({"users": []}))

        assert (await fetched(http, url))[0] == 404
        assert (await fetched(http, never_known))[0] == 200


async def test_without_the_key_there_are_no_calendars(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession
) -> None:
    del app
    async with application(cosmos_account, SECRETS_KEY="") as served:
        world = await make_world(http, served)
        (await world.user.post("calendar")).refused(503, "secrets_key_unavailable")
        (await world.user.delete("calendar")).refused(503, "secrets_key_unavailable")
        status, _, text = await fetched(http, f"{served.url}/api/calendar/x.ics")
        assert (status, json.loads(text)["code"]) == (503, "secrets_key_unavailable")


async def test_the_address_is_where_the_setting_says_that_the_api_is(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession
) -> None:
    del app
    async with application(cosmos_account, API_URL="https://time.example.com/api") as served:
        world: Any = await make_world(http, served)
        assert (await address(world.user)).startswith("https://time.example.com/api/calendar/")


async def test_no_log_keeps_the_secret(
    world: World, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    url = await address(world.user)
    await fetched(http, url)

    assert "/api/calendar/***" in caplog.text
    assert url.rpartition("/")[2].removesuffix(".ics") not in caplog.text
