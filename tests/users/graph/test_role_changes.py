"""Roles changed through several processes at once, with Microsoft Graph's replicas behind: one change after another.

Each directory here plays a process of its own; the lock that they share lies in the real embedded database.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import product

import pytest

from shared import instants
from shared.auth.caller import ADMIN, TESTER, Caller
from shared.errors import ApiError
from shared.http.etags import Precondition
from shared.users.rules import ROLE_NAMES, DirectoryUser, Kind, RoleChange
from shared.users.store import RoleChanges, Wish
from tests.application import Application
from tests.calling import Item
from tests.users.graph.conftest import Open
from tests.users.graph.graph_server import ATTRIBUTE, GraphServer
from tests.users.graph.test_writing import KINDS, id_of, members


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the app, and Ada, who calls it."""

    app: Application
    graph: GraphServer
    changes: RoleChanges

    async def change(self, name: str, kind: Kind, role: str, *, granted: bool = True) -> DirectoryUser:
        caller = Caller(id_of(self.graph, "Ada"), self.graph.tenant_id, is_admin=True)
        change = RoleChange(id_of(self.graph, name), kind, role, granted)
        return await self.changes.make(Wish(caller, instants.now(), change, Precondition(None)))

    async def revoke(self, name: str) -> int:
        """Take all that makes somebody an administrator; the status of the last answer."""
        try:
            for kind in KINDS:
                await self.change(name, kind, ADMIN, granted=False)
        except ApiError as error:
            assert error.code == "last_admin"  # noqa: PT017 - no other refusal is looked for
            return int(error.status)
        return 200

    async def events(self) -> list[Item]:
        """The events of role changes, oldest first."""
        found = self.app.container("administration").query_items(
            'SELECT VALUE c.event FROM c WHERE c.kind = "event"', partition_key=self.graph.tenant_id
        )
        return sorted([dict(event) async for event in found], key=lambda event: str(event["date"]))


@pytest.fixture
async def processes(app: Application, graph: GraphServer, open_directory: Open) -> AsyncIterator[list[Process]]:
    processes = [Process(app, graph, RoleChanges(open_directory())) for _ in range(3)]
    yield processes
    for process in processes:
        await process.changes.close()


def admins(graph: GraphServer) -> set[str]:
    by_role = {row["displayName"] for row in graph.contents.users.values() if ADMIN in (row.get(ATTRIBUTE) or "")}
    by_group = {row["displayName"] for one, row in graph.contents.users.items() if one in members(graph, ADMIN)}
    return by_role | by_group


@pytest.mark.parametrize("lagging", [False, True])
async def test_two_administrators_cannot_take_the_right_from_each_other(
    graph: GraphServer, processes: list[Process], lagging: bool
) -> None:
    """Also where Graph's replicas still say that both have it."""
    assert admins(graph) == {"Ada", "Gil"}
    if lagging:
        graph.lag()

    statuses = await asyncio.gather(processes[0].revoke("Gil"), processes[1].revoke("Ada"))

    assert sorted(statuses) == [200, 409]
    assert len(admins(graph)) == 1


async def test_an_administrator_cannot_remove_the_last_one(graph: GraphServer, processes: list[Process]) -> None:
    one, other, _ = processes
    assert await one.revoke("Gil") == 200

    assert await other.revoke("Ada") == 409
    assert admins(graph) == {"Ada"}
    # A second one may, and may be made before.
    await one.change("Bo", "groups", ADMIN)
    assert await other.revoke("Ada") == 200
    assert admins(graph) == {"Bo"}
    assert await one.revoke("Bo") == 409


async def test_an_administrator_outside_the_copy_counts(graph: GraphServer, processes: list[Process]) -> None:
    """A user who was just created in Graph itself."""
    one, *_ = processes
    await one.revoke("Gil")
    graph.contents.add_user("New", role=ADMIN)

    assert await one.revoke("Ada") == 200
    assert admins(graph) == {"New"}


async def test_everything_at_once_loses_nothing(graph: GraphServer, processes: list[Process]) -> None:
    graph.lag()
    wanted = [*product(("Bo", "Cy"), KINDS, ROLE_NAMES)]

    await asyncio.gather(*(processes[n % 3].change(*one) for n, one in enumerate(wanted * 2)))

    for name in ("Bo", "Cy"):
        assert graph.contents.users[id_of(graph, name)][ATTRIBUTE] == f"{ADMIN},{TESTER}"
        assert all(id_of(graph, name) in members(graph, group) for group in ROLE_NAMES)
    # What was so already was not written again.
    assert graph.count("PATCH") == 4
    assert graph.count(r"POST .*/members/\$ref") == 4
    assert len(await processes[0].events()) == 8


