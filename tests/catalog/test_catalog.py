"""Customers and activities, and what projects share with them."""

from typing import Any

import pytest

from tests.calling import Item
from tests.world import World

PATHS = ["customers", "projects", "activities"]
CONTAINERS = {"customers": "customer", "projects": "project", "activities": "activity"}


async def names_of(world: World, path: str, **query: Any) -> list[str]:
    return [item["name"] for item in (await world.user.get(path, query)).ok()]


def first_of(world: World, path: str) -> Item:
    return {"customers": world.customer, "projects": world.project, "activities": world.activity}[path]


@pytest.mark.parametrize("path", PATHS)
async def test_an_admin_creates_changes_and_reads(world: World, path: str) -> None:
    made = await world.made(path, name="New", description="d", status="inactive")
    assert (made["name"], made["description"], made["status"]) == ("New", "d", "inactive")

    changed = (await world.admin.put(f"{path}/{made['id']}", {"name": "Newer", "status": "active"})).ok()

    assert changed == {**made, "name": "Newer", "status": "active"}
    assert (await world.user.get(f"{path}/{made['id']}")).ok() == changed


@pytest.mark.parametrize("path", PATHS)
async def test_only_an_admin_writes_but_anyone_reads(world: World, path: str) -> None:
    item = first_of(world, path)

    (await world.user.post(path, {"name": "New"})).refused(403)
    (await world.user.put(f"{path}/{item['id']}", {"name": "New"})).refused(403)
    (await world.user.delete(f"{path}/{item['id']}")).refused(403)

    assert (await world.user.get(path)).ok() == [item]
    assert (await world.user.get(f"{path}/{item['id']}")).ok() == item


@pytest.mark.parametrize("path", PATHS)
async def test_delete_makes_inactive(world: World, path: str) -> None:
    item = first_of(world, path)

    for _ in range(2):
        (await world.admin.delete(f"{path}/{item['id']}")).ok(204)

    assert (await world.user.get(f"{path}/{item['id']}")).ok() == {**item, "status": "inactive"}
    events = await world.outbox(CONTAINERS[path], item)
    assert sorted(event["action"] for event in events) == ["create", "delete"]
    assert (await world.admin.put(f"{path}/{item['id']}", {"status": "active"})).ok() == item


