"""What an entry may refer to: what this worker's copy of the catalog knows, and what was made elsewhere just now."""

from uuid import uuid4

import pytest

from shared.catalog import references
from shared.catalog.references import LIVE_FOR_SECONDS, Names
from tests.calling import Item, at
from tests.world import World

PAST = {"start_date": at("12:00"), "end_date": at("13:00")}


async def made_elsewhere(world: World, container_id: str) -> str:
    """By another worker: this one has not heard of it."""
    item: Item = {"id": str(uuid4()), "tenant_id": world.tenant_id, "name": "Elsewhere", "status": "active"}
    await world.app.container(container_id).create_item(item)
    return str(item["id"])


async def deleted_elsewhere(world: World, container_id: str, item: Item) -> None:
    stored = await world.stored(container_id, item)
    await world.app.container(container_id).replace_item(item["id"], {**stored, "deleted": str(uuid4())})


def test_a_copy_counts_for_fifteen_seconds() -> None:
    """The setting may have lists show names that are older."""
    known = Names({"p": {"id": "p"}}, {"a": {"id": "a"}}, {}, read_at=100.0)

    assert LIVE_FOR_SECONDS == 15
    assert known.live("project_id", "p", 114.9) == {"id": "p"}
    assert known.live("activity_id", "a", 114.9) == {"id": "a"}
    assert known.live("project_id", "p", 115.0) is None


def test_what_a_copy_knows_as_deleted_or_not_at_all_is_not_live() -> None:
    known = Names({"p": {"id": "p", "deleted": "x"}}, {}, {}, read_at=100.0)

    assert known.live("project_id", "p", 100.0) is None
    assert known.live("project_id", "q", 100.0) is None
    assert known.live("activity_id", "p", 100.0) is None


@pytest.mark.parametrize("container_id", ["project", "activity"])
async def test_what_was_made_elsewhere_a_moment_ago_may_be_used(world: World, container_id: str) -> None:
    await world.entry("10:00", "11:00")
    elsewhere = await made_elsewhere(world, container_id)

    entry = (await world.user.post("time-entries", {**world.references, **PAST, f"{container_id}_id": elsewhere})).ok(
        201
    )

    assert entry[f"{container_id}_id"] == elsewhere


@pytest.mark.parametrize("container_id", ["project", "activity"])
async def test_what_was_deleted_elsewhere_counts_until_the_copy_is_too_old(
    world: World, container_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.entry("10:00", "11:00")
    await deleted_elsewhere(world, container_id, world.project if container_id == "project" else world.activity)

    await world.entry("11:00", "12:00")
    monkeypatch.setattr(references, "LIVE_FOR_SECONDS", 0)

    refused = await world.user.post("time-entries", {**world.references, **PAST})
    refused.refused(400, f"{container_id}_not_found")
