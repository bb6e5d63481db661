"""The change feed of all versions and deletes, of a container that has a change feed policy."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from azure.cosmos import CosmosClient

from embedded_cosmos.testing import CosmosAccount
from embedded_cosmos.tests.conftest import SINGLE_KEY
from embedded_cosmos.tests.raw import Raw

KEY = {"x-ms-documentdb-partitionkey": '["p"]'}
FEED = {"A-IM": "Full-Fidelity Feed"}


@pytest.fixture
def containers(cosmos_account: CosmosAccount) -> Iterator[str]:
    with CosmosClient(cosmos_account.endpoint, cosmos_account.key) as client:
        database = client.create_database(f"versions-{uuid.uuid4().hex[:8]}")
        yield f"dbs/{database.id}/colls"
        client.delete_database(database)


@pytest.fixture
def link(raw: Raw, containers: str) -> str:
    definition = {"id": "c", "partitionKey": SINGLE_KEY, "changeFeedPolicy": {"retentionDuration": 5}}
    assert raw.send("POST", containers, definition).status_code == 201
    return f"{containers}/c"


def read(raw: Raw, link: str, token: str, **headers: str) -> tuple[list[dict[str, Any]], str]:
    answer = raw.send("GET", f"{link}/docs", headers={**FEED, "If-None-Match": token, **headers})
    assert answer.status_code in (200, 304)
    found = answer.json()["Documents"] if answer.status_code == 200 else []
    return found, answer.headers["etag"]


def test_every_version_and_every_delete_is_told_once(raw: Raw, link: str) -> None:
    none, token = read(raw, link, "*")
    assert none == []
    raw.send("POST", f"{link}/docs", {"id": "1", "pk": "p", "n": 1}, KEY)
    raw.send("PUT", f"{link}/docs/1", {"id": "1", "pk": "p", "n": 2}, KEY)
    raw.send("DELETE", f"{link}/docs/1", headers=KEY)
    changes, later = read(raw, link, token)
    assert [change["metadata"]["operationType"] for change in changes] == ["create", "replace", "delete"]
    assert [change["current"].get("n") for change in changes] == [1, 2, None]
    assert changes[2]["previous"]["n"] == 2
    assert changes[2]["metadata"]["previousImageLSN"] == changes[1]["metadata"]["lsn"]
    assert read(raw, link, later)[0] == []
    # In pages of one, the same comes.
    first, then = read(raw, link, token, **{"x-ms-max-item-count": "1"})
    assert first + read(raw, link, then)[0] == changes


def test_all_items_of_a_partition_that_is_deleted_are_told(raw: Raw, link: str) -> None:
    for id_ in ("1", "2"):
        raw.send("POST", f"{link}/docs", {"id": id_, "pk": "p"}, KEY)
    _, token = read(raw, link, "*")
    raw.send("POST", f"{link}/operations/partitionkeydelete", headers=KEY)
    changes, _ = read(raw, link, token)
    assert sorted(change["metadata"]["id"] for change in changes) == ["1", "2"]


def test_a_write_that_is_refused_is_no_version(raw: Raw, link: str) -> None:
    _, token = read(raw, link, "*")
    for _ in range(2):
        raw.send("POST", f"{link}/docs", {"id": "1", "pk": "p"}, KEY)
    raw.send("PUT", f"{link}/docs/1", {"id": "1", "pk": "p"}, {**KEY, "If-Match": '"stale"'})
    assert len(read(raw, link, token)[0]) == 1


def test_it_cannot_be_read_from_the_beginning(raw: Raw, link: str) -> None:
    for headers in (FEED, {**FEED, "If-Modified-Since": "Wed, 01 Jan 2020 00:00:00 GMT"}):
        answer = raw.send("GET", f"{link}/docs", headers=headers)
        assert answer.status_code == 400
        assert "within the retention period" in answer.json()["message"]


def test_a_container_without_the_policy_has_latest_versions_only(raw: Raw, containers: str) -> None:
    raw.send("POST", containers, {"id": "c", "partitionKey": SINGLE_KEY})
    answer = raw.send("GET", f"{containers}/c/docs", headers={**FEED, "If-None-Match": "*"})
    assert answer.status_code == 400
    assert "change feed policy" in answer.json()["message"]


def test_the_policy_can_come_later(raw: Raw, containers: str) -> None:
    definition: dict[str, Any] = {"id": "c", "partitionKey": SINGLE_KEY}
    raw.send("POST", containers, definition)
    raw.send("POST", f"{containers}/c/docs", {"id": "1", "pk": "p"}, KEY)
    definition["changeFeedPolicy"] = {"retentionDuration": 5}
    assert raw.send("PUT", f"{containers}/c", definition).status_code == 200
    _, token = read(raw, f"{containers}/c", "*")
    raw.send("DELETE", f"{containers}/c/docs/1", headers=KEY)
    assert len(read(raw, f"{containers}/c", token)[0]) == 1


@pytest.mark.parametrize(
    "policy", [{"retentionDuration": -1}, {"retentionDuration": "5"}, "5", {"retentionDuration": 1.5}]
)
def test_a_policy_that_is_none_is_refused(raw: Raw, containers: str, policy: Any) -> None:
    definition = {"id": "c", "partitionKey": SINGLE_KEY, "changeFeedPolicy": policy}
    assert raw.send("POST", containers, definition).status_code == 400
