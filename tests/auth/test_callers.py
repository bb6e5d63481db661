"""Who calls: the token, its claims, and what each caller may see."""

import asyncio
import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

import jwt
import pytest

from tests.calling import Answer, Person, send
from tests.world import World

MISSING: Any = object()


def signed(person: Person, **claims: Any) -> str:
    """A person's token with other claims; MISSING leaves one out."""
    issuer = f"https://name.ciamlogin.com/{person.tenant_id}/v2.0"
    everything = {"iss": issuer, "oid": person.user_id, "exp": int(time.time()) + 600, **claims}
    kept = {name: value for name, value in everything.items() if value is not MISSING}
    # API Management has checked the signature: any will do.
    return jwt.encode(kept, "a key that nobody knows, of a good length", algorithm="HS256")


async def call_with(
    world: World, headers: dict[str, str], path: str = "time-entries", method: str = "GET", body: Any = None
) -> Answer:
    more = {} if body is None else {"json": body}
    return await send(world.user.http, method, f"{world.app.url}/api/{path}", headers=headers, **more)


async def call_as(
    world: World, method: str = "GET", path: str = "time-entries", body: Any = None, **claims: Any
) -> Answer:
    return await call_with(world, {"Authorization": f"Bearer {signed(world.user, **claims)}"}, path, method, body)


async def test_the_token_comes_in_authorization(world: World) -> None:
    (await call_as(world)).ok()


async def test_the_token_may_come_in_token_instead(world: World) -> None:
    (await call_with(world, {"token": f"Bearer {signed(world.user)}"})).ok()


async def test_authorization_goes_before_token(world: World) -> None:
    headers = {"Authorization": "Bearer rubbish", "token": f"Bearer {signed(world.user)}"}

    (await call_with(world, headers)).refused(401)


