"""Below the SDK: signatures, limits, and that nothing a client can send is answered with a 500."""

import base64
import json
from typing import Any

import pytest
from azure.cosmos import CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError
from hypothesis import assume, given
from hypothesis import strategies as st

from embedded_cosmos.sql.planning import FILTER
from embedded_cosmos.testing import CosmosAccount
from embedded_cosmos.tests.raw import Raw
from embedded_cosmos.tests.sdk import done, status_of

OTHER_KEY = "b3RoZXIga2V5IG90aGVyIGtleSBvdGhlciBrZXkgb3RoZXIga2V5IG90aGVyIGtleSBvdGhlciBrZXkh"
ITEM_HEADERS = {"x-ms-documentdb-partitionkey": '["p"]', "Content-Type": "application/json"}
QUERY_HEADERS = {**ITEM_HEADERS, "x-ms-documentdb-isquery": "true", "Content-Type": "application/query+json"}


def test_another_key_is_unauthorized(cosmos_account: CosmosAccount) -> None:
    with pytest.raises(CosmosHttpResponseError) as caught:
        CosmosClient(cosmos_account.endpoint, OTHER_KEY)
    assert caught.value.status_code == 401


def test_a_signature_holds_for_its_request_only(raw: Raw, link: str) -> None:
    assert raw.send("GET", link).status_code == 200
    for verb, path in (("GET", f"{link}/docs"), ("DELETE", link), ("GET", f"{link}x")):
        assert raw.send("GET", link, headers=raw.signature(verb, path)).status_code == 401
    for header in ("authorization", "x-ms-date"):
        assert raw.send("GET", link, headers={header: ""}).status_code == 401
    for token in ("nonsense", "type%3Dresource%26ver%3D1.0%26sig%3Dx", "type%3Dmaster%26ver%3D1.0"):
        assert raw.send("GET", link, headers={"authorization": token}).status_code == 401


def test_the_account_tells_the_settings_of_its_query_engine(raw: Raw) -> None:
    """A JSON text inside of the JSON. Without the settings the .NET SDK's process ends at its first query."""
    settings = json.loads(raw.send("GET", "").json()["queryEngineConfiguration"])
    assert settings["maxSqlQueryInputLength"] == 262144
    assert settings["sqlAllowSubQuery"] is True


async def test_an_item_of_two_megabytes_is_the_largest(container: Any) -> None:
    fits = {"id": "1", "pk": "p", "text": "x" * 1_000_000}
    await done(container.create_item(fits))


@pytest.mark.filterwarnings("ignore:Sending a large body")
@pytest.mark.parametrize("char", ["x", "é"])
async def test_more_than_two_megabytes_is_too_large(container: Any, char: str) -> None:
    large = {"id": "1", "pk": "p", "text": char * (2 * 1024 * 1024 // len(char.encode()))}
    assert await status_of(lambda: container.create_item(large)) == 413


@pytest.mark.filterwarnings("ignore:Sending a large body")
async def test_a_patch_does_not_let_an_item_grow_beyond_two_megabytes(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": "p", "a": "x" * 1_200_000}))
    grow = [{"op": "add", "path": "/b", "value": "x" * 1_200_000}]
    assert await status_of(lambda: container.patch_item("1", "p", grow)) == 413


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        '{"id": "1", "pk": "p", "n": NaN}',
        '{"id": "1", "pk": "p", "n": 1e999}',
        '{"id": "1", "pk": "p", "n": ' + "9" * 5000 + "}",
        '{"id": "1", "pk": "p", "deep": ' + "[" * 200 + "]" * 200 + "}",
        '{"id": "1", "pk": "p", "deep": ' + "[" * 200_000 + "]" * 200_000 + "}",
        '{"id": "1", "pk": "p", "half": "\\ud800"}',
        b'{"id": "1", "pk": "p", "bytes": "\xff"}',
        '{"id": 1, "pk": "p"}',
        '{"id": "", "pk": "p"}',
        '{"id": "a/b", "pk": "p"}',
        '{"id": "' + "x" * 1100 + '", "pk": "p"}',
        '{"pk": "p"}',
    ],
    ids=range(17),
)
def test_a_malformed_item_is_a_bad_request(raw: Raw, link: str, body: Any) -> None:
    answer = raw.send("POST", f"{link}/docs", body, ITEM_HEADERS)
    assert (answer.status_code, answer.json()["code"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ms-documentdb-partitionkey": ""},
        {"x-ms-documentdb-partitionkey": "p"},
        {"x-ms-documentdb-partitionkey": "[]"},
        {"x-ms-documentdb-partitionkey": '["p","q"]'},
        {"x-ms-documentdb-partitionkey": "[[1]]"},
        {"x-ms-documentdb-pre-trigger-include": "t"},
        {"x-ms-indexing-directive": "Exclude"},
    ],
)
def test_a_malformed_or_unsupported_header_is_a_bad_request(raw: Raw, link: str, headers: dict[str, str]) -> None:
    answer = raw.send("POST", f"{link}/docs", {"id": "1", "pk": "p"}, ITEM_HEADERS | headers)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({}, {}),
        ({"query": 1}, {}),
        ({"query": "SELECT * FROM c", "parameters": [1]}, {}),
        ({"query": "SELECT * FROM c", "parameters": {"a": 1}}, {}),
        ({"query": "SELECT * FROM c", "parameters": [{"name": "@a", "value": value} for value in (1, 2)]}, {}),
        ({"query": "SELECT * FROM c"}, {"x-ms-max-item-count": "many"}),
        ({"query": "SELECT * FROM c"}, {"x-ms-max-item-count": "0"}),
        ({"query": "SELECT * FROM c"}, {"x-ms-continuation": "nonsense"}),
        ({"query": "SELECT * FROM c"}, {"x-ms-continuation": "WzFd"}),
        ({"query": "SELECT * FROM c"}, {"x-ms-continuation": "eyJxIjoieCIsImFmdGVyIjoxfQ=="}),
        ({"query": "SELEC * FROM c"}, {}),
    ],
)
def test_a_malformed_query_is_a_bad_request(raw: Raw, link: str, body: Any, headers: dict[str, str]) -> None:
    assert raw.send("POST", f"{link}/docs", body, QUERY_HEADERS | headers).status_code == 400


