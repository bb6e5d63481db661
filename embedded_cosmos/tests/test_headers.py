"""The headers that clients read beside the answer, and pages of the account's own lists."""

import json
import uuid
from collections.abc import Iterator

import pytest
from azure.cosmos import CosmosClient

from embedded_cosmos.testing import CosmosAccount
from embedded_cosmos.tests.conftest import SINGLE_KEY
from embedded_cosmos.tests.raw import Raw

KEY = {"x-ms-documentdb-partitionkey": '["p"]'}
QUERY = {"x-ms-documentdb-isquery": "true", "Content-Type": "application/query+json"}
ACROSS = {**QUERY, "x-ms-documentdb-query-enablecrosspartition": "true"}


@pytest.fixture(scope="module")
def database_link(cosmos_account: CosmosAccount) -> Iterator[str]:
    """One of its own, with four containers, of which the first has three ranges."""
    with CosmosClient(cosmos_account.endpoint, cosmos_account.key) as client:
        database = client.create_database(f"headers-{uuid.uuid4().hex[:8]}")
        for number in range(4):
            database.create_container(f"c{number}", SINGLE_KEY, offer_throughput=30_000 if number == 0 else 400)
        yield f"dbs/{database.id}"
        client.delete_database(database)


def test_lists_of_containers_and_databases_come_in_pages(raw: Raw, database_link: str) -> None:
    for path, name in ((f"{database_link}/colls", "DocumentCollections"), ("dbs", "Databases")):
        whole = [one["id"] for one in raw.send("GET", path).json()[name]]
        found: list[str] = []
        token = ""
        for _ in whole:
            headers = {"x-ms-max-item-count": "1", **({"x-ms-continuation": token} if token else {})}
            page = raw.send("GET", path, headers=headers)
            found += [one["id"] for one in page.json()[name]]
            token = page.headers.get("x-ms-continuation", "")
        assert found == whole
        assert token == ""


@pytest.mark.parametrize("token", ["nonsense", "eyJhdCI6LTF9", "eyJhdCI6ICJ4In0=", "e30="])
def test_a_token_that_is_none_is_a_bad_request(raw: Raw, database_link: str, token: str) -> None:
    assert raw.send("GET", f"{database_link}/colls", headers={"x-ms-continuation": token}).status_code == 400


def test_a_throughput_tells_its_least_and_that_no_change_is_pending(raw: Raw, database_link: str) -> None:
    container = raw.send("GET", f"{database_link}/colls/c1").json()
    offers = raw.send("GET", "offers").json()["Offers"]
    offer = next(one for one in offers if one["offerResourceId"] == container["_rid"])
    answer = raw.send("GET", f"offers/{offer['_rid'].lower()}")
    assert answer.headers["x-ms-cosmos-min-throughput"] == "400"
    assert answer.headers["x-ms-offer-replace-pending"] == "false"


def test_a_container_tells_its_quota_when_asked(raw: Raw, database_link: str) -> None:
    link = f"{database_link}/colls/c1"
    raw.send("POST", f"{link}/docs", {"id": "1", "pk": "p", "text": "x" * 4096}, KEY)
    silent = raw.send("GET", link)
    assert "x-ms-resource-quota" not in silent.headers
    assert silent.headers["x-ms-documentdb-collection-index-transformation-progress"] == "100"
    asked = raw.send("GET", link, headers={"x-ms-documentdb-populatequotainfo": "True"})
    assert "documentsCount=1;" in asked.headers["x-ms-resource-usage"]
    assert "documentsSize=4;" in asked.headers["x-ms-resource-usage"]
    assert "collectionSize=" in asked.headers["x-ms-resource-quota"]