async def test_what_one_process_took_another_may_give_back_at_once(
    graph: GraphServer, processes: list[Process]
) -> None:
    graph.lag()
    one, other, _ = processes

    await one.change("Tess", "roles", TESTER, granted=False)
    given = await other.change("Tess", "roles", TESTER)

    assert given.roles == (TESTER,)
    assert graph.contents.users[id_of(graph, "Tess")][ATTRIBUTE] == f"something-else,{TESTER}"


async def test_a_change_leaves_one_event_that_says_who_did_what(graph: GraphServer, processes: list[Process]) -> None:
    one, *_ = processes

    await one.change("Bo", "roles", TESTER)
    await one.change("Bo", "groups", ADMIN)
    await one.change("Bo", "roles", TESTER)
    await one.change("Bo", "roles", TESTER, granted=False)

    events = await one.events()
    assert [(event["description"], event["changes"]) for event in events] == [
        (f"Grant the role {TESTER}: done", {"roles": [[], [TESTER]]}),
        (f"Add to the group {ADMIN}: done", {"groups": [[], [ADMIN]]}),
        (f"Revoke the role {TESTER}: done", {"roles": [[TESTER], []]}),
    ]
    for event in events:
        assert (event["item_id"], event["container_id"], event["action"]) == (id_of(graph, "Bo"), "user", "update")
        assert (event["user_id"], event["tenant_id"]) == (id_of(graph, "Ada"), graph.tenant_id)


async def test_the_event_is_there_before_graph_is_called(graph: GraphServer, processes: list[Process]) -> None:
    one, *_ = processes
    graph.hang("PATCH")
    changing = asyncio.create_task(one.change("Bo", "roles", TESTER))
    async with asyncio.timeout(3):
        while not graph.count("PATCH"):  # noqa: ASYNC110 - Graph is asked in its own time
            await asyncio.sleep(0.01)

    (asked,) = await one.events()
    assert asked["description"] == f"Grant the role {TESTER}: asked of the directory"
    assert asked["changes"] == {"roles": [[], [TESTER]]}
    with pytest.raises(ApiError) as refused:
        await changing
    assert (refused.value.status, refused.value.code) == (503, "outcome_unknown")
    (ended,) = await one.events()
    assert ended["id"] == asked["id"]
    assert ended["description"].startswith(f"Grant the role {TESTER}: it is not known whether the directory did it")


async def test_a_refusal_of_graph_is_in_the_event(graph: GraphServer, processes: list[Process]) -> None:
    one, *_ = processes
    graph.throttle("PATCH", seconds=33, times=9)

    with pytest.raises(ApiError) as refused:
        await one.change("Bo", "roles", TESTER)

    assert refused.value.status == 429
    (event,) = await one.events()
    assert event["description"] == f"Grant the role {TESTER}: refused by the directory (directory_throttled)"
    assert event["changes"] == {}
    # The lock is free again.
    graph.faults.clear()
    assert (await processes[1].change("Bo", "roles", TESTER)).roles == (TESTER,)


async def test_a_membership_that_graph_keeps_is_said_to_be_kept(graph: GraphServer, processes: list[Process]) -> None:
    one, *_ = processes
    members(graph, TESTER).add(graph.contents.add_group("leads", id_of(graph, "Bo")))

    assert (await one.change("Bo", "groups", TESTER, granted=False)).groups == (TESTER,)

    (event,) = await one.events()
    assert event["description"] == f"Remove from the group {TESTER}: the directory changed nothing"
    assert event["changes"] == {}


async def test_a_request_that_is_given_up_leaves_its_event_complete_and_the_lock_free(
    graph: GraphServer, processes: list[Process]
) -> None:
    one, other, _ = processes
    graph.throttle("PATCH", seconds=1)

    with pytest.raises(ApiError) as given_up:
        async with asyncio.timeout(0.4):
            await one.change("Bo", "roles", TESTER)
    assert (given_up.value.status, given_up.value.code) == (503, "outcome_unknown")
    assert (await other.change("Cy", "roles", TESTER)).roles == (TESTER,)

    assert {event["description"] for event in await one.events()} == {f"Grant the role {TESTER}: done"}
    assert len(await one.events()) == 2


async def test_a_holder_that_died_keeps_others_out_for_a_while_only(
    app: Application, graph: GraphServer, processes: list[Process]
) -> None:
    one, *_ = processes
    await one.change("Bo", "roles", TESTER)
    container = app.container("administration")
    lock = await container.read_item("role-lock", partition_key=graph.tenant_id)
    in_a_minute = instants.format_instant(instants.now()).replace("20", "29", 1)
    await container.replace_item("role-lock", {**lock, "holder": "dead", "until": in_a_minute})

    with pytest.raises(ApiError) as refused:
        await one.change("Cy", "roles", TESTER)
    assert (refused.value.status, refused.value.code) == (409, "write_conflict")

    await container.replace_item("role-lock", {**lock, "holder": "dead"})
    assert (await one.change("Cy", "roles", TESTER)).roles == (TESTER,)
