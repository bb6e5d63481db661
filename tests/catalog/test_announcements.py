"""Writes of the catalog are announced before and after their batch, so that readers need to look in one place alone."""

from typing import Any

import pytest
from aiohttp import ClientSession

from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from shared.catalog import store
from shared.catalog.store import OPEN_SECONDS, STATE_KIND, WRITE_KIND
from tests.application import Application
from tests.calling import Item
from tests.world import World, make_world


async def announced(world: World) -> dict[str, Item]:
    """The announcements that are there, by kind."""
    found = world.app.container("administration").query_items(
        "SELECT * FROM c WHERE STARTSWITH(c.kind, 'catalog_')", partition_key=world.tenant_id
    )
    return {document["kind"]: dict(document) async for document in found}


async def test_a_write_leaves_the_state_and_no_announcement(world: World) -> None:
    before = await announced(world)
    await world.customer_named("Another")

    after = await announced(world)

    assert after.keys() == {STATE_KIND}
    assert after[STATE_KIND]["_etag"] != before[STATE_KIND]["_etag"]


async def test_what_writes_nothing_announces_nothing(world: World) -> None:
    before = await announced(world)
    (await world.admin.put(f"customers/{world.customer['id']}", {"name": "Customer"})).ok()
    (await world.admin.put(f"customers/{world.tenant_id}", {"name": "Customer"})).refused(404)

    assert await announced(world) == before


async def test_a_write_that_is_refused_is_under_way_no_longer(world: World) -> None:
    (await world.admin.post("customers", {"name": "Customer"})).refused(409)

    assert (await announced(world)).keys() == {STATE_KIND}


async def test_a_write_whose_outcome_is_unknown_stays_announced(
    flaky: Application, faults: Faults, http: ClientSession
) -> None:
    world = await make_world(http, flaky)
    faults.inject(Fault(Kind.DROP_AFTER, Operation.BATCH, count=50, container="customer"))
    faults.inject(Fault(Kind.UNAVAILABLE, Operation.READ, count=50, container="customer"))

    (await world.admin.post("customers", {"name": "Another"})).refused(503, "outcome_unknown")

    assert (await announced(world)).keys() == {STATE_KIND, WRITE_KIND}


@pytest.mark.parametrize("skip", [0, 1])
@pytest.mark.parametrize("kind", [Kind.DROP_AFTER, Kind.DROP_BEFORE])
async def test_a_connection_dropped_about_an_announcement_is_nobodys_business(
    flaky: Application, faults: Faults, http: ClientSession, kind: Kind, skip: int
) -> None:
    world = await make_world(http, flaky)
    fault = faults.inject(Fault(kind, Operation.BATCH, skip=skip, container="administration"))

    await world.customer_named("Another")

    assert fault.hits == 1
    assert (await announced(world)).keys() == {STATE_KIND}


async def test_without_its_announcement_nothing_is_written(
    flaky: Application, faults: Faults, http: ClientSession
) -> None:
    world = await make_world(http, flaky)
    faults.inject(Fault(Kind.UNAVAILABLE, Operation.BATCH, count=50, container="administration"))

    refusal = (await world.admin.post("customers", {"name": "Another"})).refused(503)
    faults.clear()

    assert refusal["code"] == "database_unavailable"
    assert [one["name"] for one in (await world.admin.get("customers")).ok()] == ["Customer"]


async def test_a_write_whose_end_can_not_be_told_works_all_the_same(
    flaky: Application, faults: Faults, http: ClientSession
) -> None:
    world = await make_world(http, flaky)
    faults.inject(Fault(Kind.UNAVAILABLE, Operation.BATCH, count=50, skip=1, container="administration"))

    await world.customer_named("Another")
    faults.clear()

    assert (await announced(world)).keys() == {STATE_KIND, WRITE_KIND}


def test_a_write_is_under_way_for_a_minute_at_most() -> None:
    write: Any = {"kind": WRITE_KIND, "_ts": 1_000_000}

    assert store.tell_of_open_writes([write], 1_000_000 + OPEN_SECONDS - 1)
    assert not store.tell_of_open_writes([write], 1_000_000 + OPEN_SECONDS)
    assert not store.tell_of_open_writes([{"kind": STATE_KIND, "_ts": 1_000_000}], 1_000_000)
    assert store.tell_of_writes([write])
    assert not store.tell_of_writes([{"kind": "rate"}, {"kind": "event"}])
