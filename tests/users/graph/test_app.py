"""The API over HTTP with Microsoft Graph behind it: there, slow, and away.

The app runs in a process of its own, because it reads the certificate of the tests' Graph once, from its environment.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from local.demo_tokens import token
from shared.auth.caller import TESTER
from tests.application import ROOT, application
from tests.calling import Answer, Person
from tests.users.graph.graph_server import GraphServer
from tests.users.graph.test_writing import id_of


@asynccontextmanager
async def app_in_a_process(account: CosmosAccount, graph: GraphServer) -> AsyncIterator[str]:
    trusting = {"SSL_CERT_FILE": str(graph.trust.authority_file), "NO_PROXY": "localhost"}
    async with application(account) as served:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.worker"),
            cwd=ROOT,
            env={**os.environ, **served.settings, **graph.settings(), **trusting},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin
        assert process.stdout
        try:
            yield (await process.stdout.readline()).decode().strip()
        finally:
            process.stdin.close()
            await process.wait()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
async def admin(
    cosmos_account: CosmosAccount, graph: GraphServer, http: aiohttp.ClientSession
) -> AsyncIterator[Person]:
    """Ada, an administrator of the tenant that Graph is of, calling a process that has not asked Graph yet."""
    async with app_in_a_process(cosmos_account, graph) as url:
        yield Person(http, url, graph.tenant_id, id_of(graph, "Ada"), admin=True)


def person(admin: Person, graph: GraphServer, name: str) -> Person:
    return Person(admin.http, admin.url, admin.tenant_id, id_of(graph, name))


async def references(admin: Person) -> dict[str, str]:
    """What a time entry can't do without."""
    project, activity = [(await admin.post(path, {"name": "One"})).ok(201) for path in ("projects", "activities")]
    return {"project_id": project["id"], "activity_id": activity["id"]}


async def timed(call: Any) -> tuple[float, Answer]:
    started = monotonic()
    answer = await call
    return monotonic() - started, answer


async def refused(admin: Person, path: str) -> tuple[int, Any, str | None]:
    """The status, body and Retry-After of a GET that fails."""
    headers = {"Authorization": f"Bearer {admin.token}"}
    async with admin.http.get(f"{admin.url}/api/{path}", headers=headers) as answer:
        return answer.status, await answer.json(), answer.headers.get("Retry-After")


async def test_users_and_entries_show_who_graph_knows(graph: GraphServer, admin: Person) -> None:
    bo, tess = person(admin, graph, "Bo"), person(admin, graph, "Tess")
    of = await references(admin)
    for who in (bo, tess):
        (await who.post("time-entries", of)).ok(201)

    assert [user["name"] for user in (await admin.get("users")).ok()] == ["Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gil"]
    entries = (await admin.get("time-entries", {"user_id": "*"})).ok()
    assert [entry["owner_email"] for entry in entries] == ["bo@example.com"]

    granted = (await admin.post(f"users/{bo.user_id}/roles/test/grant")).ok()
    assert granted["roles"] == [TESTER]
    assert (await admin.get("time-entries", {"user_id": "*"})).ok() == []
    words = token(tess.user_id, tess.email, "Tess", tenant_id=admin.tenant_id, admin=True, tester=True)
    tester = tess.with_headers(Authorization=f"Bearer {words}")
    assert len((await tester.get("time-entries", {"user_id": "*"})).ok()) == 2


async def test_another_tenant_sees_none_of_it(graph: GraphServer, admin: Person) -> None:
    stranger = Person(admin.http, admin.url, str(uuid4()), admin=True)

    assert (await stranger.get("users")).ok() == []
    (await stranger.get(f"users/{id_of(graph, 'Bo')}")).refused(404, "user_not_found")
    (await stranger.post(f"users/{id_of(graph, 'Bo')}/roles/admin/grant")).refused(404, "user_not_found")
    assert (await stranger.get(f"users/{stranger.user_id}")).ok()["email"] == stranger.email
    path = f"users/{stranger.user_id}/roles/admin/grant"
    (await stranger.post(path)).refused(409, "user_not_in_directory")


async def test_with_graph_away_time_goes_on(graph: GraphServer, admin: Person) -> None:
    await graph.stop()
    bo = person(admin, graph, "Bo")
    of = await references(admin)

    took, started = await timed(bo.post("time-entries", of))
    assert (started.status, took < 0.5) == (201, True)
    for _ in range(2):
        entries = (await admin.get("time-entries", {"user_id": "*"})).ok()
        assert [entry["owner_email"] for entry in entries] == [None]

    status, problem, retry_after = await refused(admin, "users")
    assert (status, problem["code"], retry_after) == (503, "directory_unavailable", "5")
    assert (await refused(admin, f"users/{bo.user_id}"))[0] == 503
    # The caller is known by their token.
    assert (await admin.get(f"users/{admin.user_id}")).ok()["email"] == admin.email


async def test_with_graph_hanging_nobody_waits_but_for_users(graph: GraphServer, admin: Person) -> None:
    graph.hang(".")
    bo = person(admin, graph, "Bo")
    of = await references(admin)

    took, _ = await timed(admin.get("time-entries", {"user_id": "*"}))
    assert took < 2
    calls = [
        bo.post("time-entries", of),
        bo.get("time-entries"),
        bo.get("time-entries/running"),
        admin.get("time-entries", {"user_id": "*"}),
    ]
    for call in calls:
        took, answer = await timed(call)
        assert (answer.status, took < 0.5) == (answer.status, True)
        assert answer.status < 300

    started = monotonic()
    status, _, retry_after = await refused(admin, "users")
    assert (status, retry_after) == (503, "5")
    assert monotonic() - started < 9
