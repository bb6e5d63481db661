"""Ids are read in any case and answered in lower case, wherever they come from (RFC 9562)."""

from typing import Any

import pytest

from tests.calling import Item
from tests.world import World

PATHS = {
    "projects": "project",
    "customers": "customer",
    "activities": "activity",
    "project-types": "type",
    "technologies": "technology",
}


@pytest.mark.parametrize("path", PATHS)
async def test_an_item_of_the_catalog_is_found_changed_and_deleted(world: World, path: str) -> None:
    item = await world.made(path, name="New")
    capitals = f"{path}/{item['id'].upper()}"

    assert (await world.user.get(capitals)).ok() == item
    assert (await world.admin.put(capitals, {"name": "Renamed"})).ok()["id"] == item["id"]
    (await world.admin.delete(capitals)).ok(204)


async def test_a_time_entry_is_found_changed_stopped_restarted_and_deleted(world: World) -> None:
    entry = await world.started()
    capitals = f"time-entries/{entry['id'].upper()}"

    assert (await world.user.get(capitals)).ok() == entry
    assert (await world.user.put(capitals, {"description": "d"})).ok()["id"] == entry["id"]
    assert (await world.user.post(f"{capitals}/stop")).ok()["id"] == entry["id"]
    assert (await world.user.post(f"{capitals}/restart")).ok()["id"] == entry["id"]
    assert (await world.user.get("time-entries/running")).ok()["id"] == entry["id"]
    (await world.user.delete(capitals)).ok(204)


async def test_references_in_bodies_are_kept_in_lower_case(world: World) -> None:
    capitals: Item = {name: value.upper() for name, value in world.references.items()}

    entry = await world.entry("10:00", "11:00", **capitals)
    project = await world.project_named("New", customer_id=world.customer["id"].upper())
    kind = await world.made("project-types", name="New", customer_id=world.customer["id"].upper())
    below = await world.made("project-types", name="Below", parent_id=kind["id"].upper())

    assert {name: entry[name] for name in capitals} == world.references
    assert entry["project_name"] == "Project"
    assert project["customer_id"] == kind["customer_id"] == world.customer["id"]
    assert below["parent_id"] == kind["id"]
    assert (await world.stored("time_entry", entry))["project_id"] == world.project["id"]
    # The same id in another case is no change.
    assert (await world.user.put(f"time-entries/{entry['id']}", capitals)).ok() == entry
    assert len(await world.outbox("time_entry", entry)) == 1


@pytest.mark.parametrize("everyone", [False, True])
async def test_ids_in_queries_find_what_is_meant(world: World, everyone: bool) -> None:
    entry = await world.entry("10:00", "11:00")
    month: dict[str, Any] = {"month": 3, "year": 2024}
    who = {"user_id": f"{world.user.user_id.upper()},"} if everyone else {}
    caller = world.admin if everyone else world.user

    for name in ("project_id", "activity_id"):
        found = (await caller.get("time-entries", {**month, **who, name: world.references[name].upper()})).ok()
        assert [one["id"] for one in found] == [entry["id"]]
    found = (await world.user.get("projects", {"customer_id": world.customer["id"].upper()})).ok()
    assert [one["id"] for one in found] == [world.project["id"]]


async def test_a_user_is_found_by_an_id_in_capitals(world: World) -> None:
    user = (await world.user.get(f"users/{world.user.user_id.upper()}")).ok()

    assert user["id"] == world.user.user_id
    body = {"group_name": "time-tracker-tester"}
    assert (await world.user.post(f"users/{world.user.user_id.upper()}/is-member-of", body)).ok() == {"value": False}


async def test_the_owner_of_an_entry_may_name_it_in_capitals_in_the_audit_trail(world: World) -> None:
    entry = await world.entry("10:00", "11:00")

    (await world.user.get("events", {"item_id": entry["id"].upper()})).ok()
