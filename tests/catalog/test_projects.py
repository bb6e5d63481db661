"""Projects: their customer, which of them a list holds, and the caller's recent ones."""

from typing import Any
from uuid import uuid4

import pytest

from tests.calling import ago
from tests.world import World


async def names_of(world: World, path: str = "projects", **query: Any) -> list[str]:
    return [project["name"] for project in (await world.user.get(path, query)).ok()]


async def test_a_project_is_answered_with_its_customer_as_it_is_now(world: World) -> None:
    (await world.admin.put(f"customers/{world.customer['id']}", {"name": "Renamed", "description": "d"})).ok()

    for project in (
        (await world.user.get(f"projects/{world.project['id']}")).ok(),
        (await world.user.get("projects")).ok()[0],
        (await world.admin.put(f"projects/{world.project['id']}", {})).ok(),
    ):
        assert project["customer"] == {"name": "Renamed", "description": "d"}
        assert (project["customer_id"], project["customer_name"]) == (world.customer["id"], "Renamed")
    assert (await world.entry("10:00", "11:00"))["customer_name"] == "Renamed"


@pytest.mark.parametrize("wrong", ["0f2c9e5b-7d1a-4c86-9b3e-5a4d7c8e1f60", "00000000-0000-0000-0000-000000000000"])
async def test_a_customer_that_does_not_exist_is_400(world: World, wrong: str) -> None:
    created = await world.admin.post("projects", {"name": "New", "customer_id": wrong})
    changed = await world.admin.put(f"projects/{world.project['id']}", {"customer_id": wrong})

    assert list(created.refused(400)["errors"]) == list(changed.refused(400)["errors"]) == ["customer_id"]


@pytest.mark.parametrize("wrong", ["x", 7, [], True])
async def test_a_customer_id_that_is_none_is_400(world: World, wrong: Any) -> None:
    body = (await world.admin.post("projects", {"name": "New", "customer_id": wrong})).refused(400)

    assert list(body["errors"]) == ["customer_id"]


async def test_a_name_is_unique_for_each_customer(world: World) -> None:
    other = await world.customer_named("Other")
    mine = {"name": "Project", "customer_id": world.customer["id"]}

    (await world.admin.post("projects", mine)).refused(409)
    theirs = await world.project_named("Project", customer_id=other["id"])
    alone = await world.project_named("Project")
    (await world.admin.post("projects", {"name": "Project"})).refused(409)

    for project in (theirs, alone):
        (await world.admin.put(f"projects/{project['id']}", {"customer_id": world.customer["id"]})).refused(409)


async def test_a_list_holds_projects_of_active_customers_or_of_none(world: World) -> None:
    retired = await world.customer_named("Retired")
    hidden = await world.project_named("Hidden", customer_id=retired["id"])
    await world.project_named("Alone")
    assert await names_of(world) == ["Alone", "Hidden", "Project"]

    (await world.admin.delete(f"customers/{retired['id']}")).ok(204)

    assert await names_of(world) == ["Alone", "Project"]
    (found,) = (await world.user.get("projects", {"customer_id": retired["id"]})).ok()
    assert found == (await world.user.get(f"projects/{hidden['id']}")).ok()
    assert (await world.user.get(f"projects/{hidden['id']}")).ok()["customer_name"] == "Retired"
    (await world.admin.put(f"customers/{retired['id']}", {"status": "active"})).ok()
    assert await names_of(world) == ["Alone", "Hidden", "Project"]


async def test_a_list_is_filtered_by_customers(world: World) -> None:
    other = await world.customer_named("Other")
    await world.project_named("Theirs", customer_id=other["id"])
    await world.project_named("Theirs too", customer_id=other["id"], status="inactive")
    await world.project_named("Alone")

    assert await names_of(world, customer_id=other["id"]) == ["Theirs", "Theirs too"]
    assert await names_of(world, customer_id=other["id"], status="inactive") == ["Theirs too"]
    both = f"{other['id']},{world.customer['id']}"
    assert await names_of(world, customer_id=both) == ["Project", "Theirs", "Theirs too"]
    assert await names_of(world, customer_id=str(uuid4())) == []
    assert await names_of(world, project_type_id=str(uuid4())) == []


@pytest.mark.parametrize("name", ["customer_id", "project_type_id"])
async def test_an_id_in_a_filter_that_is_none_is_400(world: World, name: str) -> None:
    assert list((await world.user.get("projects", {name: "7"})).refused(400)["errors"]) == [name]


async def test_technologies_are_kept(world: World) -> None:
    project = await world.project_named("New", technologies=["b", "a"])

    assert project["technologies"] == ["b", "a"]
    (await world.admin.put(f"projects/{project['id']}", {"technologies": "b"})).refused(400)
    (await world.admin.put(f"projects/{project['id']}", {"technologies": [7]})).refused(400)


async def test_recent_projects_are_those_of_the_callers_newest_entries(world: World) -> None:
    projects = [await world.project_named(name) for name in ("First", "Second", "Third")]
    for hours, project in zip((6, 4, 2), projects, strict=True):
        await world.entry(ago(hours=hours), ago(hours=hours - 1), project_id=project["id"])
    await world.entry(ago(hours=9), ago(hours=8), project_id=projects[2]["id"])
    await world.entry(ago(hours=1), ago(minutes=5), who=world.admin)

    assert (await world.user.get("projects/recent")).ok() == [projects[2], projects[1], projects[0]]
    assert await names_of(world, "projects/recent/") == ["Third", "Second", "First"]
    assert (await world.admin.get("projects/recent")).ok() == [world.project]
    assert (await world.person().get("projects/recent")).ok() == []


async def test_recent_projects_are_active_and_of_active_customers(world: World) -> None:
    retired = await world.customer_named("Retired")
    hidden = await world.project_named("Hidden", customer_id=retired["id"])
    inactive = await world.project_named("Inactive", customer_id=world.customer["id"])
    for hours, project in zip((6, 4, 2), (hidden, inactive, world.project), strict=True):
        await world.entry(ago(hours=hours), ago(hours=hours - 1), project_id=project["id"])
    assert await names_of(world, "projects/recent") == ["Project", "Inactive", "Hidden"]

    (await world.admin.delete(f"customers/{retired['id']}")).ok(204)
    (await world.admin.delete(f"projects/{inactive['id']}")).ok(204)

    assert await names_of(world, "projects/recent") == ["Project"]


async def test_recent_projects_are_those_of_twenty_entries(world: World) -> None:
    old = await world.project_named("Old")
    await world.entry("10:00", "11:00", project_id=old["id"])
    for hour in range(19):
        await world.entry(ago(hours=2 * hour + 2), ago(hours=2 * hour + 1))
    assert await names_of(world, "projects/recent") == ["Project", "Old"]

    await world.started()

    assert await names_of(world, "projects/recent") == ["Project"]
