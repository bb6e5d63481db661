"""Rates over the API: for administrators alone, once for the same ids and day, never a float."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.calling import Item
from tests.world import World

FIELDS = {"id", "tenant_id", "kind", "amount", "currency", "user_id", "project_id", "customer_id", "activity_id",
          "valid_from", "deleted"}  # fmt: skip
BODY = {"kind": "billable", "amount": "85.00", "currency": "EUR"}


async def made(world: World, **fields: Any) -> Item:
    rate: Item = (await world.admin.post("rates", {**BODY, **fields})).ok(201)
    return rate


async def test_a_rate_is_answered_with_all_its_fields(world: World) -> None:
    answer = await world.admin.post("rates", {**BODY, "project_id": world.project["id"], "valid_from": "2026-11-16"})

    rate = answer.ok(201)
    assert set(rate) == FIELDS
    assert answer.headers["Location"] == f"/api/rates/{rate['id']}"
    assert (rate["kind"], rate["amount"], rate["currency"]) == ("billable", "85.00", "EUR")
    assert (rate["project_id"], rate["user_id"], rate["valid_from"]) == (world.project["id"], None, "2026-11-16")
    got = await world.admin.get(f"rates/{rate['id']}")
    assert got.ok() == rate
    assert got.headers["ETag"] == answer.headers["ETag"]


async def test_nobody_but_an_administrator_sees_or_writes_one(world: World) -> None:
    rate = await made(world)
    path = f"rates/{rate['id']}"

    for answer in (
        await world.user.get("rates"),
        await world.user.get(path),
        await world.user.post("rates", BODY),
        await world.user.put(path, {"amount": "1"}),
        await world.user.delete(path),
    ):
        answer.refused(403)
    assert (await world.admin.get("rates")).ok() == [rate]


async def test_another_tenants_rate_does_not_exist(world: World) -> None:
    rate = await made(world)
    stranger = world.person(admin=True)
    elsewhere = type(stranger)(stranger.http, stranger.url, str(uuid4()), admin=True)

    (await elsewhere.get(f"rates/{rate['id']}")).refused(404, "rate_not_found")
    (await elsewhere.put(f"rates/{rate['id']}", {"amount": "1"})).refused(404)
    (await elsewhere.delete(f"rates/{rate['id']}")).refused(404)
    assert (await elsewhere.get("rates")).ok() == []


@pytest.mark.parametrize(
    ("amount", "kept"), [("85.00", "85.00"), ("0", "0"), ("007.5", "7.5"), ("99999999.9999", "99999999.9999")]
)
async def test_an_amount_is_kept_as_a_decimal_text(world: World, amount: str, kept: str) -> None:
    assert (await made(world, amount=amount))["amount"] == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("amount", wrong) for wrong in (85, 85.0, "-1", "1e3", "1.", ".5", "1,5", "1.00001", "1234567890123", "NaN",
                                          "999999999.9999", "٨٥", " 85", "", None, True, "1_0", "85 EUR", "9" * 5000)),
        *(("currency", wrong) for wrong in ("XAU", "XXX", "XDR", "DEM", "eur", "Euro", "", None, 978)),
        *(("kind", wrong) for wrong in ("price", "", None, ["cost"])),
        *(("valid_from", wrong) for wrong in ("2026-02-29", "2026-11", "2026-11-01T00:00:00Z", "20261101", 20261101)),
        *(("user_id", wrong) for wrong in ("x", 7)),
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
async def test_anything_else_is_400(world: World, field: str, value: Any) -> None:
    rate = await made(world)

    body = (await world.admin.post("rates", {**BODY, "valid_from": "2020-01-01", field: value})).refused(400)
    assert list(body["errors"]) == [field]
    body = (await world.admin.put(f"rates/{rate['id']}", {field: value})).refused(400)
    assert list(body["errors"]) == [field]


@pytest.mark.parametrize("currency", ["JPY", "KWD", "XCG", "ZWG", "BGN", "HRK", "UYW"])
async def test_every_currency_with_a_minor_unit_is_taken_withdrawn_ones_too(world: World, currency: str) -> None:
    assert (await made(world, currency=currency))["currency"] == currency


async def test_only_some_ids_go_together(world: World) -> None:
    ids = {"user_id": str(uuid4()), "project_id": world.project["id"], "customer_id": world.customer["id"],
           "activity_id": world.activity["id"]}  # fmt: skip
    allowed = [
        "user_id project_id", "project_id activity_id", "project_id", "user_id customer_id", "customer_id",
        "user_id activity_id", "activity_id", "user_id", "",
    ]  # fmt: skip
    for names in allowed:
        await made(world, **{name: ids[name] for name in names.split()})
    for names in ("project_id customer_id", "customer_id activity_id", "user_id project_id activity_id", " ".join(ids)):
        body = {**BODY, **{name: ids[name] for name in names.split()}}
        refused = (await world.admin.post("rates", body)).refused(400, "rate_combination")
        assert set(refused["errors"]) >= set(names.split())

    listed = (await world.admin.get("rates")).ok()
    assert [" ".join(name for name in ids if rate[name]) for rate in listed] == allowed


async def test_what_a_rate_refers_to_exists_but_the_user_is_not_asked_for(world: World) -> None:
    for name in ("project_id", "customer_id", "activity_id"):
        body = (await world.admin.post("rates", {**BODY, name: str(uuid4())})).refused(400)
        assert list(body["errors"]) == [name]
    await made(world, user_id=str(uuid4()))


async def test_the_same_ids_and_day_are_there_once(world: World) -> None:
    first = await made(world, user_id=world.user.user_id, valid_from="2026-01-01")
    await made(world, user_id=world.user.user_id)
    await made(world, user_id=world.user.user_id, valid_from="2026-01-01", kind="cost")
    second = await made(world, user_id=world.user.user_id, valid_from="2026-02-01")
    same = {**BODY, "user_id": world.user.user_id, "valid_from": "2026-01-01", "amount": "1", "currency": "USD"}

    (await world.admin.post("rates", same)).refused(409, "rate_exists")
    (await world.admin.put(f"rates/{second['id']}", {"valid_from": "2026-01-01"})).refused(409, "rate_exists")
    (await world.admin.delete(f"rates/{first['id']}")).ok(204)
    (await world.admin.post("rates", same)).ok(201)


async def test_of_two_at_once_one_is_made(world: World) -> None:
    answers = await asyncio.gather(*(world.admin.post("rates", BODY) for _ in range(4)))

    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    assert len((await world.admin.get("rates")).ok()) == 1


async def test_a_put_is_partial_and_conditional(world: World) -> None:
    rate = await made(world, project_id=world.project["id"])
    path = f"rates/{rate['id']}"
    seen = (await world.admin.get(path)).headers["ETag"]

    changed = (await world.admin.put(path, {"amount": "90.00"})).ok()
    assert changed == {**rate, "amount": "90.00"}
    (await world.admin.with_headers(If_Match=seen).put(path, {"amount": "95"})).refused(412)
    # The whole item sent back changes nothing; null takes an id away.
    assert (await world.admin.put(path, changed)).ok() == changed
    assert (await world.admin.put(path, {"project_id": None})).ok()["project_id"] is None


async def test_the_filters_of_the_list(world: World) -> None:
    cost = await made(world, kind="cost")
    of_user = await made(world, user_id=world.user.user_id)
    of_project = await made(world, project_id=world.project["id"])

    async def listed(**query: str) -> list[str]:
        return [rate["id"] for rate in (await world.admin.get("rates", query)).ok()]

    assert await listed() == [of_project["id"], of_user["id"], cost["id"]]
    assert await listed(kind="cost") == [cost["id"]]
    assert await listed(user_id=f"{world.user.user_id},{uuid4()}") == [of_user["id"]]
    assert await listed(project_id=world.project["id"], kind="cost") == []
    (await world.admin.get("rates", {"kind": "price"})).refused(400)


async def test_a_deleted_rate_is_gone(world: World) -> None:
    rate = await made(world)
    (await world.admin.delete(f"rates/{rate['id']}")).ok(204)

    (await world.admin.get(f"rates/{rate['id']}")).refused(404)
    (await world.admin.delete(f"rates/{rate['id']}")).refused(404)
    assert (await world.admin.get("rates")).ok() == []


async def test_each_write_leaves_an_event_that_says_when_it_changes_the_past(world: World) -> None:
    of_past = await made(world, valid_from="2026-01-01")
    await made(world)
    await made(world, valid_from="2100-01-01")
    (await world.admin.put(f"rates/{of_past['id']}", {"amount": "86"})).ok()
    (await world.admin.delete(f"rates/{of_past['id']}")).ok(204)

    documents = world.app.container("administration").query_items(
        'SELECT VALUE c.event FROM c WHERE c.kind = "event"', partition_key=world.tenant_id
    )
    events = [event async for event in documents if event["container_id"] == "rate"]

    assert sorted(event["description"] for event in events) == [
        "Create a rate",
        "Create a rate; it changes reports of all time",
        "Create a rate; it changes reports of time since 2026-01-01",
        "Delete a rate; it changes reports of time since 2026-01-01",
        "Update a rate; it changes reports of time since 2026-01-01",
    ]
    (change,) = [event["changes"] for event in events if event["action"] == "update"]
    assert change == {"amount": ["85.00", "86"]}
    (creation,) = [event["changes"] for event in events if event["description"].endswith("since 2026-01-01")
                   and event["action"] == "create"]  # fmt: skip
    assert creation == {name: [None, value] for name, value in of_past.items() if value is not None}
