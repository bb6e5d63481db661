"""Whatever a client sends, it is answered with a 2xx or a 4xx in the one error body: never a 5xx, never a traceback."""

import base64
import json
from collections.abc import Iterable
from typing import Any
from unicodedata import normalize
from uuid import uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yarl import URL

from shared.http.fields import CONTROLS
from tests.calling import Answer, at, check_answer
from tests.world import World

few = settings(settings.get_profile("tests"), max_examples=40)

surrogates = st.text(st.characters(categories=None), max_size=20)
numbers = st.integers() | st.floats() | st.sampled_from([10**400, -(10**400), 2**63, 1e308, -0.0])
anything = st.recursive(
    st.none() | st.booleans() | numbers | surrogates,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(surrogates, inner, max_size=4),
    max_leaves=10,
)
FIELDS = [
    "project_id", "activity_id", "description", "start_date", "end_date", "uri", "technologies", "timezone_offset",
    "update_last_entry_if_overlap", "name", "status", "customer_id", "id", "deleted", "kind", "ttl", "",
]  # fmt: skip
odd_fields = st.dictionaries(st.sampled_from(FIELDS), anything | st.just(at("10:00")), max_size=6)
header_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60)
# Everything that a request line can carry, much of it malformed.
raw_text = st.lists(
    st.sampled_from([
        "%00", "%ff", "%", "%2", "%zz", "%2F", "%2e%2e", "..", ".", "/", "//", "%0a", "%0d%0a", "%ed%a0%80", "+", "%20",
        "%F0%9F%98%80", ";", "'", '"', "\\", "{id}", "*", "~", "@", ":", "=", "&", ",", "$", "a", "Z", "0", "-1", "é",
        "null", "undefined", "running", "stop", "restart", "timeline", str(uuid4()), "x" * 300, "%00" * 20,
        "2026-01-01T00:00:00",
    ]),
    max_size=6,
).map("".join)  # fmt: skip


async def raw(world: World, method: str, target: str, **more: Any) -> Answer:
    """A request with this very path and query; headers may be odd, too."""
    headers = {"Authorization": f"Bearer {world.admin.token}", **more.pop("headers", {})}
    url = URL(world.app.url + target.replace(" ", "%20"), encoded=True)
    async with world.user.http.request(method, url, headers=headers, allow_redirects=False, **more) as response:
        answer = Answer(response.status, response.headers, await response.read())
    if answer.status != 302:
        check_answer(method, answer)
    return answer


async def send_json(world: World, method: str, path: str, text: bytes) -> Answer:
    return await raw(world, method, f"/api/{path}", data=text, headers={"Content-Type": "application/json"})


async def every_write(world: World, text: bytes) -> None:
    """Send a body to each operation that takes one."""
    entry = await world.entry("20:00", "21:00", who=world.admin)
    targets = ["time-entries", "customers", "projects", "activities"]
    for path in targets:
        answer = await send_json(world, "POST", path, text)
        assert answer.status in {201, 400, 409, 413, 422}
        if answer.status == 201:
            (await world.admin.delete(f"{path}/{answer.body['id']}")).ok(204)
    for path, item in zip(targets, (entry, world.customer, world.project, world.activity), strict=True):
        assert (await send_json(world, "PUT", f"{path}/{item['id']}", text)).status in {200, 400, 409, 413, 422}
    (await world.admin.delete(f"time-entries/{entry['id']}")).ok(204)


@few
@given(body=anything | odd_fields)
async def test_any_json_in_a_body(world: World, body: Any) -> None:
    await every_write(world, json.dumps(body).encode())


@few
@given(fields=odd_fields)
async def test_odd_values_beside_good_ones(world: World, fields: dict[str, Any]) -> None:
    good = {**world.references, "name": str(uuid4()), "start_date": at("10:00"), "end_date": at("10:01")}

    await every_write(world, json.dumps({**good, **fields}).encode())


@few
@given(body=st.binary(max_size=60))
async def test_any_bytes_in_a_body(world: World, body: bytes) -> None:
    await every_write(world, body)


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"}", b"null", b"[]", b'"x"', b"7", b"true", b"{'a': 1}", b'{"a": 1,}', b'{"a": NaN}', b'{"a": 1} x',
        b'{"a": Infinity}', b'{"name": "\xff"}', b"\x00", b"\xef\xbb\xbf", b"\xff\xfe{\x00}\x00", b"[" * 100_000,
        b'{"a":' * 50_000, b'{"description": ' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"timezone_offset": 1e999}',
        b'{"timezone_offset": 1' + b"0" * 5000 + b"}", b'{"a": "\\ud800"}', b'{"a": "\\u0000"}', b'{"\\ud800": 1}',
        b'{"name": "a", "name": 7}',
    ],
    ids=lambda body: repr(body[:24]),
)  # fmt: skip
async def test_a_body_that_is_no_object_or_no_json(world: World, body: bytes) -> None:
    await every_write(world, body)
    if not body.startswith(b"{"):
        (await send_json(world, "POST", "customers", body)).refused(400)


@few
@given(text=surrogates)
@example("\x00")
@example("\ud83d")
@example("\u2028\ufeff\U0010ffff")
async def test_a_text_comes_back_as_it_was_or_is_refused(world: World, text: str) -> None:
    answer = await send_json(
        world, "POST", "customers", json.dumps({"name": str(uuid4()), "description": text}).encode()
    )

    refused = any(0xD800 <= ord(character) < 0xE000 for character in text) or CONTROLS.search(text)
    if refused:
        assert list(answer.refused(400)["errors"]) == ["description"]
        return
    customer = answer.ok(201)
    assert customer["description"] == (normalize("NFC", text) or None)
    assert (await world.user.get(f"customers/{customer['id']}")).ok() == customer


