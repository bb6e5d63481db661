"""Answers: every field always there, headers, entity tags, methods, and the one error body."""

from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from tests.application import Application, application
from tests.calling import STORED_DATE, Answer, Item, Person, at, send, without_proposal
from tests.world import World, make_world

ENTRY_FIELDS = {
    "id", "tenant_id", "owner_id", "project_id", "activity_id", "description", "start_date", "end_date", "uri",
    "technologies", "timezone_offset", "deleted", "running", "project_name", "customer_id", "customer_name",
    "activity_name", "owner_email", "billable",
}  # fmt: skip
NEVER_NULL = {
    "running",
    "project_name",
    "customer_name",
    "activity_name",
    "technologies",
    "timezone_offset",
    "billable",
}
PLAIN_FIELDS = {"id", "tenant_id", "name", "description", "status", "deleted"}
PROJECT_FIELDS = PLAIN_FIELDS | {
    "customer_id", "project_type_id", "technologies", "customer", "customer_name", "project_type", "billable",
}  # fmt: skip
RANGE = {"start_date": at("00:00"), "end_date": at("23:59")}


async def entries_from_everywhere(world: World, entry_id: str) -> list[Item]:
    """An entry as each call answers it."""
    user = world.user
    shown = [
        (await user.get(f"time-entries/{entry_id}")).ok(),
        without_proposal(await user.get("time-entries/running")),
    ]
    shown += (await user.get("time-entries")).ok()
    shown += (await user.get("time-entries/latest")).ok()
    shown += (await user.get("time-entries/paginated")).ok()["data"]
    shown += [(await user.put(f"time-entries/{entry_id}", {})).ok()]
    shown += [(await user.post(f"time-entries/{entry_id}/stop")).ok()]
    shown += [(await user.post(f"time-entries/{entry_id}/restart")).ok()]
    return shown


async def test_every_answer_holds_all_fields_of_an_entry(world: World) -> None:
    entry = await world.started()

    for shown in [entry, *await entries_from_everywhere(world, entry["id"])]:
        assert set(shown) == ENTRY_FIELDS
        assert not {name for name in NEVER_NULL if shown[name] is None}
        assert {n: shown[n] for n in ("description", "uri", "deleted", "technologies", "timezone_offset")} == {
            "description": None, "uri": None, "deleted": None, "technologies": [], "timezone_offset": 300,
        }  # fmt: skip
        assert (shown["project_name"], shown["activity_name"]) == ("Project", "Activity")
        assert (shown["customer_id"], shown["customer_name"]) == (world.customer["id"], "Customer")
        assert (shown["running"], shown["end_date"] is None) in {(True, True), (False, False)}
        assert STORED_DATE.fullmatch(shown["start_date"])


async def test_an_entry_of_a_project_without_a_customer_has_an_empty_customer_name(world: World) -> None:
    project = await world.project_named("Alone")

    entry = await world.entry("10:00", "11:00", project_id=project["id"])

    assert (entry["customer_id"], entry["customer_name"], entry["project_name"]) == (None, "", "Alone")


@pytest.mark.parametrize("path", ["customers", "activities"])
async def test_every_answer_holds_all_fields_of_a_customer_or_activity(world: World, path: str) -> None:
    made = (await world.admin.post(path, {"name": "New"})).ok(201)

    assert made == {
        "id": made["id"], "tenant_id": world.tenant_id, "name": "New", "description": None, "status": "active",
        "deleted": None,
    }  # fmt: skip
    assert (await world.user.get(f"{path}/{made['id']}")).ok() == made
    assert made in (await world.user.get(path)).ok()
    assert (await world.admin.put(f"{path}/{made['id']}", {})).ok() == made


async def test_every_answer_holds_all_fields_of_a_project(world: World) -> None:
    alone = await world.project_named("Alone")

    assert set(alone) == set(world.project) == PROJECT_FIELDS
    assert alone["customer"] == {"name": "", "description": None}
    assert (alone["customer_id"], alone["customer_name"], alone["technologies"]) == (None, "", [])
    assert world.project["customer"] == {"name": "Customer", "description": None}
    assert world.project["customer_name"] == "Customer"
    assert (await world.user.get(f"projects/{alone['id']}")).ok() == alone
    assert (await world.user.get("projects")).ok() == [alone, world.project]
    assert (await world.admin.put(f"projects/{alone['id']}", {})).ok() == alone


async def test_a_document_that_lacks_fields_is_answered_whole(world: World) -> None:
    """What an older version wrote may hold less than today's documents."""
    entry = await world.entry("10:00", "11:00")
    least = ("id", "tenant_id", "owner_id", "project_id", "activity_id", "start_date", "end_date")
    stored = await world.stored("time_entry", entry)
    await world.app.container("time_entry").upsert_item({name: stored[name] for name in least})
    await world.app.container("customer").upsert_item(
        {"id": world.customer["id"], "tenant_id": world.tenant_id, "name": "Customer"}
    )

    assert (await world.user.get(f"time-entries/{entry['id']}")).ok() == entry
    assert (await world.user.get(f"customers/{world.customer['id']}")).ok() == world.customer
    assert (await world.user.get("customers", {"status": "active"})).ok() == [world.customer]
    assert (await world.user.put(f"time-entries/{entry['id']}", {"uri": "x"})).ok() == {**entry, "uri": "x"}


