"""Giving and taking roles and groups in Microsoft Graph."""

from uuid import uuid4

import pytest

from shared.auth.caller import ADMIN, TESTER
from shared.errors import ApiError
from shared.users.graph.directory import GraphDirectory
from shared.users.rules import ROLE_NAMES, DirectoryUser, Kind, RoleChange
from tests.users.graph.conftest import Open
from tests.users.graph.graph_server import ATTRIBUTE, GraphServer

KINDS: tuple[Kind, ...] = ("roles", "groups")


def id_of(graph: GraphServer, name: str) -> str:
    return next(str(row["id"]) for row in graph.contents.users.values() if row["displayName"] == name)


def members(graph: GraphServer, word: str) -> set[str]:
    group_id = next(row["id"] for row in graph.contents.groups.values() if row["displayName"] == word)
    return graph.contents.members[group_id]


async def change(
    graph: GraphServer, directory: GraphDirectory, user_id: str, kind: Kind, name: str, *, granted: bool = True
) -> DirectoryUser:
    """The user after a change of them as Graph says they are."""
    before = await directory.current_user(graph.tenant_id, user_id)
    assert before
    after = await directory.change(before, RoleChange(user_id, kind, name, granted))
    assert after
    return after


async def test_a_role_is_granted_and_revoked(graph: GraphServer, directory: GraphDirectory) -> None:
    bo = id_of(graph, "Bo")

    granted = await change(graph, directory, bo, "roles", TESTER)
    assert granted == DirectoryUser(bo, graph.tenant_id, "Bo", "bo@example.com", (TESTER,), ())
    assert graph.contents.users[bo][ATTRIBUTE] == TESTER

    revoked = await change(graph, directory, bo, "roles", TESTER, granted=False)
    assert revoked.roles == ()
    assert ATTRIBUTE not in graph.contents.users[bo]


async def test_both_roles_fit_into_the_attribute(graph: GraphServer, directory: GraphDirectory) -> None:
    ada = id_of(graph, "Ada")

    assert (await change(graph, directory, ada, "roles", TESTER)).roles == (ADMIN, TESTER)
    assert graph.contents.users[ada][ATTRIBUTE] == f"{ADMIN},{TESTER}"
    assert (await change(graph, directory, ada, "roles", ADMIN, granted=False)).roles == (TESTER,)


async def test_what_others_keep_in_the_attribute_stays(graph: GraphServer, directory: GraphDirectory) -> None:
    tess = id_of(graph, "Tess")

    await change(graph, directory, tess, "roles", ADMIN)
    await change(graph, directory, tess, "roles", TESTER, granted=False)

    assert graph.contents.users[tess][ATTRIBUTE] == f"something-else,{ADMIN}"


async def test_a_user_joins_and_leaves_a_group_and_is_still_there(
    graph: GraphServer, directory: GraphDirectory
) -> None:
    bo = id_of(graph, "Bo")

    assert (await change(graph, directory, bo, "groups", ADMIN)).groups == (ADMIN,)
    assert bo in members(graph, ADMIN)
    assert (await change(graph, directory, bo, "groups", ADMIN, granted=False)).groups == ()
    assert bo not in members(graph, ADMIN)
    assert bo in graph.contents.users


async def test_two_processes_may_add_a_user_to_a_group_at_once(graph: GraphServer, open_directory: Open) -> None:
    bo = id_of(graph, "Bo")
    graph.lag()

    users = [await change(graph, open_directory(), bo, "groups", TESTER) for _ in range(2)]

    assert [user.groups for user in users] == [(TESTER,), (TESTER,)]
    assert graph.count(r"POST .*/members/\$ref") == 2


async def test_own_writes_are_seen_although_the_replica_lags(graph: GraphServer, open_directory: Open) -> None:
    directory = open_directory(cache_seconds=0)
    ada, bo = id_of(graph, "Ada"), id_of(graph, "Bo")
    graph.lag()
    for word in ROLE_NAMES:
        await change(graph, directory, bo, "roles", word)
    await change(graph, directory, ada, "groups", ADMIN, granted=False)

    users = await directory.all_users(graph.tenant_id)

    assert graph.contents.users[bo][ATTRIBUTE] == f"{ADMIN},{TESTER}"
    assert users[bo].roles == ROLE_NAMES
    assert users[ada].groups == ()


async def test_a_write_shows_in_the_list_at_once(graph: GraphServer, directory: GraphDirectory) -> None:
    bo = id_of(graph, "Bo")
    await directory.all_users(graph.tenant_id)
    await change(graph, directory, bo, "roles", TESTER)

    assert (await directory.all_users(graph.tenant_id))[bo].roles == (TESTER,)
    assert graph.count(r"GET /v1.0/users\?") == 4


async def test_membership_by_way_of_another_group_cannot_be_taken(
    graph: GraphServer, directory: GraphDirectory
) -> None:
    bo = id_of(graph, "Bo")
    members(graph, TESTER).add(graph.contents.add_group("leads", bo))

    assert (await change(graph, directory, bo, "groups", TESTER, granted=False)).groups == (TESTER,)


async def test_ids_may_be_written_in_any_case(graph: GraphServer, directory: GraphDirectory) -> None:
    bo = id_of(graph, "Bo")

    await change(graph, directory, bo.upper(), "roles", TESTER)
    await change(graph, directory, bo.upper(), "groups", TESTER)

    assert graph.contents.users[bo][ATTRIBUTE] == TESTER
    assert (await directory.all_users(graph.tenant_id))[bo].groups == (TESTER,)


async def test_a_user_who_is_gone_is_not_written(graph: GraphServer, directory: GraphDirectory) -> None:
    nobody = DirectoryUser(str(uuid4()), graph.tenant_id)

    assert await directory.change(nobody, RoleChange(nobody.id, "roles", TESTER, granted=True)) is None
    assert graph.count("PATCH|DELETE|members/") == 0


async def test_a_directory_without_the_group_says_so(graph: GraphServer, directory: GraphDirectory) -> None:
    bo = id_of(graph, "Bo")
    graph.contents.groups.clear()

    with pytest.raises(ApiError, match=f"no group '{TESTER}'"):
        await change(graph, directory, bo, "groups", TESTER)
    assert graph.count("PATCH|DELETE|members/") == 0