async def with_token(world: World, headers: dict[str, str]) -> Answer:
    url = URL(f"{world.app.url}/api/time-entries")
    async with world.user.http.get(url, headers=headers) as response:
        answer = Answer(response.status, response.headers, await response.read())
    check_answer("GET", answer)
    return answer


@few
@given(text=header_text, name=st.sampled_from(["Authorization", "token"]), scheme=st.sampled_from(["", "Bearer "]))
async def test_any_text_as_a_token(world: World, text: str, name: str, scheme: str) -> None:
    (await with_token(world, {name: scheme + text})).refused(401)


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


CLAIMS = [
    "iss",
    "oid",
    "exp",
    "nbf",
    "iat",
    "aud",
    "sub",
    "emails",
    "email",
    "name",
    "roles",
    "groups",
    "extension_role",
]


@few
@given(
    head=st.fixed_dictionaries({}, optional={"alg": anything, "typ": anything, "b64": anything, "crit": anything})
    | st.just({"alg": "RS256"})
    | anything,
    claims=st.dictionaries(st.sampled_from(CLAIMS), anything, max_size=8) | anything,
    good=st.booleans(),
)
async def test_any_claims_in_a_token(world: World, head: Any, claims: Any, good: bool) -> None:
    if good and isinstance(claims, dict):
        claims = {**claims, "oid": world.user.user_id, "iss": f"https://x.ciamlogin.com/{world.tenant_id}/v2.0"}
    token = f"{encoded(head)}.{encoded(claims)}.{encoded('signature')}"

    assert (await with_token(world, {"Authorization": f"Bearer {token}"})).status in {200, 401}


@few
@given(name=st.sampled_from(["exp", "nbf"]), value=anything)
async def test_any_time_in_a_token(world: World, name: str, value: Any) -> None:
    claims = {"oid": world.user.user_id, "iss": f"https://x.ciamlogin.com/{world.tenant_id}/v2.0", name: value}

    answer = await with_token(world, {"Authorization": f"Bearer {encoded({'alg': 'RS256'})}.{encoded(claims)}.x"})

    assert answer.status in {200, 401}


LISTS = [
    "time-entries",
    "time-entries/paginated",
    "time-entries/summary",
    "time-entries/latest",
    "projects",
    "customers",
]
PARAMETERS = [
    "user_id", "project_id", "activity_id", "customer_id", "uri", "limit", "start", "length", "start_date", "end_date",
    "month", "year", "timezone_offset", "time_offset", "status", "",
]  # fmt: skip


@few
@given(
    path=st.sampled_from(LISTS),
    query=st.lists(st.tuples(st.sampled_from(PARAMETERS) | raw_text, raw_text), max_size=5),
)
async def test_any_query(world: World, path: str, query: Iterable[tuple[str, str]]) -> None:
    text = "&".join(f"{name}={value}" for name, value in query)

    assert (await raw(world, "GET", f"/api/{path}?{text}")).status in {200, 400}


@few
@given(
    path=st.sampled_from(LISTS), query=st.dictionaries(st.sampled_from(PARAMETERS), st.text(max_size=20), max_size=5)
)
async def test_any_text_in_a_query(world: World, path: str, query: dict[str, str]) -> None:
    assert (await world.admin.get(path, query)).status in {200, 400}


@few
@given(number=st.integers(), path=st.sampled_from(LISTS), name=st.sampled_from(PARAMETERS))
async def test_any_number_in_a_query(world: World, path: str, name: str, number: int) -> None:
    assert (await world.admin.get(path, [(name, str(number))])).status in {200, 400}


@few
@given(
    # HEAD is left out: what can't be parsed is refused before its method is known, so that the answer has a body.
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "X"]),
    path=st.sampled_from(["/", "/api/", "/api/time-entries/", "/api/customers/", "/api/projects/", "/api/health/"]),
    rest=raw_text,
)
async def test_any_path(world: World, method: str, path: str, rest: str) -> None:
    answer = await raw(world, method, path + rest, headers={"Content-Type": "application/json"})

    assert answer.status < 500


@pytest.mark.parametrize("length", [1000, 7000, 9000, 60_000])
async def test_a_very_long_path_or_query(world: World, length: int) -> None:
    for target in (f"/api/time-entries/{'x' * length}", f"/api/time-entries?uri={'x' * length}"):
        assert (await raw(world, "GET", target)).status in {200, 400, 404, 414, 422}


@few
@given(
    name=st.sampled_from([
        "If-Match", "Idempotency-Key", "traceparent", "Content-Type", "Accept", "Content-Encoding",
    ]),
    text=header_text,
)  # fmt: skip
async def test_any_text_in_a_header(world: World, name: str, text: str) -> None:
    body = json.dumps({**world.references, "start_date": at("10:00"), "end_date": at("10:01")}).encode()

    answer = await raw(
        world, "POST", "/api/time-entries", data=body, headers={"Content-Type": "application/json", name: text}
    )

    assert answer.status in {201, 400, 412, 415, 422}
    if answer.status == 201:
        await raw(world, "DELETE", f"/api/time-entries/{answer.body['id']}")