def test_a_continuation_token_that_was_tampered_with_is_a_bad_request(raw: Raw, link: str) -> None:
    for id_ in ("t1", "t2"):
        raw.send("POST", f"{link}/docs", {"id": id_, "pk": "p"}, {**ITEM_HEADERS, "x-ms-documentdb-is-upsert": "true"})
    body = {"query": "SELECT * FROM c ORDER BY c.id"}
    first = raw.send("POST", f"{link}/docs", body, {**QUERY_HEADERS, "x-ms-max-item-count": "1"})
    token = json.loads(base64.urlsafe_b64decode(first.headers["x-ms-continuation"]))
    places: list[Any] = [1, "x", [], {}, {"k": 1}, {"k": [], "r": "x", "n": "y"}, {"k": [[{}, {}]], "r": {}, "n": None}]
    for after in places:
        forged = base64.urlsafe_b64encode(json.dumps(token | {"after": after}).encode()).decode()
        answer = raw.send("POST", f"{link}/docs", body, {**QUERY_HEADERS, "x-ms-continuation": forged})
        assert answer.status_code in (200, 400), after


def test_a_plan_s_query_is_resumed_with_another_condition(raw: Raw, link: str) -> None:
    """As the JavaScript SDK resumes ORDER BY (4.10, `enableQueryControl`): a narrower query, and the token it has."""
    for n in range(6):
        raw.send("POST", f"{link}/docs", {"id": f"r{n}", "pk": "p", "n": n}, ITEM_HEADERS)
    features = {"x-ms-cosmos-is-query-plan-request": "True", "x-ms-cosmos-supported-query-features": "OrderBy"}
    asked = {"query": "SELECT VALUE c.n FROM c ORDER BY c.n"}
    plan = raw.send("POST", f"{link}/docs", asked, {**QUERY_HEADERS, **features}).json()
    rewritten = plan["queryInfo"]["rewrittenQuery"]

    whole = {"query": rewritten.replace(FILTER, "true")}
    first = raw.send("POST", f"{link}/docs", whole, {**QUERY_HEADERS, "x-ms-max-item-count": "3"})
    resuming = {**QUERY_HEADERS, "x-ms-continuation": first.headers["x-ms-continuation"]}
    rest = raw.send("POST", f"{link}/docs", {"query": rewritten.replace(FILTER, "(c.n >= 2)")}, resuming)

    assert [row["payload"] for answer in (first, rest) for row in answer.json()["Documents"]] == [0, 1, 2, 3, 4, 5]
    other = {"query": whole["query"].replace("ORDER BY c.n", "ORDER BY c.id")}
    assert raw.send("POST", f"{link}/docs", other, resuming).status_code == 400


def test_a_range_that_does_not_exist_is_gone(raw: Raw, link: str) -> None:
    headers = {"x-ms-documentdb-partitionkeyrangeid": "77", "A-IM": "Incremental Feed"}
    answer = raw.send("GET", f"{link}/docs", headers=headers)
    assert (answer.status_code, answer.headers["x-ms-substatus"]) == (410, "1002")


def test_a_query_over_partitions_must_say_that_it_is_one(raw: Raw, link: str) -> None:
    headers = {name: value for name, value in QUERY_HEADERS.items() if "partitionkey" not in name}
    answer = raw.send("POST", f"{link}/docs", {"query": "SELECT * FROM c"}, headers)
    assert answer.status_code == 400
    assert "Cross partition query" in answer.json()["message"]


