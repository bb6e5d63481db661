"""What the service refuses is refused, with the texts that clients look for; what it takes is taken."""

from typing import Any

import pytest
from azure.cosmos import PartitionKey

from embedded_cosmos.tests.conftest import SINGLE_KEY, NewContainer
from embedded_cosmos.tests.raw import Raw
from embedded_cosmos.tests.sdk import done, ids, listed, status_of

KEY = {"x-ms-documentdb-partitionkey": '["p"]'}


@pytest.mark.parametrize("ttl", [None, 0, -2, "1", 1.5, 2**31, True])
def test_a_time_to_live_that_is_none_is_refused(raw: Raw, link: str, ttl: Any) -> None:
    answer = raw.send("POST", f"{link}/docs", {"id": "1", "pk": "p", "ttl": ttl}, KEY)
    assert answer.status_code == 400
    assert "ttl" in answer.json()["message"]
    definition = {"id": "c", "partitionKey": SINGLE_KEY, "defaultTtl": ttl}
    assert raw.send("POST", link.rpartition("/")[0], definition).status_code == 400


@pytest.mark.parametrize("path", ["/id ds", "/a/", "/a/*", "/a/?", "//a", "/", "/a'b", '/"a'])
def test_a_partition_key_path_that_is_none_is_refused(raw: Raw, link: str, path: str) -> None:
    definition = {"id": "c", "partitionKey": {"paths": [path], "kind": "Hash", "version": 2}}
    answer = raw.send("POST", link.rpartition("/")[0], definition)
    assert answer.status_code == 400
    assert "Partition key paths must contain only valid characters" in answer.json()["message"]


@pytest.mark.parametrize("path", ["/id", "/a/b", "/first-name", '/"id ds"', "/'a/b'/c", "/ünï_1"])
async def test_a_partition_key_path_may_be_nested_and_quoted(new_container: NewContainer, path: str) -> None:
    container = await new_container(PartitionKey(path=path))
    assert (await done(container.read()))["partitionKey"]["paths"] == [path]


def test_kinds_of_indexes_of_an_old_client_are_taken_and_not_told(raw: Raw, link: str) -> None:
    kinds = [{"kind": "Hash", "dataType": "String"}, {"kind": "Range", "dataType": "Number", "precision": -1}]
    policy = {"includedPaths": [{"path": "/*", "indexes": kinds}]}
    definition = {"id": "kinds", "partitionKey": SINGLE_KEY, "indexingPolicy": policy}
    made = raw.send("POST", link.rpartition("/")[0], definition)
    assert made.status_code == 201
    assert made.json()["indexingPolicy"]["includedPaths"] == [{"path": "/*"}]
    assert raw.send("DELETE", f"{link.rpartition('/')[0]}/kinds").status_code == 204


@pytest.mark.parametrize("name", ["includedPaths", "excludedPaths"])
@pytest.mark.parametrize("paths", ["/*", ["/*"], [{}], [{"path": 1}], {"path": "/*"}])
def test_paths_of_an_indexing_policy_that_are_none_are_refused(raw: Raw, link: str, name: str, paths: Any) -> None:
    definition = {"id": "c", "partitionKey": SINGLE_KEY, "indexingPolicy": {name: paths}}
    answer = raw.send("POST", link.rpartition("/")[0], definition)
    assert answer.status_code == 400
    assert name in answer.json()["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ms-version": "2015-04-08"},
        {"x-ms-version": "tomorrow"},
        {"x-ms-version": ""},
        {"x-ms-consistency-level": "Perfect"},
        {"x-ms-max-item-count": "0"},
        {"x-ms-max-item-count": "many"},
        {"x-ms-continuation": "nonsense"},
        {"x-ms-continuation": "eyJyaWQiOiJ4In0="},
        {"A-IM": "Some feed"},
    ],
)
def test_a_header_that_makes_no_sense_is_a_bad_request(raw: Raw, link: str, headers: dict[str, str]) -> None:
    assert raw.send("GET", f"{link}/docs", headers=headers).status_code == 400


def test_a_wrong_continuation_and_a_long_id_are_told_in_the_words_of_the_service(raw: Raw, link: str) -> None:
    answer = raw.send("GET", f"{link}/docs", headers={"x-ms-continuation": "nonsense"})
    assert "Invalid Continuation Token" in answer.json()["message"]
    answer = raw.send("POST", f"{link}/docs", {"id": "x" * 1024, "pk": "p"}, KEY)
    assert "a unique non-empty string less than '1024' characters" in answer.json()["message"]
    answer = raw.send("POST", link.rpartition("/")[0], {"id": "x" * 256, "partitionKey": SINGLE_KEY})
    assert "a unique non-empty string less than '255' characters" in answer.json()["message"]
    batch = {**KEY, "x-ms-cosmos-is-batch-request": "True", "x-ms-cosmos-batch-atomic": "True"}
    assert raw.send("POST", f"{link}/docs", [], batch).json()["message"] == "Batch request has no operations."


