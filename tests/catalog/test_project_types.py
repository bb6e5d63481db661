"""Project types and technologies: a tree without cycles, names that come free again, and what a list holds."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.calling import Answer, Item
from tests.world import World


async def move(world: World, item: Item, parent: Item | None) -> Answer:
    return await world.admin.put(f"project-types/{item['id']}", {"parent_id": parent and parent["id"]})


async def chain(world: World, length: int) -> list[Item]:
    """Types, each below the one before."""
    types: list[Item] = []
    for number in range(length):
        parent = {"parent_id": types[-1]["id"]} if types else {}
        types.append(await world.made("project-types", name=f"Level {number}", **parent))
    return types


async def parents(world: World) -> dict[str, str | None]:
    return {item["id"]: item["parent_id"] for item in (await world.user.get("project-types")).ok()}


async def test_a_project_type_has_all_its_fields(world: World) -> None:
    made = await world.made("project-types", name=" Research ", customer_id=world.customer["id"], tenant_id="x")

    assert made == {
        "id": made["id"],
        "tenant_id": world.tenant_id,
        "name": "Research",
        "description": None,
        "customer_id": world.customer["id"],
        "parent_id": None,
        "deleted": None,
    }
    assert (await world.user.get(f"project-types/{made['id']}")).ok() == made


@pytest.mark.parametrize("depth", [1, 2, 5])
async def test_a_type_can_not_lie_below_itself_at_any_depth(world: World, depth: int) -> None:
    types = await chain(world, depth)
    before = await parents(world)

    (await move(world, types[0], types[-1])).refused(400, "project_type_cycle")

    assert await parents(world) == before


async def test_a_subtree_can_be_moved(world: World) -> None:
    first, second, third = await chain(world, 3)
    other = await world.made("project-types", name="Other")

    assert (await move(world, second, other)).ok()["parent_id"] == other["id"]
    # What was a cycle before is none now.
    assert (await move(world, first, third)).ok()["parent_id"] == third["id"]
    assert (await move(world, other, None)).ok()["parent_id"] is None


async def test_an_unknown_parent_customer_or_type_is_400(world: World) -> None:
    for field in ("parent_id", "customer_id"):
        refused = await world.admin.post("project-types", {"name": "Type", field: str(uuid4())})
        assert list(refused.refused(400)["errors"]) == [field]
    refused = await world.admin.post("projects", {"name": "Other", "project_type_id": str(uuid4())})
    assert list(refused.refused(400)["errors"]) == ["project_type_id"]


async def test_a_deleted_type_is_gone_its_name_is_free_and_what_lay_below_it_can_be_changed(world: World) -> None:
    first, second = await chain(world, 2)
    # Deleted before the children of a type kept it.
    stored = await world.stored("project_type", first)
    await world.app.container("project_type").replace_item(first["id"], {**stored, "deleted": first["id"]})

    (await world.user.get(f"project-types/{first['id']}")).refused(404)
    (await world.admin.delete(f"project-types/{first['id']}")).refused(404)
    assert list(await parents(world)) == [second["id"]]
    await world.made("project-types", name=first["name"])
    changed = await world.admin.put(f"project-types/{second['id']}", {**second, "description": "Still here"})
    assert changed.ok()["description"] == "Still here"
    (await world.admin.post("project-types", {"name": "New", "parent_id": first["id"]})).refused(400)


async def test_a_type_is_not_deleted_while_others_lie_below_it(world: World) -> None:
    first, second = await chain(world, 2)

    (await world.admin.delete(f"project-types/{first['id']}")).refused(409, "project_type_has_children")

    assert (await world.user.get(f"project-types/{first['id']}")).ok() == first
    (await world.admin.delete(f"project-types/{second['id']}")).ok(204)
    (await world.admin.delete(f"project-types/{first['id']}")).ok(204)
    assert await parents(world) == {}


async def test_no_child_is_left_without_its_parent_where_it_is_made_while_that_is_deleted(world: World) -> None:
    for number in range(8):
        parent = await world.made("project-types", name=f"Parent {number}")
        made, deleted = await asyncio.gather(
            world.admin.post("project-types", {"name": f"Child {number}", "parent_id": parent["id"]}),
            world.admin.delete(f"project-types/{parent['id']}"),
        )
        assert (made.status, deleted.status) in {(201, 409), (400, 204)}
        assert set((await parents(world)).values()) - {None} <= set(await parents(world))


async def test_a_deleted_type_keeps_its_name_where_projects_refer_to_it(world: World) -> None:
    research = await world.made("project-types", name="Research", description="New things")
    project = await world.made("projects", name="Lab", project_type_id=research["id"])

    (await world.admin.delete(f"project-types/{research['id']}")).ok(204)

    (listed,) = (await world.user.get("projects", {"project_type_id": research["id"]})).ok()
    assert listed == (await world.user.get(f"projects/{project['id']}")).ok() == project
    assert listed["project_type"] == {"name": "Research", "description": "New things"}


async def test_names_are_unique_for_each_customer(world: World) -> None:
    await world.made("project-types", name="Research")
    await world.made("project-types", name="Research", customer_id=world.customer["id"])

    (await world.admin.post("project-types", {"name": " Research"})).refused(409, "project_type_exists")


async def test_the_list_is_filtered_by_customer_and_parent(world: World) -> None:
    first, second = await chain(world, 2)
    of_customer = await world.made("project-types", name="A", customer_id=world.customer["id"])

    async def found(**query: Any) -> list[str]:
        return [item["id"] for item in (await world.user.get("project-types", query)).ok()]

    assert await found(parent_id=first["id"]) == [second["id"]]
    assert await found(customer_id=world.customer["id"]) == [of_customer["id"]]
    assert await found(customer_id="undefined", parent_id="") == [of_customer["id"], first["id"], second["id"]]


async def test_a_project_shows_its_type(world: World) -> None:
    research = await world.made("project-types", name="Research", description="New things")
    project = await world.made("projects", name="Lab", project_type_id=research["id"])

    assert project["project_type"] == {"name": "Research", "description": "New things"}
    assert project["customer"] == {"name": "", "description": None}
    (listed,) = (await world.user.get("projects", {"project_type_id": research["id"]})).ok()
    assert listed == project
    assert world.project["project_type"] is None


async def test_only_admins_write_project_types_and_technologies(world: World) -> None:
    for path in ("project-types", "technologies"):
        made = await world.made(path, name="Made")
        (await world.user.post(path, {"name": "Other"})).refused(403)
        (await world.user.put(f"{path}/{made['id']}", {"name": "Other"})).refused(403)
        (await world.user.delete(f"{path}/{made['id']}")).refused(403)


async def test_a_technology_has_all_its_fields_and_is_soft_deleted(world: World) -> None:
    made = await world.made("technologies", name="python", creation_date="2024-03-05T10:00:00+01:00")

    assert made["creation_date"] == "2024-03-05T09:00:00.0000000Z"
    assert made["first_use_time_entry_id"] is None
    assert (await world.user.get("technologies")).ok() == [made]
    (await world.admin.post("technologies", {"name": "python"})).refused(409, "technology_exists")
    (await world.admin.put(f"technologies/{made['id']}", {"creation_date": "yesterday"})).refused(400)
    (await world.admin.delete(f"technologies/{made['id']}")).ok(204)
    assert (await world.user.get("technologies")).ok() == []
    await world.made("technologies", name="python")
