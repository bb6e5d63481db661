"""Managing webhooks over the API: who may, what is taken, and the secret that is shown once."""

import base64
import json
from uuid import uuid4

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from shared.webhooks.store import MOST_WEBHOOKS
from tests.application import Application, application
from tests.calling import Item
from tests.events.delivering import deliver, events_of
from tests.webhooks.receiving import Receiver, hooked, listed, send
from tests.world import World, make_world

URL = "https://8.8.8.8/hooks"
FIELDS = {
    "id", "tenant_id", "url", "events", "description", "enabled", "disabled_reason", "previous_secret_until", "deleted",
}  # fmt: skip
CALLS = [
    ("GET", "webhooks", None),
    ("POST", "webhooks", {"url": URL, "events": ["*"]}),
    ("GET", "webhooks/{id}", None),
    ("PUT", "webhooks/{id}", {"description": "x"}),
    ("DELETE", "webhooks/{id}", None),
    ("POST", "webhooks/{id}/rotate", {"overlap_hours": 1}),
    ("POST", "webhooks/{id}/ping", {}),
    ("POST", "webhooks/{id}/replay", {"from": "2026-01-01T00:00:00Z"}),
    ("GET", "webhooks/{id}/deliveries", None),
]


@pytest.fixture(scope="module")
async def hooking(app: Application) -> Application:
    """An app of production, where webhooks may not lead to this machine."""
    return app


async def test_a_webhook_is_made_listed_changed_and_deleted(world: World) -> None:
    answer = await world.admin.post("webhooks", {"url": URL, "events": ["*"]})
    made = answer.ok(201)
    assert set(made) == FIELDS | {"secret"}
    path = f"webhooks/{made['id']}"
    assert answer.headers["Location"] == f"/api/{path}"
    secret = made.pop("secret")
    assert made == {
        "id": made["id"], "tenant_id": world.tenant_id, "url": URL, "events": ["*"], "description": None,
        "enabled": True, "disabled_reason": None, "previous_secret_until": None, "deleted": None,
    }  # fmt: skip
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret[6:], validate=True)) == 32
    assert (await world.admin.get("webhooks")).ok() == [made]
    found = await world.admin.get(path)
    assert found.ok() == made
    assert found.headers["ETag"] == answer.headers["ETag"]

    other = (await world.admin.put(path, {"events": ["project.*", "user.updated"], "secret": "mine"})).ok()
    assert other == {**made, "events": ["project.*", "user.updated"]}
    (await world.admin.delete(path)).ok(204)
    (await world.admin.get(path)).refused(404, "webhook_not_found")
    assert (await world.admin.get("webhooks")).ok() == []


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_only_administrators_may(world: World, method: str, path: str, body: Item | None) -> None:
    webhook = await hooked(world, URL)
    called = await world.user.call(method, path.format(id=webhook["id"]), json=body)
    called.refused(403, "admin_only")