@pytest.mark.parametrize("path", ["time-entries", "time-entries/running", "customers", "projects", "activities"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD"])
async def test_nobody_gets_anywhere_without_a_token(world: World, path: str, method: str) -> None:
    answer = await call_with(world, {}, path, method)

    assert answer.status == 401


async def test_a_token_that_was_let_in_is_refused_from_its_end_on(world: World) -> None:
    """What is kept of a token that was checked does not outlive it."""
    token = signed(world.user, exp=int(time.time()) - 57)
    header = {"Authorization": f"Bearer {token}"}
    (await call_with(world, header)).ok()

    async with asyncio.timeout(20):
        while (answer := await call_with(world, header)).status == 200:
            pass

    answer.refused(401, "token_expired")


async def test_health_needs_no_token(world: World) -> None:
    assert (await call_with(world, {}, "health")).ok()["status"] == "healthy"


async def test_a_refusal_says_what_is_wrong_with_the_token(world: World) -> None:
    said = [
        (await call_with(world, headers)).refused(401)["message"]
        for headers in (
            {},
            {"Authorization": f"Basic {signed(world.user)}"},
            {"Authorization": "Bearer rubbish"},
        )
    ]

    assert len(set(said)) == 3
    assert "missing" in said[0]
    assert "Bearer" in said[1]
    assert "JWT" in said[2]


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer  ", "bearer x.y", "Bearer a.b.c", "Bearer null", "Bearer undefined", "x", "Bearer ..",
     "Bearer e30.e30.", "Bearer " + "x" * 5000, "Bearer é"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["Authorization", "token"])
async def test_what_is_no_jwt_is_401(world: World, name: str, header: str) -> None:
    (await call_with(world, {name: header})).refused(401)


async def test_bearer_may_be_spelled_in_any_case(world: World) -> None:
    (await call_with(world, {"Authorization": f"bearer {signed(world.user)}"})).ok()


@pytest.mark.parametrize("claim", ["iss", "oid"])
@pytest.mark.parametrize("value", [MISSING, None, "", "x", 7, [], {}, ["x"], True])
async def test_a_missing_or_malformed_claim_is_401(world: World, claim: str, value: Any) -> None:
    # PyJWT's encoder refuses an issuer that is no string; a foreign one may send it.
    token = signed(world.user, **{claim: MISSING if claim == "iss" and not isinstance(value, str) else value})

    assert claim in (await call_with(world, {"Authorization": f"Bearer {token}"})).refused(401)["message"]


@pytest.mark.parametrize(
    "issuer",
    ["https://name.b2clogin.com/{}/v2.0/", "https://name.ciamlogin.com/{}/v2.0", "https://login.microsoftonline.com/{}/v2.0"],
)  # fmt: skip
async def test_the_issuers_path_says_the_tenant(world: World, issuer: str) -> None:
    answer = await call_as(world, "GET", f"customers/{world.customer['id']}", iss=issuer.format(world.tenant_id))

    assert answer.ok()["tenant_id"] == world.tenant_id


@pytest.mark.parametrize(("exp", "status"), [(-30, 200), (-90, 401), (90, 200)])
async def test_a_token_expires_after_a_minute_of_leeway(world: World, exp: int, status: int) -> None:
    assert (await call_as(world, exp=int(time.time()) + exp)).status == status


@pytest.mark.parametrize(("nbf", "status"), [(30, 200), (90, 401), (-90, 200)])
async def test_a_token_begins_a_minute_of_leeway_before(world: World, nbf: int, status: int) -> None:
    assert (await call_as(world, nbf=int(time.time()) + nbf)).status == status


@pytest.mark.parametrize("claim", ["exp", "nbf"])
@pytest.mark.parametrize("value", ["soon", [], {}])
async def test_a_time_that_is_none_is_401(world: World, claim: str, value: Any) -> None:
    (await call_as(world, **{claim: value})).refused(401)


async def test_other_claims_are_none_of_ours(world: World) -> None:
    odd: dict[str, Any] = {"aud": ["a", "b"], "sub": 7, "iat": "yesterday", "jti": 7, "ver": {"a": [1]}, "nonce": None}

    (await call_as(world, **odd)).ok()


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"emails": ["a@x.org", "b@x.org"], "email": "c@x.org"}, "a@x.org"),
        ({"email": "c@x.org", "preferred_username": "d@x.org"}, "c@x.org"),
        ({"preferred_username": "d@x.org"}, "d@x.org"),
        ({}, None),
    ],
)
async def test_the_callers_email_is_shown_with_his_entries(world: World, claims: dict[str, Any], email: str) -> None:
    entry = await world.entry("10:00", "11:00")

    answer = await call_as(world, "GET", f"time-entries/{entry['id']}", **claims)

    assert answer.ok()["owner_email"] == email


@pytest.mark.parametrize(
    "granted",
    [{"extension_role": "time-tracker-admin"}, {"roles": ["time-tracker-admin"]}, {"groups": ["time-tracker-admin"]}],
    ids=["extension_role", "roles", "groups"],
)
async def test_an_admin_is_one_by_any_of_three_claims(world: World, granted: dict[str, Any]) -> None:
    (await call_as(world, "DELETE", f"customers/{world.customer['id']}", **granted)).ok(204)


async def test_a_group_whose_name_contains_that_of_administrators_makes_none(world: World) -> None:
    granted = {"groups": ["Office, time-tracker-admin"]}

    (await call_as(world, "DELETE", f"customers/{world.customer['id']}", **granted)).refused(403)