def test_the_account_names_the_address_that_was_used(cosmos_account: CosmosAccount) -> None:
    if not cosmos_account.embedded:
        pytest.skip("the service has addresses of its own")
    by_name = cosmos_account.endpoint.replace("127.0.0.1", "localhost")
    raw = Raw(by_name, cosmos_account.key)
    location = raw.send("GET", "").json()["writableLocations"][0]
    raw.close()
    assert location["databaseAccountEndpoint"] == f"{by_name}/"
    with CosmosClient(by_name, cosmos_account.key) as client:
        assert list(client.list_databases())


@pytest.mark.parametrize("feed", ["sprocs", "triggers", "udfs"])
def test_what_is_left_out_is_refused_by_name(raw: Raw, link: str, cosmos_account: CosmosAccount, feed: str) -> None:
    if not cosmos_account.embedded:
        pytest.skip("the service has these")
    answer = raw.send("GET", f"{link}/{feed}")
    assert answer.status_code == 400
    assert "not supported by the embedded Cosmos DB" in answer.json()["message"]


@pytest.fixture(scope="module")
def fuzzed(raw: Raw, cosmos_account: CosmosAccount) -> Raw:
    if not cosmos_account.embedded:
        pytest.skip("nobody pays for that many requests")
    return raw


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["id", "pk", "ttl", "query", "parameters", "operations", "condition", "content", "partitionKey"]
)
shapes = st.dictionaries(names, json_values | st.sampled_from(["1", "p", "SELECT * FROM c", -1]), max_size=5)
items = st.builds(lambda shape, values: {**shape, **values, "id": "1", "pk": "p"}, shapes, st.just({}) | shapes)
steps = st.fixed_dictionaries(
    {
        "operationType": st.sampled_from(["Create", "Upsert", "Replace", "Patch", "Delete", "Read"]) | json_values,
        "id": st.just("1") | json_values,
        "resourceBody": items | shapes | json_values,
        "ifMatch": json_values,
    }
)
patches = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "set", "replace", "remove", "incr", "move"]) | json_values,
        "path": st.sampled_from(["/a", "/a/b", "/l/0", "/l/-", "/", "//", "/pk/x"]) | json_values,
        "from": st.just("/a") | json_values,
        "value": json_values,
    }
)
patch_requests = st.fixed_dictionaries(
    {"operations": st.lists(patches, max_size=3) | json_values, "condition": json_values}
)
bodies = items | shapes | json_values | st.lists(steps, max_size=3) | patch_requests
flags = st.sampled_from(
    [
        "x-ms-documentdb-isquery",
        "x-ms-cosmos-is-batch-request",
        "x-ms-cosmos-batch-atomic",
        "x-ms-documentdb-is-upsert",
        "x-ms-cosmos-is-query-plan-request",
        "x-ms-documentdb-query-enablecrosspartition",
    ]
)
values = st.sampled_from(
    [
        ("x-ms-documentdb-partitionkey", '["p"]'),
        ("x-ms-documentdb-partitionkey", "[{}]"),
        ("x-ms-documentdb-partitionkey", "[null]"),
        ("x-ms-max-item-count", "-1"),
        ("x-ms-continuation", "e30="),
        ("A-IM", "Incremental Feed"),
        ("If-None-Match", '"5"'),
        ("If-None-Match", "*"),
        ("If-Modified-Since", "yesterday"),
        ("x-ms-start-epk", "zz"),
        ("x-ms-offer-throughput", "much"),
        ("x-ms-cosmos-offer-autopilot-settings", "{"),
        ("x-ms-cosmos-offer-autopilot-settings", "[]"),
    ]
)


@given(
    verb=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    tail=st.sampled_from(["docs"] * 6 + ["docs/1"] * 4 + ["pkranges", "", "x", "docs/1/x"]),
    body=bodies,
    flags=st.lists(flags, max_size=2),
    values=st.lists(values, max_size=3),
)
def test_no_request_is_answered_with_a_500(
    *, fuzzed: Raw, link: str, verb: str, tail: str, body: Any, flags: list[str], values: list[tuple[str, str]]
) -> None:
    if verb == "DELETE":
        assume(tail)
        fuzzed.send("POST", f"{link}/docs", {"id": "1", "pk": "p", "l": [1]}, ITEM_HEADERS)
    headers = {**ITEM_HEADERS, **dict.fromkeys(flags, "True"), **dict(values)}
    answer = fuzzed.send(verb, f"{link}/{tail}".rstrip("/"), body, headers)
    assert answer.status_code < 500, answer.text


@given(verb=st.sampled_from(["POST", "PUT", "PATCH"]), tail=st.sampled_from(["dbs", "offers/c001"]), body=bodies)
def test_no_request_on_the_account_is_answered_with_a_500(fuzzed: Raw, verb: str, tail: str, body: Any) -> None:
    answer = fuzzed.send(verb, tail, body, {"x-ms-documentdb-isquery": "true"})
    assert answer.status_code < 500, answer.text