@pytest.mark.parametrize(("method", "path", "body"), [call for call in CALLS if "{id}" in call[1]])
async def test_another_tenants_webhook_does_not_exist(
    world: World, http: aiohttp.ClientSession, method: str, path: str, body: Item | None
) -> None:
    other = await make_world(http, world.app)
    webhook = await hooked(other, URL)
    (await world.admin.call(method, path.format(id=webhook["id"]), json=body)).refused(404, "webhook_not_found")
    (await world.admin.call(method, path.format(id=uuid4()), json=body)).refused(404, "webhook_not_found")
    (await world.admin.call(method, path.format(id="x"), json=body)).refused(422, "id_invalid")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"events": ["*"]}, "url"),
        ({"url": None, "events": ["*"]}, "url"),
        ({"url": "", "events": ["*"]}, "url"),
        ({"url": 7, "events": ["*"]}, "url"),
        ({"url": URL + "x" * 2000, "events": ["*"]}, "url"),
        ({"url": URL}, "events"),
        ({"url": URL, "events": []}, "events"),
        ({"url": URL, "events": None}, "events"),
        ({"url": URL, "events": "*"}, "events"),
        ({"url": URL, "events": ["rate.created"]}, "events"),
        ({"url": URL, "events": ["*.created"]}, "events"),
        ({"url": URL, "events": ["time_entry"]}, "events"),
        ({"url": URL, "events": ["ping"]}, "events"),
        ({"url": URL, "events": ["time_entry.created", None]}, "events"),
        ({"url": URL, "events": ["*"] * 1000}, "events"),
        ({"url": URL, "events": ["*"], "description": "x" * 251}, "description"),
        ({"url": URL, "events": ["*"], "enabled": "yes"}, "enabled"),
    ],
)
async def test_what_is_malformed_is_400_and_names_the_field(world: World, body: Item, field: str) -> None:
    refused = (await world.admin.post("webhooks", body)).refused(400)
    assert field in refused["errors"]
    assert (await world.admin.get("webhooks")).ok() == []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hooks", "ftp://example.com", "example.com", "https://", "https:///x", "//example.com/x",
        "https://user:password@example.com/", "https://example.com:99999/", "https://exa mple.com/",
        "https://localhost/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://10.0.0.1/", "https://172.16.0.1/",
        "https://192.168.1.1/", "https://169.254.169.254/latest", "https://168.63.129.16/", "https://100.100.100.200/",
        "https://0.0.0.0/", "https://224.0.0.1/", "https://[fe80::1]/", "https://[fd00:ec2::254]/", "https://[::]/",
        "https://[64:ff9b::a9fe:a9fe]/", "https://[2002:7f00:1::]/", "https://255.255.255.255/",
    ],
)  # fmt: skip
async def test_an_address_that_is_not_public_is_refused(world: World, url: str) -> None:
    refused = (await world.admin.post("webhooks", {"url": url, "events": ["*"]})).refused(400, "webhook_address")
    assert refused["errors"]["url"]
    webhook = await hooked(world, URL)
    (await world.admin.put(f"webhooks/{webhook['id']}", {"url": url})).refused(400, "webhook_address")


@pytest.mark.parametrize(
    "url",
    ["https://8.8.8.8/x", "https://[2606:4700::1111]:8443/x?y=z", "https://example.com", "https://bücher.example/"],
)
async def test_a_public_address_is_taken_as_it_is_written(world: World, url: str) -> None:
    assert (await hooked(world, url))["url"] == url


async def test_repeated_events_count_once(world: World) -> None:
    webhook = await hooked(world, URL, "project.created", "project.*", "project.created")
    assert webhook["events"] == ["project.created", "project.*"]


async def test_a_stale_etag_is_refused_wherever_something_is_changed(world: World) -> None:
    webhook = await hooked(world, URL)
    path = f"webhooks/{webhook['id']}"
    stale = world.admin.with_headers(If_Match='"stale"')
    for call in (
        stale.put(path, {"description": "x"}), stale.delete(path), stale.post(f"{path}/rotate", {}),
        stale.post(f"{path}/ping"), stale.post(f"{path}/replay", {"from": "2026-01-01T00:00:00Z"}),
    ):  # fmt: skip
        (await call).refused(412, "precondition_failed")
    etag = (await world.admin.get(path)).headers["ETag"]
    (await world.admin.with_headers(If_Match=etag).put(path, {"description": "x"})).ok()


async def test_every_write_leaves_an_event_and_none_holds_a_secret(world: World) -> None:
    webhook = await hooked(world, URL)
    path = f"webhooks/{webhook['id']}"
    (await world.admin.put(path, {"description": "Payroll"})).ok()
    (await world.admin.put(path, {"description": "Payroll"})).ok()
    rotated = (await world.admin.post(f"{path}/rotate", {"overlap_hours": 3})).ok()
    (await world.admin.delete(path)).ok(204)
    events = await world.outbox("administration", webhook)

    by_action = {event["action"]: event for event in events}
    assert sorted(by_action) == ["create", "delete", "rotate", "update"]
    assert len(events) == 4
    assert by_action["update"]["changes"] == {"description": [None, "Payroll"]}
    assert by_action["rotate"]["changes"] == {"previous_secret_until": [None, rotated["previous_secret_until"]]}
    assert {event["user_id"] for event in events} == {world.admin.user_id}
    assert "whsec" not in json.dumps(events)


async def kept_for(world: World) -> list[Item]:
    """What `administration` holds of the tenant."""
    query = world.app.container("administration").query_items("SELECT * FROM c", partition_key=world.tenant_id)
    return [dict(document) async for document in query]