async def test_an_id_in_capitals_is_the_same_person(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    loud: dict[str, Any] = {
        "oid": world.user.user_id.upper(),
        "iss": f"https://name.ciamlogin.com/{world.tenant_id.upper()}/v2.0",
    }

    seen = (await call_as(world, "GET", f"time-entries/{entry['id']}", **loud)).ok()
    started = (await call_as(world, "POST", "time-entries", body=world.references, **loud)).ok(201)

    assert {**seen, "owner_email": None} == {**entry, "owner_email": None}
    assert (started["owner_id"], started["tenant_id"]) == (world.user.user_id, world.tenant_id)
    assert (await world.user.get("time-entries/running")).ok()["id"] == started["id"]


@pytest.mark.parametrize("claim", ["email", "name", "preferred_username"])
async def test_half_a_surrogate_pair_is_no_email_and_no_name(world: World, claim: str) -> None:
    odd: dict[str, Any] = {claim: "Ad\ud83d"}

    started = (await call_as(world, "POST", "time-entries", body=world.references, **odd)).ok(201)

    assert started["owner_email"] is None
    assert (await call_as(world, "GET", f"users/{world.user.user_id}", **odd)).ok()["name"] == ""


@pytest.mark.parametrize("word", ["time-tracker-tester", "admin", "time-tracker-admins", "x time-tracker-admin"])
async def test_no_other_role_makes_an_admin(world: World, word: str) -> None:
    (await call_as(world, "DELETE", f"customers/{world.customer['id']}", roles=[word])).refused(403)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST stop", "POST restart"])
async def test_an_entry_of_another_user_does_not_exist(world: World, method: str) -> None:
    entry = await world.entry("10:00", "11:00")
    verb, _, action = method.partition(" ")

    answer = await world.person().call(verb, f"time-entries/{entry['id']}/{action}", json={})

    answer.refused(404)
    assert (await world.user.get(f"time-entries/{entry['id']}")).ok() == entry


@pytest.mark.parametrize("admin", [True, False])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST stop", "POST restart"])
async def test_an_entry_of_another_tenant_does_not_exist(world: World, method: str, admin: bool) -> None:
    """Not even for the same user id."""
    entry = await world.entry("10:00", "11:00")
    verb, _, action = method.partition(" ")
    stranger = replace(world.user, tenant_id=str(uuid4()), admin=admin)

    (await stranger.call(verb, f"time-entries/{entry['id']}/{action}", json={})).refused(404)


async def test_an_admin_reads_every_entry_of_the_tenant(world: World) -> None:
    entry = await world.entry("10:00", "11:00")

    seen = (await world.admin.get(f"time-entries/{entry['id']}")).ok()

    assert {**seen, "owner_email": None} == {**entry, "owner_email": None}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST stop", "POST restart"])
async def test_only_its_owner_writes_an_entry(world: World, method: str) -> None:
    entry = await world.entry("10:00", "11:00")
    verb, _, action = method.partition(" ")

    (await world.admin.call(verb, f"time-entries/{entry['id']}/{action}", json={"description": "x"})).refused(403)

    assert (await world.user.get(f"time-entries/{entry['id']}")).ok() == entry


async def test_an_entrys_owner_never_changes(world: World) -> None:
    other = world.person()
    entry = await world.entry("10:00", "11:00", owner_id=other.user_id, tenant_id=str(uuid4()))

    changed = (await world.user.put(f"time-entries/{entry['id']}", {"owner_id": other.user_id, "uri": "x"})).ok()

    assert (entry["owner_id"], entry["tenant_id"]) == (world.user.user_id, world.tenant_id)
    assert (changed["owner_id"], changed["tenant_id"]) == (world.user.user_id, world.tenant_id)


@pytest.mark.parametrize("path", ["customers", "projects", "activities"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_the_catalog_of_another_tenant_does_not_exist(world: World, path: str, method: str) -> None:
    item = {"customers": world.customer, "projects": world.project, "activities": world.activity}[path]
    stranger = replace(world.admin, tenant_id=str(uuid4()))

    (await stranger.call(method, f"{path}/{item['id']}", json={"name": "Mine"})).refused(404)

    assert (await stranger.get(path)).ok() == []
    assert (await world.user.get(f"{path}/{item['id']}")).ok() == item


async def test_a_preflight_needs_no_token(world: World) -> None:
    headers = {"Origin": "http://localhost:4200", "Access-Control-Request-Method": "PUT"}

    answer = await call_with(world, headers, f"time-entries/{uuid4()}", "OPTIONS")

    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:4200"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    allowed = {name.strip().lower() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert {"authorization", "token", "content-type", "if-match", "idempotency-key"} <= allowed
    methods = {name.strip() for name in answer.headers["Access-Control-Allow-Methods"].split(",")}
    assert {"GET", "POST", "PUT", "DELETE"} <= methods


async def test_a_browser_may_read_errors_too(world: World) -> None:
    answer = await call_with(world, {"Origin": "http://localhost:4200"})

    answer.refused(401)
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:4200"
    exposed = {name.strip().lower() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert {"etag", "location", "retry-after"} <= exposed