def test_a_query_tells_its_metrics_when_asked(raw: Raw, database_link: str) -> None:
    link = f"{database_link}/colls/c2/docs"
    for id_ in ("1", "2", "3"):
        raw.send("POST", link, {"id": id_, "pk": "p"}, KEY)
    body = {"query": "SELECT * FROM c WHERE c.id != '1'"}
    silent = raw.send("POST", link, body, {**QUERY, **KEY})
    assert not {"x-ms-documentdb-query-metrics", "x-ms-cosmos-index-utilization"} & silent.headers.keys()
    asks = {"x-ms-documentdb-populatequerymetrics": "True", "x-ms-cosmos-populateindexmetrics": "True"}
    answer = raw.send("POST", link, body, {**QUERY, **KEY, **asks})
    metrics = dict(part.split("=") for part in answer.headers["x-ms-documentdb-query-metrics"].split(";"))
    assert metrics["outputDocumentCount"] == "2"
    assert float(metrics["totalExecutionTimeInMs"]) > 0
    assert answer.headers["x-ms-cosmos-index-utilization"]


def test_a_count_loads_no_items(raw: Raw, database_link: str) -> None:
    link = f"{database_link}/colls/c2/docs"
    for id_ in ("1", "2", "3"):
        raw.send("POST", link, {"id": id_, "pk": "counted"}, {"x-ms-documentdb-partitionkey": '["counted"]'})
    asks = {**QUERY, "x-ms-documentdb-partitionkey": '["counted"]', "x-ms-documentdb-populatequerymetrics": "True"}
    answer = raw.send("POST", link, {"query": "SELECT VALUE COUNT(1) FROM c"}, asks)
    assert answer.json()["Documents"] == [3]
    metrics = dict(part.split("=") for part in answer.headers["x-ms-documentdb-query-metrics"].split(";"))
    assert (metrics["retrievedDocumentCount"], metrics["retrievedDocumentSize"]) == ("0", "0")
    assert metrics["indexUtilizationRatio"] == "1.00"


def test_a_container_tells_what_its_ranges_hold_when_asked(raw: Raw, database_link: str) -> None:
    link = f"{database_link}/colls/c0"
    raw.send("POST", f"{link}/docs", {"id": "held", "pk": "held"}, {"x-ms-documentdb-partitionkey": '["held"]'})
    assert "statistics" not in raw.send("GET", link).json()
    told = raw.send("GET", link, headers={"x-ms-documentdb-populatepartitionstatistics": "True"}).json()["statistics"]
    assert [one["id"] for one in told] == ["0", "1", "2"]
    stored = raw.send("POST", f"{link}/docs", {"query": "SELECT VALUE c.id FROM c"}, ACROSS).json()["Documents"]
    assert sum(one["documentCount"] for one in told) == len(stored)


def test_an_answer_names_the_one_range_that_it_is_about(raw: Raw, database_link: str) -> None:
    """Older clients take a session token of several ranges for an error."""
    link = f"{database_link}/colls/c0/docs"
    made = raw.send("POST", link, {"id": "1", "pk": "p"}, KEY)
    range_id = made.headers["x-ms-documentdb-partitionkeyrangeid"]
    assert made.headers["x-ms-session-token"] == f"{range_id}:-1#1"
    assert made.headers["lsn"] == "1"
    across = raw.send("POST", link, {"query": "SELECT * FROM c"}, ACROSS)
    assert across.headers["x-ms-session-token"].count(":") == 1


def test_a_query_that_must_be_merged_is_refused_with_its_plan(raw: Raw, database_link: str) -> None:
    """The JavaScript client takes the plan from there."""
    link = f"{database_link}/colls/c0/docs"
    body = {"query": "SELECT * FROM c WHERE c.pk = 'p' ORDER BY c.n"}
    refused = raw.send("POST", link, body, ACROSS)
    assert (refused.status_code, refused.headers["x-ms-substatus"]) == (400, "1004")
    known = json.loads(refused.json()["additionalErrorInfo"])
    plan = raw.send("POST", link, body, {**ACROSS, "x-ms-cosmos-is-query-plan-request": "True"}).json()
    assert known == plan
    (narrowed,) = plan["queryRanges"]
    assert narrowed["min"] == narrowed["max"] != ""
    assert plan["queryInfo"]["orderBy"] == ["Ascending"]


