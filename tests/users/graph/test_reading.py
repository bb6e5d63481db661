"""Reading users and groups from Microsoft Graph."""

from uuid import uuid4

import pytest

from shared.auth.caller import ADMIN, TESTER
from shared.errors import ApiError
from shared.users.graph.directory import GraphDirectory
from shared.users.rules import DirectoryUser
from tests.users.graph.conftest import Open
from tests.users.graph.graph_server import ATTRIBUTE, GraphServer


async def named(directory: GraphDirectory, graph: GraphServer, name: str) -> DirectoryUser:
    users = await directory.all_users(graph.tenant_id)
    return next(user for user in users.values() if user.name == name)


async def test_everyone_is_read_page_by_page(graph: GraphServer, directory: GraphDirectory) -> None:
    users = await directory.all_users(graph.tenant_id)

    assert sorted(user.name for user in users.values()) == ["Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gil", "Tess"]
    # Three pages, and an empty one between them.
    assert graph.count(r"GET /v1.0/users\?") == 4


async def test_a_user_has_all_that_is_answered(graph: GraphServer, directory: GraphDirectory) -> None:
    ada = await named(directory, graph, "Ada")

    assert ada == DirectoryUser(ada.id, graph.tenant_id, "Ada", "ada@example.com", (ADMIN,), (ADMIN,))


async def test_an_email_may_be_among_the_other_ones(graph: GraphServer, directory: GraphDirectory) -> None:
    assert (await named(directory, graph, "Gil")).email == "gil@example.org"
    assert (await named(directory, graph, "Tess")).email == ""


async def test_what_others_keep_in_the_attribute_is_no_role(graph: GraphServer, directory: GraphDirectory) -> None:
    assert (await named(directory, graph, "Tess")).roles == (TESTER,)


async def test_a_member_of_a_group_within_the_group_is_a_member(graph: GraphServer, open_directory: Open) -> None:
    bo = (await named(open_directory(), graph, "Bo")).id
    testers = next(row["id"] for row in graph.contents.groups.values() if row["displayName"] == TESTER)
    graph.contents.members[testers].add(graph.contents.add_group("leads", bo))
    directory = open_directory()

    assert (await named(directory, graph, "Bo")).groups == (TESTER,)
    asked = await directory.current_user(graph.tenant_id, bo)
    assert asked
    assert asked.groups == (TESTER,)


async def test_groups_are_asked_for_once_and_never_for_each_user(graph: GraphServer, open_directory: Open) -> None:
    directory = open_directory(cache_seconds=0)
    for _ in range(3):
        await directory.all_users(graph.tenant_id)

    assert graph.count(r"GET /v1.0/groups\?") == 1
    assert graph.count("transitiveMembers") == 2 * 3
    assert graph.count("checkMemberGroups") == 0
    assert graph.count("/token") == 1


async def test_of_two_groups_of_one_name_the_older_counts(graph: GraphServer, open_directory: Open) -> None:
    bo = (await named(open_directory(), graph, "Bo")).id
    graph.contents.add_group(ADMIN, bo, created="2026-06-01T00:00:00Z")

    assert (await named(open_directory(), graph, "Bo")).groups == ()


async def test_a_group_that_was_missing_is_looked_for_again(graph: GraphServer, open_directory: Open) -> None:
    graph.contents.groups.clear()
    directory = open_directory(cache_seconds=0)
    bo = await named(directory, graph, "Bo")
    graph.contents.add_group(TESTER, bo.id)

    assert (await named(directory, graph, "Bo")).groups == (TESTER,)


async def test_a_group_that_was_made_anew_is_found(graph: GraphServer, open_directory: Open) -> None:
    directory = open_directory(cache_seconds=0)
    bo = await named(directory, graph, "Bo")
    graph.contents.groups.clear()
    graph.contents.add_group(TESTER, bo.id)
    graph.contents.add_group(ADMIN)

    # The first reading meets the old ids, and forgets them; until it has, the last known good list stands.
    await directory.all_users(graph.tenant_id)
    assert (await named(directory, graph, "Bo")).groups == (TESTER,)


async def test_one_user_is_found_without_reading_everyone_again(graph: GraphServer, directory: GraphDirectory) -> None:
    ada = await named(directory, graph, "Ada")
    calls = len(graph.calls)

    assert await directory.user(graph.tenant_id, ada.id.upper()) == ada
    assert len(graph.calls) == calls


async def test_a_user_who_is_new_is_asked_for(graph: GraphServer, directory: GraphDirectory) -> None:
    await directory.all_users(graph.tenant_id)
    new = graph.contents.add_user("New", mail="new@example.com", role=f"{ADMIN},{TESTER}")

    found = await directory.user(graph.tenant_id, new)

    assert found == DirectoryUser(new, graph.tenant_id, "New", "new@example.com", (ADMIN, TESTER), ())


async def test_an_unknown_user_is_nobody(graph: GraphServer, directory: GraphDirectory) -> None:
    assert await directory.user(graph.tenant_id, str(uuid4())) is None
    assert await directory.current_user(graph.tenant_id, str(uuid4())) is None


async def test_another_tenant_sees_nobody(graph: GraphServer, directory: GraphDirectory) -> None:
    ada, stranger = await named(directory, graph, "Ada"), str(uuid4())

    assert await directory.all_users(stranger) == {}
    assert await directory.known_users(stranger) == {}
    assert await directory.user(stranger, ada.id) is None
    assert await directory.current_user(stranger, ada.id) is None


async def test_the_tenant_of_a_domain_is_asked_for_once(graph: GraphServer, open_directory: Open) -> None:
    tenant_id, graph.tenant_id = graph.tenant_id, "demo.onmicrosoft.example"
    directory = open_directory(cache_seconds=0)
    graph.organization_id = tenant_id

    for _ in range(2):
        assert len(await directory.all_users(tenant_id.upper())) == 8
    assert await directory.all_users(str(uuid4())) == {}
    assert graph.count("/organization") == 1


async def test_a_wrong_secret_reads_nothing(graph: GraphServer, open_directory: Open) -> None:
    with pytest.raises(ApiError) as refused:
        await open_directory(MS_SECRET="another").all_users(graph.tenant_id)

    assert refused.value.status == 503
    assert refused.value.headers["Retry-After"]
    assert graph.count("/v1.0/") == 0


async def test_the_token_goes_nowhere_else(graph: GraphServer, directory: GraphDirectory) -> None:
    elsewhere = graph.endpoint.replace("localhost", "127.0.0.1") + "/users?$select=id"
    graph.answer(r"GET /v1.0/users\?", {"value": [], "@odata.nextLink": elsewhere})

    with pytest.raises(ApiError):
        await directory.all_users(graph.tenant_id)
    assert graph.count(r"GET /v1.0/users\?") == 1


async def test_an_attribute_that_is_not_registered_is_no_internal_error(
    graph: GraphServer, open_directory: Open
) -> None:
    directory, user_id = open_directory(MS_ROLE_ATTRIBUTE=ATTRIBUTE + "s"), next(iter(graph.contents.users))

    for attempt in (directory.all_users(graph.tenant_id), directory.current_user(graph.tenant_id, user_id)):
        with pytest.raises(ApiError) as refused:
            await attempt
        assert refused.value.status == 503
