"""Requests: partial PUTs, fields that are none of the client's, media types, sizes, slashes and query strings."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.calling import Item, Person, at
from tests.world import World

MIB = 1024 * 1024
WHOLE_DAY = {"start_date": at("00:00"), "end_date": at("23:59")}
RESOURCES = ["time-entries", "customers", "projects", "activities"]


async def item_of(world: World, path: str) -> Item:
    if path == "time-entries":
        return await world.entry("10:00", "11:00", who=world.admin, description="d", uri="u", technologies=["t"])
    return {"customers": world.customer, "projects": world.project, "activities": world.activity}[path]


def container_of(path: str) -> str:
    return {"time-entries": "time_entry", "customers": "customer", "projects": "project", "activities": "activity"}[
        path
    ]


@pytest.mark.parametrize("path", RESOURCES)
async def test_what_a_put_does_not_give_stays(world: World, path: str) -> None:
    item = await item_of(world, path)

    changed = (await world.admin.put(f"{path}/{item['id']}", {"description": "new"})).ok()

    assert changed == {**item, "description": "new"}
    assert (await world.admin.get(f"{path}/{item['id']}")).ok() == changed


@pytest.mark.parametrize("charset", ["", "; charset=iso-8859-1"])
async def test_a_body_that_is_not_utf_8_hears_what_it_must_be(world: World, charset: str) -> None:
    """Windows PowerShell 5.1 sends text as ISO-8859-1 where nobody names a charset."""
    headers = {"Content-Type": f"application/json{charset}"}

    answer = await world.admin.call("POST", "customers", data='{"name": "Müller"}'.encode("latin-1"), headers=headers)

    assert "UTF-8" in answer.refused(400, "json_malformed")["message"]


@pytest.mark.parametrize("path", RESOURCES)
async def test_fields_that_are_read_only_or_unknown_are_ignored_never_stored(world: World, path: str) -> None:
    item = await item_of(world, path)
    foreign = {
        "id": str(uuid4()), "tenant_id": str(uuid4()), "owner_id": str(uuid4()), "deleted": str(uuid4()),
        "running": "no", "project_name": 7, "customer_name": [], "activity_name": {}, "owner_email": "x",
        "start_hour": "10:00", "kind": "timeline", "ttl": 1, "_etag": "x", "_rid": "x", "_ts": 1, "_last_event_ctx": {},
        "customer": {"name": "x"}, "project_type": 7, "a/b": 1, "$type": "x", "": 1,
    }  # fmt: skip
    before = await world.stored(container_of(path), item)

    changed = (await world.admin.put(f"{path}/{item['id']}", {**foreign, "description": "new"})).ok()

    after = await world.stored(container_of(path), item)
    assert changed == {**item, "description": "new"}
    assert set(after) == set(before) | {"description"}
    assert {n: v for n, v in after.items() if n[0] != "_"} == {
        **{n: v for n, v in before.items() if n[0] != "_"},
        "description": "new",
    }


@pytest.mark.parametrize("path", RESOURCES)
async def test_foreign_fields_of_a_new_item_are_ignored(world: World, path: str) -> None:
    mine = str(uuid4())
    known = world.references | WHOLE_DAY if path == "time-entries" else {"name": "New"}

    made = (await world.admin.post(path, {**known, "id": mine, "tenant_id": mine, "deleted": mine, "kind": "x"})).ok(
        201
    )

    assert made["id"] != mine
    assert (made["tenant_id"], made["deleted"]) == (world.tenant_id, None)
    assert not {"kind", "ttl"} & set(await world.stored(container_of(path), made))
    assert (await world.admin.get(f"{path}/{made['id']}")).ok() == made


@pytest.mark.parametrize("path", RESOURCES)
async def test_a_whole_item_sent_back_changes_nothing_and_writes_nothing(world: World, path: str) -> None:
    item = await item_of(world, path)
    before, tag = await world.stored(container_of(path), item), (await world.admin.get(f"{path}/{item['id']}"))

    answer = await world.admin.put(f"{path}/{item['id']}", item)

    assert answer.ok() == item
    assert answer.headers["ETag"] == tag.headers["ETag"]
    assert await world.stored(container_of(path), item) == before
    assert len(await world.outbox(container_of(path), item)) == 1


@pytest.mark.parametrize("path", RESOURCES)
async def test_an_empty_put_writes_nothing(world: World, path: str) -> None:
    item = await item_of(world, path)

    assert (await world.admin.put(f"{path}/{item['id']}", {})).ok() == item
    assert (await world.admin.call("PUT", f"{path}/{item['id']}")).ok() == item
    assert len(await world.outbox(container_of(path), item)) == 1


@pytest.mark.parametrize("empty", [None, ""])
async def test_null_and_nothing_clear_an_entrys_optional_fields(world: World, empty: str | None) -> None:
    entry = await world.entry("10:00", "11:00", description="d", uri="u", technologies=["t"], timezone_offset=60)
    cleared = dict.fromkeys(("description", "uri", "technologies", "timezone_offset"), empty)

    changed = (await world.user.put(f"time-entries/{entry['id']}", cleared)).ok()

    nothing: Item = {"description": None, "uri": None, "technologies": [], "timezone_offset": 300}
    assert changed == {**entry, **nothing}
    created = await world.entry("12:00", "13:00", **cleared)
    assert {name: created[name] for name in nothing} == nothing


@pytest.mark.parametrize("empty", [None, ""])
async def test_null_and_nothing_for_a_start_mean_now_or_what_it_was(world: World, empty: str | None) -> None:
    timer = await world.started(start_date=empty, end_date=empty)
    assert timer["running"]

    same = (await world.user.put(f"time-entries/{timer['id']}", {"start_date": empty, "end_date": empty})).ok()
    assert same == timer


@pytest.mark.parametrize("empty", [None, ""])
async def test_null_and_nothing_clear_a_projects_optional_fields(world: World, empty: str | None) -> None:
    project = await world.project_named("Full", customer_id=world.customer["id"], description="d", technologies=["t"])
    cleared = dict.fromkeys(("customer_id", "description", "technologies", "project_type_id"), empty)

    changed = (await world.admin.put(f"projects/{project['id']}", cleared)).ok()

    assert changed == {
        **project, "customer_id": None, "description": None, "technologies": [], "customer_name": "",
        "customer": {"name": "", "description": None},
    }  # fmt: skip


@pytest.mark.parametrize("field", ["project_id", "activity_id"])
@pytest.mark.parametrize("empty", [None, ""])
async def test_what_is_required_can_not_be_null(world: World, field: str, empty: str | None) -> None:
    entry = await world.entry("10:00", "11:00")

    assert field in (await world.user.put(f"time-entries/{entry['id']}", {field: empty})).refused(400)["errors"]
    answer = await world.user.post("time-entries", {**world.references, field: empty})
    assert field in answer.refused(400)["errors"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("description", 7), ("description", "x" * 1501), ("uri", ["x"]), ("uri", "x" * 2001), ("technologies", "x"),
     ("technologies", [str(n) for n in range(11)]), ("timezone_offset", "300"), ("timezone_offset", 841),
     ("timezone_offset", True), ("start_date", 7), ("end_date", "x"), ("project_id", "x"), ("activity_id", 7)],
)  # fmt: skip
async def test_a_field_of_the_wrong_type_or_size_is_400(world: World, field: str, value: Any) -> None:
    entry = await world.entry("10:00", "11:00")

    posted = await world.user.post("time-entries", {**world.references, **WHOLE_DAY, field: value})
    put = await world.user.put(f"time-entries/{entry['id']}", {field: value})

    assert list(posted.refused(400)["errors"]) == list(put.refused(400)["errors"]) == [field]
    assert (await world.user.get(f"time-entries/{entry['id']}")).ok() == entry


async def test_the_largest_fields_are_taken(world: World) -> None:
    largest: Item = {"description": "ж" * 1500, "uri": "😀" * 2000, "technologies": [f"t{n}" for n in range(10)]}

    entry = await world.entry("10:00", "11:00", **largest)

    assert {name: entry[name] for name in largest} == largest


@pytest.mark.parametrize("action", ["stop", "restart"])
@pytest.mark.parametrize(
    "body",
    [{}, {"data": b"{broken", "headers": {"Content-Type": "application/json"}}, {"json": {"end_date": 7}},
     {"data": b"x", "headers": {"Content-Type": "text/plain"}}, {"data": b"x" * (MIB + 1)}],
    ids=["none", "broken", "wrong", "text", "large"],
)  # fmt: skip
async def test_the_actions_ignore_any_body(world: World, action: str, body: dict[str, Any]) -> None:
    entry = await (world.started() if action == "stop" else world.entry("10:00", "11:00"))

    answer = await world.user.call("POST", f"time-entries/{entry['id']}/{action}", **body)

    assert answer.ok()["running"] == (action == "restart")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; a=b", ""]
)
async def test_a_body_that_is_not_json_is_415(world: World, content_type: str) -> None:
    body = json.dumps(world.references | WHOLE_DAY).encode()

    answer = await world.user.call("POST", "time-entries", data=body, headers={"Content-Type": content_type})

    answer.refused(415)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_json_may_be_said_in_any_way(world: World, content_type: str) -> None:
    body = json.dumps(world.references | WHOLE_DAY).encode()

    (await world.user.call("POST", "time-entries", data=body, headers={"Content-Type": content_type})).ok(201)


async def test_a_request_without_a_body_needs_no_content_type(world: World) -> None:
    errors = (await world.user.post("time-entries")).refused(400)["errors"]

    assert {"project_id", "activity_id"} <= set(errors)


@pytest.mark.parametrize(("size", "status"), [(MIB, 201), (MIB + 1, 413)])
async def test_a_body_of_more_than_a_mebibyte_is_413(world: World, size: int, status: int) -> None:
    body = json.dumps(world.references | WHOLE_DAY | {"padding": ""}).encode()
    body = body.replace(b'"padding": ""', b'"padding": "' + b"x" * (size - len(body)) + b'"')

    answer = await world.user.call("POST", "time-entries", data=body, headers={"Content-Type": "application/json"})

    assert len(body) == size
    assert answer.status == status


@pytest.mark.parametrize("path", ["", "/running", "/latest", "/summary", "/paginated", "/{id}"])
async def test_a_trailing_slash_is_accepted_everywhere(world: World, path: str) -> None:
    entry = await world.started()
    path = f"time-entries{path}".replace("{id}", entry["id"])

    plain, slashed = await world.user.get(path), await world.user.get(f"{path}/")

    assert plain.status == slashed.status == 200
    if "summary" not in path:
        assert plain.ok() == slashed.ok()


async def test_a_trailing_slash_is_accepted_by_writes(world: World) -> None:
    entry = (await world.user.post("time-entries/", world.references)).ok(201)

    assert (await world.user.put(f"time-entries/{entry['id']}/", {"uri": "x"})).ok()["uri"] == "x"
    (await world.user.post(f"time-entries/{entry['id']}/stop/")).ok()
    (await world.user.delete(f"time-entries/{entry['id']}/")).ok(204)
    customer = (await world.admin.post("customers/", {"name": "Slashed"})).ok(201)
    (await world.admin.delete(f"customers/{customer['id']}/")).ok(204)


async def ids_of(person: Person, *query: tuple[str, str | int]) -> list[str]:
    return [entry["id"] for entry in (await person.get("time-entries", [*WHOLE_DAY.items(), *query])).ok()]


async def test_a_repeated_query_parameter_counts_as_a_comma_list(world: World) -> None:
    others = [await world.project_named(name) for name in ("Second", "Third")]
    first = await world.entry("10:00", "11:00")
    second, _ = [
        await world.entry(start, end, project_id=project["id"])
        for start, end, project in (("11:00", "12:00", others[0]), ("12:00", "13:00", others[1]))
    ]
    wanted = [world.project["id"], others[0]["id"]]

    repeated = await ids_of(world.user, *(("project_id", one) for one in wanted))
    joined = await ids_of(world.user, ("project_id", ",".join(wanted)))
    spaced = await ids_of(world.user, ("project_id", " , ".join(wanted)))

    assert repeated == joined == spaced == [second["id"], first["id"]]


@pytest.mark.parametrize("value", ["", "undefined", "null"])
@pytest.mark.parametrize(
    "name",
    ["user_id", "project_id", "activity_id", "uri", "limit", "month", "year", "timezone_offset"],
)
async def test_an_empty_undefined_or_null_parameter_counts_as_absent(world: World, name: str, value: str) -> None:
    entry = await world.entry("10:00", "11:00")

    assert await ids_of(world.user, (name, value)) == [entry["id"]]


@pytest.mark.parametrize("value", ["", "undefined", "null"])
async def test_absent_dates_leave_the_present_month(world: World, value: str) -> None:
    await world.entry("10:00", "11:00")
    timer = await world.started()

    answer = await world.user.get("time-entries", {"start_date": value, "end_date": value, "month": value})

    assert [entry["id"] for entry in answer.ok()] == [timer["id"]]


@pytest.mark.parametrize("value", ["undefined", "null"])
async def test_a_status_that_is_undefined_counts_as_absent(world: World, value: str) -> None:
    for path in ("customers", "projects", "activities"):
        assert len((await world.user.get(path, {"status": value, "customer_id": value})).ok()) == 1


async def test_unknown_query_parameters_are_ignored(world: World) -> None:
    entry = await world.entry("10:00", "11:00")

    assert await ids_of(world.user, ("code", "x"), ("_", "1"), ("offset", "many")) == [entry["id"]]


@pytest.mark.parametrize("version", [1, 3, 4, 5])
@pytest.mark.parametrize("upper", [True, False])
async def test_ids_of_any_version_and_case_are_ids(world: World, version: int, upper: bool) -> None:
    some = str(UUID(int=uuid4().int, version=version))
    some = some.upper() if upper else some

    (await world.user.get(f"time-entries/{some}")).refused(404)
    assert await ids_of(world.user, ("project_id", some)) == []
    assert await ids_of(world.admin, ("user_id", some)) == []


async def test_ids_that_we_make_are_lower_case_uuids(world: World) -> None:
    for item in (await world.entry("10:00", "11:00"), world.customer, world.project, world.activity):
        assert str(UUID(item["id"])) == item["id"]


@pytest.mark.parametrize("path", RESOURCES)
@pytest.mark.parametrize(
    "wrong", ["7", "me", "undefined", "00000000000000000000000000000000", "0f2c9e5b-7d1a-4c86-9b3e-5a4d7c8e1f600"]
)
async def test_an_id_in_the_path_that_is_no_uuid_is_422(world: World, path: str, wrong: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        (await world.admin.call(method, f"{path}/{wrong}", json={})).refused(422)


async def test_a_blank_before_an_offset_is_a_plus_that_was_not_escaped(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    url = f"{world.app.url}/api/time-entries?start_date=2024-03-05T{{}}+02:00&end_date=2024-03-05T{{}}+02:00"

    async def found(start: str, end: str) -> list[str]:
        async with world.user.http.get(
            url.format(start, end), headers={"Authorization": f"Bearer {world.user.token}"}
        ) as response:
            return [one["id"] for one in await response.json()]

    assert await found("12:59:00", "14:00:00") == [entry["id"]]
    assert await found("13:00:00", "14:00:00") == []
    assert await found("11:00:00.000", "12:00:00.000") == []
    assert await found("11:00:00.000", "12:00:00.001") == [entry["id"]]