def test_a_plan_needs_what_the_client_offers(raw: Raw, database_link: str) -> None:
    link = f"{database_link}/colls/c0/docs"
    asks = {**ACROSS, "x-ms-cosmos-is-query-plan-request": "True"}
    body = {"query": "SELECT c.n FROM c GROUP BY c.n"}
    refused = raw.send("POST", link, body, {**asks, "x-ms-cosmos-supported-query-features": "Aggregate,OrderBy"})
    assert refused.status_code == 400
    assert "GroupBy" in refused.json()["message"]
    offered = {**asks, "x-ms-cosmos-supported-query-features": "Aggregate, GroupBy"}
    assert raw.send("POST", link, body, offered).status_code == 200


def test_a_query_is_resumed_where_the_client_left_off(raw: Raw, database_link: str) -> None:
    link = f"{database_link}/colls/c3/docs"
    made = [raw.send("POST", link, {"id": str(n), "pk": "p", "n": n // 2}, KEY).json() for n in range(6)]
    text = "SELECT VALUE c.id FROM c ORDER BY c.n"

    def resumed(**resume: object) -> list[str]:
        answer = raw.send("POST", link, {"query": text, "resumeFilter": resume}, {**QUERY, **KEY})
        found: list[str] = answer.json()["Documents"]
        return found

    assert resumed(value=[1], exclude=True) == ["4", "5"]
    assert resumed(value=[1], exclude=False) == ["2", "3", "4", "5"]
    assert resumed(value=[1], rid=made[3]["_rid"], exclude=False) == ["3", "4", "5"]
    assert resumed(value=[{"type": "undefined"}], exclude=True) == ["0", "1", "2", "3", "4", "5"]
    for wrong in ({"value": 1}, {"value": [1], "rid": "nonsense"}, {"value": [1], "exclude": "x"}, {"value": [1, 2]}):
        body = {"query": text, "resumeFilter": wrong}
        assert raw.send("POST", link, body, {**QUERY, **KEY}).status_code == 400


@pytest.mark.parametrize("condition", ["c.pk = 'p'", "c.pk IN ('p')", "c.n = 1 AND 'p' = c.pk", "c.pk = @key"])
def test_a_condition_may_name_the_partition_key(raw: Raw, database_link: str, condition: str) -> None:
    """As a header does: such a query need not be let across."""
    link = f"{database_link}/colls/c0/docs"
    raw.send("POST", link, {"id": "named", "pk": "p", "n": 1}, KEY)
    raw.send("POST", link, {"id": "other", "pk": "q", "n": 1}, {"x-ms-documentdb-partitionkey": '["q"]'})
    body = {"query": f"SELECT VALUE c.id FROM c WHERE {condition} AND c.id != '1' ORDER BY c.id"}
    answer = raw.send("POST", link, body | {"parameters": [{"name": "@key", "value": "p"}]}, QUERY)
    assert (answer.status_code, answer.json().get("Documents")) == (200, ["named"])


@pytest.mark.parametrize("condition", ["c.n = 1", "c.pk IN ('p', 'q')", "c.pk = 'p' OR c.n = 1", "c.pk > 'p'"])
def test_a_condition_that_names_no_key_or_several_must_be_let_across(
    raw: Raw, database_link: str, condition: str
) -> None:
    body = {"query": f"SELECT * FROM c WHERE {condition}"}
    refused = raw.send("POST", f"{database_link}/colls/c0/docs", body, QUERY)
    assert refused.status_code == 400
    assert "Cross partition query is required but disabled" in refused.json()["message"]


def test_a_query_of_conflicts_names_a_key_or_is_let_across(raw: Raw, database_link: str) -> None:
    link, body = f"{database_link}/colls/c0/conflicts", {"query": "SELECT * FROM c"}
    answers = [raw.send("POST", link, body, headers).status_code for headers in (QUERY, ACROSS, QUERY | KEY)]
    assert answers == [400, 200, 200]


def test_direct_mode_is_refused_by_name(raw: Raw) -> None:
    answer = raw.send("GET", "addresses", headers={"authorization": "nonsense"})
    assert answer.status_code == 400
    assert "use gateway mode" in answer.json()["message"]
