"""The programs that docs/integrating.md shows, run as they stand; the client for changes has a test of its own."""

import asyncio
import csv
import io
import re
import time
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode
from uuid import uuid4

import aiohttp
import jwt
import pytest
from aiohttp import web

from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from tests.application import Application
from tests.calling import Item, Person, ago, at
from tests.docs.snippets import snippets
from tests.world import World, make_world

PAGE = "docs/integrating.md"


def functions(heading: str) -> dict[str, Any]:
    """What the Python below a heading defines."""
    names: dict[str, Any] = {}
    for code in snippets(PAGE, heading, "python"):
        exec(compile(code, PAGE, "exec"), names)  # noqa: S102 - our own page
    return names


@pytest.mark.parametrize("kind", [Kind.UNAVAILABLE, Kind.DROP_AFTER])
async def test_an_entry_that_is_created_once_is_there_once_whatever_happens(
    flaky: Application, faults: Faults, http: aiohttp.ClientSession, kind: Kind
) -> None:
    world = await make_world(http, flaky)
    create_once = functions("Calls that are sent again")["create_once"]
    entry = {**world.references, "start_date": at("10:00"), "end_date": at("11:00")}
    faults.inject(Fault(kind, Operation.BATCH, count=10, container="time_entry"))
    api, key = f"{flaky.url}/api", str(uuid4())

    made = await asyncio.to_thread(create_once, api, world.user.token, entry, key, (0, 0, 0, 0, 0, 0))

    assert [one["id"] for one in (await world.user.get("time-entries", {"start_date": at("00:00")})).ok()] == [
        made["id"]
    ]
    other = entry | {"description": "another"}
    with pytest.raises(HTTPError, match="422"):
        await asyncio.to_thread(create_once, api, world.user.token, other, key, ())


async def test_a_change_is_made_of_the_item_as_others_have_left_it(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    url, token = f"{world.app.url}/api/time-entries/{entry['id']}", world.user.token
    change = functions("Write only over what you have read")["change"]
    seen: list[str | None] = []

    def edit(item: Item) -> Item:
        if not seen:
            change(url, token, lambda _: {"uri": "theirs"})
        seen.append(item["uri"])
        return {"uri": f"{item['uri']}, mine"}

    changed = await asyncio.to_thread(change, url, token, edit)

    assert (changed["uri"], seen) == ("theirs, mine", [None, "theirs"])


@pytest.mark.parametrize("path", ["time-entries", "time-entries/paginated"])
async def test_a_long_list_is_read_page_after_page(world: World, path: str) -> None:
    entries = [await world.entry(f"{hour:02}:00", f"{hour:02}:30") for hour in range(5)]
    pages = functions("Long lists: page after page")["pages"]
    query = urlencode({"limit": 2, "length": 2, "start_date": at("00:00"), "end_date": at("05:00")})

    found = await asyncio.to_thread(lambda: list(pages(f"{world.app.url}/api/{path}?{query}", world.user.token)))

    shown = [page if isinstance(page, list) else page["data"] for page in found]
    assert [len(page) for page in shown] == [2, 2, 1]
    assert [one["id"] for page in shown for one in page] == [one["id"] for one in reversed(entries)]


async def test_a_program_gets_a_token_and_has_the_rights_of_its_role(
    app: Application, http: aiohttp.ClientSession
) -> None:
    tenant, program = str(uuid4()), str(uuid4())
    asked: list[dict[str, list[str]]] = []

    async def entra(request: web.Request) -> web.Response:
        assert request.path == f"/{tenant}/oauth2/v2.0/token"
        asked.append(parse_qs(await request.text()))
        # The claims of an app-only token: no e-mail, no name.
        issuer = f"https://login.microsoftonline.com/{tenant}/v2.0"
        claims = {"iss": issuer, "oid": program, "roles": ["time-tracker-admin"], "exp": time.time() + 3599}
        given = jwt.encode(claims | {"azp": program, "idtyp": "app"}, "", algorithm="none")
        return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": given})

    server = web.Application()
    server.router.add_post("/{tail:.*}", entra)
    runner = web.AppRunner(server)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        authority = f"http://127.0.0.1:{runner.addresses[0][1]}/{tenant}"
        app_token = functions("Service accounts")["app_token"]
        given = await asyncio.to_thread(app_token, authority, "the-client", "the-secret", "api://time")
    finally:
        await runner.cleanup()

    assert asked == [
        {"grant_type": ["client_credentials"], "scope": ["api://time/.default"], "client_id": ["the-client"],
         "client_secret": ["the-secret"]}
    ]  # fmt: skip
    query = {"user_id": "*", "start_date": "2026-01-01", "end_date": "2026-01-31", "timezone": "UTC"}
    headers = {"Authorization": f"Bearer {given}"}
    async with http.get(f"{app.url}/api/reports/entries", params=query, headers=headers) as answer:
        assert answer.status == 200


async def test_power_bi_asks_for_a_report_that_has_the_columns_it_names(world: World) -> None:
    (query,) = snippets(PAGE, "Reports in Power BI", "powerquery")
    path = re.findall(r'RelativePath = "api/([^"]+)"', query)[0]
    asked = dict(re.findall(r'(\w+) = "([^"]+)"', re.findall(r"Query = \[(.*?)\]", query)[0]))
    typed = dict(re.findall(r'\{"(\w+)", type (\w+)\}', query))
    await world.entry(ago(hours=2), ago(hours=1), description="=1+1")
    admin = Person(world.user.http, world.user.url, world.tenant_id, admin=True)
    # The same range, in which this test's entry lies.
    asked |= {"start_date": ago(days=2)[:10], "end_date": ago(days=-1)[:10]}

    answer = await admin.get(path, asked)

    assert answer.status == 200
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert typed.keys() <= row.keys()
    assert float(row["hours"]) == 1
    assert row["billable"] in {"true", "false"}
    assert row["description"] == "=1+1"