async def create(world: World, path: str) -> Answer:
    body = {**world.references, **RANGE} if path == "time-entries" else {"name": "New"}
    return await world.admin.post(path, body)


@pytest.mark.parametrize("path", ["time-entries", "customers", "projects", "activities"])
async def test_what_creates_says_where_it_is(world: World, path: str) -> None:
    answer = await create(world, path)

    item = answer.ok(201)
    location = answer.headers["Location"]
    assert location.startswith("/api/")
    assert (await world.admin.get(location.removeprefix("/api/"))).ok() == item


async def test_where_it_is_lies_under_the_address_that_callers_know(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession
) -> None:
    """A proxy may have put the API under a path of its own, and does not change what `Location` says."""
    del app
    address = "https://time.example.com/tracker/v1/"
    async with application(cosmos_account, API_URL=address, WEBHOOKS_TO_LOOPBACK="1") as served:
        world = await make_world(http, served)
        bodies = {
            "time-entries": {**world.references, **RANGE},
            "customers": {"name": "New"},
            "timesheets": {"start_date": "2026-01-01", "end_date": "2026-01-31", "timezone": "UTC"},
            "rates": {"kind": "billable", "amount": "95.50", "currency": "USD"},
            "webhooks": {"url": "http://localhost:9/", "events": ["*"]},
        }
        for path, body in bodies.items():
            answer = await world.admin.post(path, body)
            assert answer.headers["Location"] == f"/tracker/v1/{path}/{answer.ok(201)['id']}"


@pytest.mark.parametrize("path", ["time-entries", "customers", "projects", "activities"])
async def test_a_single_item_carries_an_etag_that_changes_with_it(world: World, path: str) -> None:
    answer = await create(world, path)
    one = f"{path}/{answer.ok(201)['id']}"

    read = await world.admin.get(one)
    changed = await world.admin.put(one, {"description": "new"})
    again = await world.admin.put(one, {"description": "new"})

    assert answer.headers["ETag"] == read.headers["ETag"]
    assert read.headers["ETag"].startswith('"')
    assert changed.headers["ETag"] != read.headers["ETag"]
    assert (await world.admin.get(one)).headers["ETag"] == changed.headers["ETag"] == again.headers["ETag"]


async def test_the_running_entry_has_the_etag_it_has_by_its_id(world: World) -> None:
    entry = await world.started()

    running, by_id = await world.user.get("time-entries/running"), await world.user.get(f"time-entries/{entry['id']}")

    assert running.headers["ETag"] == by_id.headers["ETag"]
    changed = await world.user.put(f"time-entries/{entry['id']}", {"description": "x"})
    assert (await world.user.get("time-entries/running")).headers["ETag"] == changed.headers["ETag"]


