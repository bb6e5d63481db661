"""A chunked request is refused before anything is written: the Functions host hands its body on as empty."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from yarl import URL

from tests.calling import Item, Person
from tests.world import World

FORMS = ["Transfer-Encoding: chunked", "transfer-encoding: gzip, chunked"]
CHUNKED = FORMS[0]


async def sent_chunked(who: Person, method: str, path: str, body: Any = None, form: str = CHUNKED) -> tuple[int, Item]:
    """The status and the JSON body that answer these bytes, sent by hand."""
    content = b"" if body is None else json.dumps(body).encode()
    chunk = f"{len(content):x}\r\n".encode() + content + b"\r\n" if content else b""
    head = (
        f"{method} /api/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {who.token}\r\n"
        f"Content-Type: application/json\r\n{form}\r\nConnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(who.url).port)
    writer.write(head.encode() + chunk + b"0\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    top, _, rest = answer.partition(b"\r\n\r\n")
    return int(top.split()[1]), json.loads(rest[rest.index(b"{") : rest.rindex(b"}") + 1])


async def refused(who: Person, method: str, path: str, body: Any = None, form: str = CHUNKED) -> None:
    status, problem = await sent_chunked(who, method, path, body, form)
    assert (status, problem["code"]) == (411, "length_required")
    assert problem["title"] == "Length Required"


@pytest.mark.parametrize("form", FORMS)
async def test_a_chunked_put_is_refused_and_changes_nothing(world: World, form: str) -> None:
    entry = await world.entry("10:00", "11:00", description="before")

    await refused(world.user, "PUT", f"time-entries/{entry['id']}", {"description": "after"}, form)

    assert (await world.user.get(f"time-entries/{entry['id']}")).ok() == entry
    assert len(await world.outbox("time_entry", entry)) == 1


async def test_a_chunked_post_is_refused_and_makes_nothing(world: World) -> None:
    await refused(world.user, "POST", "time-entries", world.references)

    assert (await world.user.get("time-entries/running")).status == 204


@pytest.mark.parametrize("body", [None, {"ignored": True}])
@pytest.mark.parametrize(("action", "runs"), [("stop", True), ("restart", False)])
async def test_a_chunked_action_is_refused_though_its_body_is_ignored(
    world: World, body: Any, action: str, runs: bool
) -> None:
    entry = await world.started() if runs else await world.entry("10:00", "11:00")

    await refused(world.user, "POST", f"time-entries/{entry['id']}/{action}", body)

    assert (await world.user.get(f"time-entries/{entry['id']}")).ok()["running"] is runs


@pytest.mark.parametrize("path", ["time-entries", "customers", "projects", "activities"])
async def test_a_chunked_delete_is_refused_and_deletes_nothing(world: World, path: str) -> None:
    entry = await world.entry("10:00", "11:00", who=world.admin)
    item = {"customers": world.customer, "projects": world.project, "activities": world.activity}.get(path, entry)

    await refused(world.admin, "DELETE", f"{path}/{item['id']}")

    assert (await world.admin.get(f"{path}/{item['id']}")).ok() == item


@pytest.mark.parametrize("way", ["roles/admin/grant", "roles/admin/revoke", "groups/add", "is-member-of"])
async def test_a_chunked_call_about_a_user_is_refused(world: World, way: str) -> None:
    await refused(world.admin, "POST", f"users/{uuid4()}/{way}", {"group_name": "time-tracker-admin"})


@pytest.mark.parametrize("path", ["time-entries", "health", "openapi.json"])
async def test_a_chunked_get_is_refused_too(world: World, path: str) -> None:
    await refused(world.user, "GET", path)


async def test_who_may_not_call_at_all_hears_that_first(world: World) -> None:
    status, problem = await sent_chunked(world.user, "POST", "customers", {"name": "x"})

    assert (status, problem["code"]) == (403, "admin_only")