@pytest.mark.parametrize("id_", ["a\tb", "a\rb", "a\nb", "blank "])
def test_an_item_id_may_hold_what_a_container_id_may_not(raw: Raw, link: str, id_: str) -> None:
    assert raw.send("POST", f"{link}/docs", {"id": id_, "pk": "p"}, KEY).status_code == 201
    made = raw.send("GET", f"{link}/docs").json()["Documents"]
    assert [item["id"] for item in made] == [id_]
    definition = {"id": id_, "partitionKey": SINGLE_KEY}
    assert raw.send("POST", link.rpartition("/")[0], definition).status_code == 400


def test_a_query_is_a_post(raw: Raw, link: str) -> None:
    """Some clients send the header with every request of a query's client."""
    answer = raw.send("GET", link.rpartition("/")[0], headers={"x-ms-documentdb-isquery": "True"})
    assert answer.status_code == 200


def test_a_feed_can_be_read_backwards(raw: Raw, link: str) -> None:
    for number in range(5):
        raw.send("POST", f"{link}/docs", {"id": str(number), "pk": "p"}, KEY)
    headers = {"x-ms-enumeration-direction": "Reverse", "x-ms-max-item-count": "3"}
    first = raw.send("GET", f"{link}/docs", headers=headers)
    rest = raw.send("GET", f"{link}/docs", headers={**headers, "x-ms-continuation": first.headers["x-ms-continuation"]})
    assert [item["id"] for page in (first, rest) for item in page.json()["Documents"]] == ["4", "3", "2", "1", "0"]


def test_a_patch_may_be_the_array_of_its_operations(raw: Raw, link: str) -> None:
    raw.send("POST", f"{link}/docs", {"id": "1", "pk": "p"}, KEY)
    answer = raw.send("PATCH", f"{link}/docs/1", [{"op": "set", "path": "/n", "value": 1}], KEY)
    assert (answer.status_code, answer.json()["n"]) == (200, 1)


@pytest.mark.parametrize("id_", ["a?b", "a#b", "a/b", "a\\b", "", None, 1])
def test_an_item_id_that_is_none_is_refused(raw: Raw, link: str, id_: Any) -> None:
    assert raw.send("POST", f"{link}/docs", {"id": id_, "pk": "p"}, KEY).status_code == 400


async def test_an_item_keeps_its_id(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": "p"}))
    assert await status_of(lambda: container.replace_item("1", {"id": "2", "pk": "p"})) == 400
    assert ids(await listed(container.read_all_items())) == ["1"]


async def test_there_are_never_conflicts(container: Any) -> None:
    assert await listed(container.list_conflicts()) == []
    assert await listed(container.query_conflicts("SELECT * FROM c", partition_key="p")) == []
    assert await status_of(lambda: container.get_conflict("1", "p")) == 404
    assert await status_of(lambda: container.delete_conflict("1", "p")) == 404


def test_an_operation_in_a_container_that_is_gone_says_that_its_owner_is(raw: Raw, link: str) -> None:
    """Clients then look whether the container was made anew; for the container itself there is nothing to look for."""
    gone = f"{link.rpartition('/')[0]}/gone"
    itself = raw.send("GET", gone)
    assert (itself.status_code, itself.headers["x-ms-substatus"]) == (404, "0")
    for answer in (
        raw.send("GET", f"{gone}/docs/1", headers=KEY),
        raw.send("POST", f"{gone}/docs", {"id": "1", "pk": "p"}, KEY),
        raw.send("GET", f"{gone}/docs"),
        raw.send("GET", "dbs/gone/colls/gone"),
    ):
        assert (answer.status_code, answer.headers["x-ms-substatus"]) == (404, "1003")


def test_a_container_of_an_old_client_has_no_partition_key(raw: Raw, link: str) -> None:
    containers = link.rpartition("/")[0]
    for version in ("2018-12-31", "2020-07-15"):
        assert raw.send("POST", containers, {"id": "keyless"}, {"x-ms-version": version}).status_code == 400
    made = raw.send("POST", containers, {"id": "keyless"}, {"x-ms-version": "2018-09-17"})
    assert made.json()["partitionKey"]["paths"] == ["/_partitionKey"]
    docs = f"{containers}/keyless/docs"
    none, named = {"x-ms-documentdb-partitionkey": "[]"}, {"x-ms-documentdb-partitionkey": '["x"]'}
    assert raw.send("POST", docs, {"id": "1"}, none).status_code == 201
    assert raw.send("POST", docs, {"id": "1", "_partitionKey": "x"}, named).status_code == 201
    assert raw.send("GET", f"{docs}/1", headers=none).json()["id"] == "1"
    assert raw.send("GET", f"{docs}/1", headers=named).json()["_partitionKey"] == "x"
    assert "_partitionKey" not in raw.send("GET", f"{docs}/1").json(), "azure-cosmos 3.2 for Python names no key"
    query = {"x-ms-documentdb-isquery": "true", "Content-Type": "application/query+json"}
    found = raw.send("POST", docs, {"query": "SELECT VALUE c.id FROM c"}, query)
    assert found.json()["Documents"] == ["1", "1"]
    assert raw.send("DELETE", f"{docs}/1", headers=none).status_code == 204
    assert raw.send("DELETE", f"{containers}/keyless").status_code == 204