async def test_a_secret_is_shown_once_and_kept_encrypted(world: World) -> None:
    webhook = await hooked(world, URL)
    path = f"webhooks/{webhook['id']}"
    for answer in (await world.admin.get(path), await world.admin.get("webhooks"), await world.admin.put(path, {})):
        assert b"whsec" not in answer.content
    kept = json.dumps(await kept_for(world))
    assert "webhook_secrets" in kept
    assert webhook["secret"][6:] not in kept
    (await world.admin.delete(path)).ok(204)
    assert "webhook_secrets" not in json.dumps(await kept_for(world))


@pytest.mark.parametrize("hours", [-1, 25, "1", 1.5, True])
async def test_an_overlap_is_a_whole_number_of_hours_up_to_24(world: World, hours: object) -> None:
    webhook = await hooked(world, URL)
    (await world.admin.post(f"webhooks/{webhook['id']}/rotate", {"overlap_hours": hours})).refused(400)


@pytest.mark.parametrize("body", [None, {}, {"overlap_hours": None}])
async def test_without_hours_both_secrets_sign_for_a_day(world: World, body: Item | None) -> None:
    webhook = await hooked(world, URL)
    assert (await world.admin.post(f"webhooks/{webhook['id']}/rotate", body)).ok()["previous_secret_until"]


async def test_without_an_overlap_the_previous_secret_ends_at_once(world: World) -> None:
    webhook = await hooked(world, URL)
    rotated = (await world.admin.post(f"webhooks/{webhook['id']}/rotate", {"overlap_hours": 0})).ok()
    assert rotated["previous_secret_until"] is None
    kept = await world.app.container("administration").read_item(f"{webhook['id']}.secrets", world.tenant_id)
    assert kept["previous"] is None


@pytest.mark.parametrize("since", [None, "", "yesterday", 7, "2026-13-01T00:00:00Z"])
async def test_a_replay_begins_at_an_instant(world: World, since: object) -> None:
    webhook = await hooked(world, URL)
    (await world.admin.post(f"webhooks/{webhook['id']}/replay", {"from": since})).refused(400)


async def test_a_webhook_that_is_disabled_is_neither_pinged_nor_replayed(world: World) -> None:
    webhook = await hooked(world, URL, enabled=False)
    (await world.admin.post(f"webhooks/{webhook['id']}/ping")).refused(409, "webhook_disabled")
    replayed = await world.admin.post(f"webhooks/{webhook['id']}/replay", {"from": "2026-01-01T00:00:00Z"})
    replayed.refused(409, "webhook_disabled")


async def test_a_tenant_has_a_bounded_number_of_webhooks(world: World) -> None:
    """Each event is written once for each of them."""
    for number in range(MOST_WEBHOOKS):
        await hooked(world, f"{URL}/{number}")
    (await world.admin.post("webhooks", {"url": URL, "events": ["*"]})).refused(409, "too_many_webhooks")


async def test_without_a_secrets_key_webhooks_are_503_and_nothing_else_is(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession
) -> None:
    del app
    async with application(cosmos_account, SECRETS_KEY="") as served:
        world = await make_world(http, served)
        for method, path, body in CALLS:
            there = path.format(id=uuid4())
            (await world.admin.call(method, there, json=body)).refused(503, "secrets_key_unavailable")
            (await world.user.call(method, there, json=body)).refused(403)
        await world.entry("10:00", "11:00")
        await deliver(served)
        await send()
        assert await events_of(world, world.customer)


async def test_a_secret_that_can_not_be_read_sends_nothing_unsigned(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession, received: Receiver
) -> None:
    """The key was changed, and the previous one forgotten."""
    del app
    async with application(cosmos_account, WEBHOOKS_TO_LOOPBACK="1") as served:
        world = await make_world(http, served)
        webhook = await hooked(world, received.url, "customer.*")
        kept = dict(await served.container("administration").read_item(f"{webhook['id']}.secrets", world.tenant_id))
        await served.container("administration").upsert_item({**kept, "current": kept["current"][:-8] + "AAAAAAA="})
        await world.customer_named("One")
        await deliver(served)
        await send()

        (one,) = await listed(world, webhook)
    assert received.received == []
    assert one["last_answer"]["error"] == "secret_unreadable"