@pytest.mark.parametrize("path", ["time-entries", "customers", "projects", "activities"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_if_match_makes_a_write_conditional(world: World, path: str, method: str) -> None:
    answer = await create(world, path)
    one, tag = f"{path}/{answer.ok(201)['id']}", answer.headers["ETag"]
    newest = (await world.admin.put(one, {"description": "newer"})).headers["ETag"]

    for stale in (tag, f"W/{tag}", '"x"', f'{tag}, "x"', "x"):
        refused = await world.admin.with_headers(If_Match=stale).call(method, one, json={"description": "lost"})
        refused.refused(412)
    assert (await world.admin.get(one)).ok()["description"] == "newer"

    good = world.admin.with_headers(If_Match=f'"x", {newest}')
    assert (await good.call(method, one, json={"description": "newest"})).status in {200, 204}


@pytest.mark.parametrize("form", ['W/"ABC"', '"ABC-gzip"', '"ABC-br"'])
async def test_if_match_takes_what_a_proxy_made_of_the_tag(world: World, form: str) -> None:
    entry = await world.entry("10:00", "11:00")
    one = f"time-entries/{entry['id']}"

    def proxied(answer: Answer) -> Person:
        return world.user.with_headers(If_Match=form.replace("ABC", answer.headers["ETag"].strip('"')))

    read = await world.user.get(one)
    changed = await proxied(read).put(one, {"uri": "x"})
    assert changed.ok()["uri"] == "x"
    (await proxied(read).delete(one)).refused(412, "precondition_failed")
    (await proxied(changed).delete(one)).ok(204)


async def test_a_star_matches_what_is_there(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    star = world.user.with_headers(If_Match="*")

    (await star.put(f"time-entries/{entry['id']}", {"uri": "x"})).ok()
    (await star.delete(f"time-entries/{entry['id']}")).ok(204)
    (await star.delete(f"time-entries/{entry['id']}")).refused(404)


@pytest.mark.parametrize("action", ["stop", "restart"])
async def test_if_match_makes_an_action_conditional(world: World, action: str) -> None:
    entry = await (world.started() if action == "stop" else world.entry("10:00", "11:00"))
    one = f"time-entries/{entry['id']}"
    tag = (await world.user.get(one)).headers["ETag"]
    newer = (await world.user.put(one, {"uri": "x"})).headers["ETag"]

    (await world.user.with_headers(If_Match=tag).post(f"{one}/{action}")).refused(412)
    assert (await world.user.get(one)).headers["ETag"] == newer
    (await world.user.with_headers(If_Match=newer).post(f"{one}/{action}")).ok()


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("time-entries", {"GET", "HEAD", "POST"}),
        ("time-entries/", {"GET", "HEAD", "POST"}),
        ("time-entries/running", {"GET", "HEAD"}),
        ("time-entries/latest", {"GET", "HEAD"}),
        ("time-entries/summary", {"GET", "HEAD"}),
        ("time-entries/paginated", {"GET", "HEAD"}),
        ("time-entries/{id}", {"GET", "HEAD", "PUT", "DELETE"}),
        ("time-entries/{id}/stop", {"POST"}),
        ("time-entries/{id}/restart", {"POST"}),
        ("customers", {"GET", "HEAD", "POST"}),
        ("projects/{id}", {"GET", "HEAD", "PUT", "DELETE"}),
        ("activities/{id}", {"GET", "HEAD", "PUT", "DELETE"}),
    ],
)
async def test_a_method_that_is_not_there_is_405_with_those_that_are(
    world: World, path: str, allowed: set[str]
) -> None:
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"} - allowed:
        answer = await world.admin.call(method, path.replace("{id}", str(uuid4())))

        answer.refused(405)
        named = {name.strip() for name in answer.headers["Allow"].split(",")}
        assert named - {"OPTIONS"} == allowed


@pytest.mark.parametrize("path", ["", "/{id}", "/running", "/summary", "/0f2c9e5b-7d1a-4c86-9b3e-5a4d7c8e1f60", "/7"])
async def test_head_is_answered_as_get(world: World, path: str) -> None:
    entry = await world.started()
    path = f"time-entries{path}".replace("{id}", entry["id"])

    got, head = await world.user.get(path), await world.user.call("HEAD", path)

    assert (head.status, head.content) == (got.status, b"")
    for name in ("Content-Type", "ETag", "Cache-Control", "Content-Encoding", "Vary"):
        assert head.headers.get(name) == got.headers.get(name)


@pytest.mark.parametrize(
    "path", ["nowhere", "time-entries/{id}/nowhere", "time-entries/{id}/stop/now", "customers/a/b/c"]
)
async def test_a_path_that_is_not_there_is_404(world: World, path: str) -> None:
    (await world.admin.get(path.replace("{id}", str(uuid4())))).refused(404)


async def test_only_refused_fields_and_conflicts_are_listed(world: World) -> None:
    missing = (await world.user.get(f"time-entries/{uuid4()}")).refused(404)
    invalid = (await world.user.post("time-entries", {})).refused(400)

    assert not {"errors", "conflicts"} & set(missing)
    assert set(invalid["errors"]) == {"project_id", "activity_id"}
    assert "conflicts" not in invalid


async def test_each_refusal_has_an_id_of_its_own_whatever_trace_the_caller_sends(world: World) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    caller = world.user.with_headers(traceparent=f"00-{trace}-00f067aa0ba902b7-01")

    ids: set[Any] = {(await who.get("nowhere")).refused(404)["correlation_id"] for who in [caller, world.user] * 2}
    assert len(ids) == 4
    assert trace not in ids


async def test_the_trace_of_a_caller_stands_beside_the_session_id_of_an_event(world: World) -> None:
    """The audit trail's id is ours: a caller who sends the same trace with every call can't tie them together."""
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    caller = world.user.with_headers(traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    started = await world.started(caller)
    (await caller.post(f"time-entries/{started['id']}/stop")).ok()

    events = await world.outbox("time_entry", started)
    sessions = {event["session_id"] for event in events}
    assert len(sessions) == 2
    assert trace not in sessions
    assert [event["trace_id"] for event in events] == [trace, trace]
    assert (await world.stored("time_entry", started))["_last_event_ctx"]["session_id"] in sessions


@pytest.mark.parametrize("path", ["/", "/api", "/api/"])
async def test_the_root_leads_to_the_docs(world: World, path: str) -> None:
    answer = await send(world.user.http, "GET", world.app.url + path)

    assert answer.status == 302
    assert "docs" in answer.headers["Location"]