@pytest.mark.parametrize("path", PATHS)
async def test_a_list_holds_active_ones_first_then_by_name(world: World, path: str) -> None:
    (await world.admin.put(f"{path}/{first_of(world, path)['id']}", {"name": "m"})).ok()
    for name, status in (("z", "active"), ("a", "inactive"), ("c", "active"), ("b", "inactive")):
        await world.made(path, name=name, status=status)

    assert await names_of(world, path) == ["c", "m", "z", "a", "b"]
    assert await names_of(world, path, status="active") == ["c", "m", "z"]
    assert await names_of(world, path, status="inactive") == ["a", "b"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_status_that_is_none_is_400(world: World, path: str) -> None:
    item = first_of(world, path)

    assert list((await world.user.get(path, {"status": "gone"})).refused(400)["errors"]) == ["status"]
    assert list((await world.admin.post(path, {"name": "New", "status": "gone"})).refused(400)["errors"]) == ["status"]
    assert list((await world.admin.put(f"{path}/{item['id']}", {"status": 7})).refused(400)["errors"]) == ["status"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_document_without_a_status_is_active(world: World, path: str) -> None:
    """As the first version of this system wrote them."""
    item = first_of(world, path)
    stored = await world.stored(CONTAINERS[path], item)
    del stored["status"]
    await world.app.container(CONTAINERS[path]).replace_item(item["id"], stored)
    await world.made(path, name="A", status="inactive")

    assert (await world.user.get(f"{path}/{item['id']}")).ok()["status"] == "active"
    assert await names_of(world, path) == [item["name"], "A"]
    assert await names_of(world, path, status="active") == [item["name"]]
    assert await names_of(world, path, status="inactive") == ["A"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", ["Taken", "  Taken  "])
async def test_a_name_is_unique_within_a_tenant(world: World, path: str, name: str) -> None:
    taken = await world.made(path, name="Taken")
    other = await world.made(path, name="Other")

    (await world.admin.post(path, {"name": name})).refused(409)
    (await world.admin.put(f"{path}/{other['id']}", {"name": name})).refused(409)

    assert sorted(await names_of(world, path)) == sorted([first_of(world, path)["name"], "Taken", "Other"])
    assert (await world.admin.put(f"{path}/{taken['id']}", {"name": name, "description": "same"})).ok()[
        "name"
    ] == "Taken"


@pytest.mark.parametrize("path", PATHS)
async def test_an_inactive_ones_name_stays_taken(world: World, path: str) -> None:
    taken = await world.made(path, name="Taken")
    (await world.admin.delete(f"{path}/{taken['id']}")).ok(204)

    (await world.admin.post(path, {"name": "Taken"})).refused(409)


@pytest.mark.parametrize("path", PATHS)
async def test_a_soft_deleted_ones_name_is_free_and_it_is_gone(world: World, path: str) -> None:
    taken = await world.made(path, name="Taken")
    stored = await world.stored(CONTAINERS[path], taken)
    await world.app.container(CONTAINERS[path]).replace_item(taken["id"], {**stored, "deleted": taken["id"]})

    again = await world.made(path, name="Taken")

    assert again["id"] != taken["id"]
    assert (await names_of(world, path)).count("Taken") == 1
    for method in ("GET", "PUT", "DELETE"):
        (await world.admin.call(method, f"{path}/{taken['id']}", json={})).refused(404)


@pytest.mark.parametrize("path", PATHS)
async def test_a_name_is_trimmed(world: World, path: str) -> None:
    assert (await world.made(path, name="  Padded \t"))["name"] == "Padded"
    assert (await world.made(path, name=f" {'x' * 50} "))["name"] == "x" * 50


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("field", "value"),
    [("name", None), ("name", ""), ("name", " \t\n"), ("name", "x" * 51), ("name", 7), ("name", ["a"]),
     ("description", "x" * 251), ("description", 7), ("description", {})],
)  # fmt: skip
async def test_a_field_of_the_wrong_type_or_size_is_400(world: World, path: str, field: str, value: Any) -> None:
    item = first_of(world, path)

    created = await world.admin.post(path, {"name": "New", field: value})
    changed = await world.admin.put(f"{path}/{item['id']}", {field: value})

    assert list(created.refused(400)["errors"]) == list(changed.refused(400)["errors"]) == [field]
    assert (await world.user.get(path)).ok() == [item]


@pytest.mark.parametrize("path", PATHS)
async def test_a_name_is_required(world: World, path: str) -> None:
    assert list((await world.admin.post(path, {"description": "d"})).refused(400)["errors"]) == ["name"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("empty", [None, ""])
async def test_null_and_nothing_are_accepted_for_what_is_optional(world: World, path: str, empty: str | None) -> None:
    made = await world.made(path, name="New", description=empty, status=empty)
    assert (made["description"], made["status"]) == (None, "active")

    described = (await world.admin.put(f"{path}/{made['id']}", {"description": "d"})).ok()
    assert described["description"] == "d"
    assert (await world.admin.put(f"{path}/{made['id']}", {"description": empty})).ok() == made


@pytest.mark.parametrize("path", PATHS)
async def test_every_write_leaves_one_event(world: World, path: str) -> None:
    made, _ = await world.made(path, name="New"), await world.made(path, name="Taken")
    one = f"{path}/{made['id']}"
    (await world.admin.put(one, {"name": "Newer"})).ok()
    (await world.admin.put(one, {"name": " Newer "})).ok()
    (await world.admin.put(one, {"name": "Taken"})).refused(409)
    (await world.admin.delete(one)).ok(204)

    events = sorted(await world.outbox(CONTAINERS[path], made), key=lambda event: str(event["date"]))

    assert [(event["action"], event["changes"]) for event in events[1:]] == [
        ("update", {"name": ["New", "Newer"]}),
        ("delete", {"status": ["active", "inactive"]}),
    ]
    assert events[0]["changes"]["name"] == [None, "New"]
    assert {event["user_id"] for event in events} == {world.admin.user_id}
