"""Microsoft Graph throttles, refuses, hangs, or is unavailable: cached data stays, and no call waits long."""

import asyncio
import logging
from time import monotonic

import pytest

from shared.auth.caller import TESTER
from shared.errors import ApiError
from shared.users.graph.client import CALL_SECONDS
from shared.users.graph.directory import GraphDirectory
from shared.users.rules import DirectoryUser, RoleChange
from tests.users.graph.conftest import Open
from tests.users.graph.graph_server import ATTRIBUTE, SECRET, GraphServer
from tests.users.graph.test_writing import change, id_of


async def until_renewed(graph: GraphServer, directory: GraphDirectory, name: str) -> DirectoryUser:
    """Ask until the list holds somebody of this name."""
    while True:
        for user in (await directory.all_users(graph.tenant_id)).values():
            if user.name == name:
                return user
        await asyncio.sleep(0.02)


async def test_a_throttled_page_comes_when_graph_says(graph: GraphServer, directory: GraphDirectory) -> None:
    for path in (r"GET /v1.0/users\?.*skiptoken", r"GET /v1.0/groups\?", "transitiveMembers"):
        graph.throttle(path, seconds=1)
    started = monotonic()

    assert len(await directory.all_users(graph.tenant_id)) == 8
    assert monotonic() - started >= 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_page_that_fails_is_asked_for_again(graph: GraphServer, directory: GraphDirectory, status: int) -> None:
    graph.refuse("/v1.0/", status)

    assert len(await directory.all_users(graph.tenant_id)) == 8


async def test_a_dropped_connection_costs_nothing(graph: GraphServer, directory: GraphDirectory) -> None:
    bo = id_of(graph, "Bo")
    for path in (r"GET /v1.0/users\?", "GET /v1.0/users/", "PATCH", r"POST .*/members/\$ref"):
        graph.hang_up(path)

    assert len(await directory.all_users(graph.tenant_id)) == 8
    assert (await change(graph, directory, bo, "roles", TESTER)).roles == (TESTER,)
    assert (await change(graph, directory, bo, "groups", TESTER)).groups == (TESTER,)


async def test_a_write_waits_for_a_short_throttle(graph: GraphServer, directory: GraphDirectory) -> None:
    graph.throttle("PATCH", seconds=1)

    await change(graph, directory, id_of(graph, "Bo"), "roles", TESTER)

    assert graph.count("PATCH") == 2


async def test_a_write_does_not_wait_for_a_long_throttle(graph: GraphServer, directory: GraphDirectory) -> None:
    bo = id_of(graph, "Bo")
    graph.throttle("PATCH", seconds=33, times=9)

    with pytest.raises(ApiError) as refused:
        await change(graph, directory, bo, "roles", TESTER)

    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "33")
    assert graph.count("PATCH") == 1
    assert (await directory.all_users(graph.tenant_id))[bo].roles == ()


async def test_a_write_that_hangs_is_given_up(graph: GraphServer, directory: GraphDirectory) -> None:
    bo = id_of(graph, "Bo")
    graph.hang("PATCH")
    started = monotonic()

    with pytest.raises(ApiError) as refused:
        await change(graph, directory, bo, "roles", TESTER)

    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "5")
    assert monotonic() - started < CALL_SECONDS + 1


@pytest.mark.parametrize("status", [401, 403, 500])
async def test_a_refused_write_is_no_internal_error(graph: GraphServer, directory: GraphDirectory, status: int) -> None:
    bo = id_of(graph, "Bo")
    graph.refuse("PATCH", status, times=9)

    with pytest.raises(ApiError) as refused:
        await change(graph, directory, bo, "roles", TESTER)

    assert refused.value.status == 503
    assert ATTRIBUTE not in graph.contents.users[bo]


async def test_the_last_known_list_stays_while_graph_is_away(graph: GraphServer, open_directory: Open) -> None:
    directory = open_directory(cache_seconds=0.01)
    ada = (await directory.all_users(graph.tenant_id))[id_of(graph, "Ada")]
    await graph.stop()

    for _ in range(3):
        assert len(await directory.all_users(graph.tenant_id)) == 8
    assert await directory.user(graph.tenant_id, ada.id) == ada
    with pytest.raises(ApiError):
        await directory.current_user(graph.tenant_id, ada.id)

    await graph.start()
    graph.contents.add_user("New")
    assert (await until_renewed(graph, directory, "New")).name == "New"


async def test_without_anything_known_it_says_when_to_try_again(graph: GraphServer, directory: GraphDirectory) -> None:
    await graph.stop()

    with pytest.raises(ApiError) as refused:
        await directory.all_users(graph.tenant_id)
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "5")
    assert await directory.known_users(graph.tenant_id) == {}
    with pytest.raises(ApiError):
        await directory.current_user(graph.tenant_id, id_of(graph, "Bo"))
    bo = DirectoryUser(id_of(graph, "Bo"), graph.tenant_id)
    with pytest.raises(ApiError):
        await directory.change(bo, RoleChange(bo.id, "roles", TESTER, granted=True))


async def test_a_glance_waits_a_moment_once_for_a_graph_that_hangs(
    graph: GraphServer, directory: GraphDirectory
) -> None:
    graph.hang("/v1.0/")
    started = monotonic()
    assert await directory.known_users(graph.tenant_id) == {}
    assert monotonic() - started < 2

    started = monotonic()
    for _ in range(100):
        assert await directory.known_users(graph.tenant_id) == {}
    assert monotonic() - started < 0.5


async def test_a_list_that_is_too_old_is_renewed_beside_the_requests(graph: GraphServer, open_directory: Open) -> None:
    directory = open_directory(cache_seconds=0.2)
    await directory.all_users(graph.tenant_id)
    graph.contents.add_user("New")
    await asyncio.sleep(0.2)
    graph.hang(r"GET /v1.0/users\?", times=1)

    started = monotonic()
    assert len(await directory.all_users(graph.tenant_id)) == 8
    assert len(await directory.known_users(graph.tenant_id)) == 8
    assert monotonic() - started < 0.1


async def test_a_list_that_nobody_asked_for_in_a_long_time_is_waited_for(
    graph: GraphServer, open_directory: Open
) -> None:
    directory = open_directory(cache_seconds=0.01)
    await directory.all_users(graph.tenant_id)
    graph.contents.add_user("New")
    await asyncio.sleep(0.2)

    assert len(await directory.all_users(graph.tenant_id)) == 9


async def test_nothing_that_must_not_is_in_the_log(
    graph: GraphServer, directory: GraphDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await directory.all_users(graph.tenant_id)
    await change(graph, directory, id_of(graph, "Bo"), "roles", TESTER)
    graph.refuse("PATCH", 403)
    with pytest.raises(ApiError):
        await change(graph, directory, id_of(graph, "Cy"), "roles", TESTER)

    assert "answered 403 Refused" in caplog.text
    assert "@example" not in caplog.text
    assert not any(secret in caplog.text for secret in [*graph.tokens, SECRET])
