"""Batches in HybridRow, as the .NET SDK sends them: whole streams, and what a server does with them."""

import contextlib
import json
import struct
import uuid
import zlib
from typing import Any

import pytest
from azure.cosmos import CosmosClient
from hypothesis import given
from hypothesis import strategies as st

from embedded_cosmos import hybridrow
from embedded_cosmos.errors import CosmosError
from embedded_cosmos.hybridrow import RowResult
from embedded_cosmos.testing import CosmosAccount
from embedded_cosmos.tests.conftest import SINGLE_KEY
from embedded_cosmos.tests.raw import Raw

# What Microsoft.Azure.Cosmos 3.64 sends for one create, and an answer that it reads.
CREATE = bytes.fromhex(
    "81f0d8ff7f010a00000081f1d8ff7f2200000050ef47aa817054e17f430000000002000000137b226964223a2231222c22706b223a2261227d"
)
CREATED = bytes.fromhex(
    "81f0d8ff7f010a00000081f1d8ff7f3700000051f1d32c817154e17f0dc9000000000000000422653122137b226964223a2231222c22706b22"
    "3a2261227d0b050000000010060000000000001640"
)
KINDS = {"create": 0, "patch": 1, "read": 2, "delete": 4, "replace": 5, "upsert": 20}
ATOMIC = {
    "x-ms-cosmos-is-batch-request": "True",
    "x-ms-cosmos-batch-atomic": "True",
    "x-ms-documentdb-partitionkey": '["a"]',
}
BULK = {
    "x-ms-cosmos-is-batch-request": "True",
    "x-ms-cosmos-batch-atomic": "False",
    "x-ms-cosmos-batch-continue-on-error": "True",
    "x-ms-documentdb-partitionkeyrangeid": "0",
}


def text(value: str) -> bytes:
    data = value.encode()
    assert len(data) < 128
    return bytes([len(data)]) + data


def operation(kind: str, id_: str | None = None, body: Any = None, key: str | None = None, match: str = "") -> bytes:
    parts = [key, None, id_, None, None if body is None else json.dumps(body)]
    presence = 3 | sum(1 << bit for bit, part in enumerate(parts, 2) if part is not None)
    row = bytes.fromhex("817054e17f") + struct.pack("<Bii", presence, KINDS[kind], 2)
    row += b"".join(text(part) for part in parts if part is not None)
    return row + (b"\x14\x09" + text(match) if match else b"")


def stream(*rows: bytes) -> bytes:
    records = [bytes.fromhex("81f1d8ff7f") + struct.pack("<II", len(row), zlib.crc32(row)) + row for row in rows]
    return bytes.fromhex("81f0d8ff7f010a000000") + b"".join(records)


def statuses(answer: bytes) -> list[int]:
    assert answer.startswith(bytes.fromhex("81f0d8ff7f010a000000"))
    found, at = [], 10
    while at < len(answer):
        length = int.from_bytes(answer[at + 5 : at + 9], "little")
        row = answer[at + 13 : at + 13 + length]
        assert zlib.crc32(row) == int.from_bytes(answer[at + 9 : at + 13], "little")
        found.append(struct.unpack("<i", row[6:10])[0])
        at += 13 + length
    return found


def test_the_bytes_of_the_net_sdk_are_read_and_written() -> None:
    expected = {"operationType": 0, "resourceType": 2, "resourceBody": '{"id":"1","pk":"a"}'}
    assert hybridrow.operations(CREATE) == [expected]
    assert hybridrow.results([RowResult(201, 0, 5.5, '"e1"', '{"id":"1","pk":"a"}')]) == CREATED


def test_a_batch_is_answered_in_the_form_it_came_in(raw: Raw, link: str) -> None:
    rows = [
        operation("create", body={"id": "1", "pk": "a"}),
        operation("upsert", body={"id": "2", "pk": "a"}),
        operation("read", "1"),
        operation("patch", "2", {"operations": [{"op": "set", "path": "/n", "value": 1}]}),
        operation("replace", "1", {"id": "1", "pk": "a", "n": 2}),
        operation("delete", "2"),
    ]
    answer = raw.send("POST", f"{link}/docs", stream(*rows), ATOMIC)
    assert answer.status_code == 200
    assert statuses(answer.content) == [201, 201, 200, 200, 200, 204]


def test_a_batch_of_which_one_fails_changes_nothing(raw: Raw, link: str) -> None:
    rows = [operation("create", body={"id": "1", "pk": "a"}), operation("replace", "2", {"id": "2", "pk": "a"})]
    answer = raw.send("POST", f"{link}/docs", stream(*rows), ATOMIC)
    assert (answer.status_code, statuses(answer.content)) == (207, [424, 404])
    assert raw.send("GET", f"{link}/docs/1", headers=ATOMIC).status_code == 404


def test_a_stale_etag_is_a_failed_precondition(raw: Raw, link: str) -> None:
    raw.send("POST", f"{link}/docs", stream(operation("create", body={"id": "1", "pk": "a"})), ATOMIC)
    row = operation("replace", "1", {"id": "1", "pk": "a"}, match='"stale"')
    assert statuses(raw.send("POST", f"{link}/docs", stream(row), ATOMIC).content) == [412]


def test_in_bulk_each_operation_stands_for_itself(raw: Raw, link: str) -> None:
    rows = [
        operation("create", body={"id": "1", "pk": "a"}, key='["a"]'),
        operation("create", body={"id": "1", "pk": "a"}, key='["a"]'),
        operation("create", body={"id": "1", "pk": "b"}, key='["b"]'),
        operation("read", "2", key='["b"]'),
    ]
    answer = raw.send("POST", f"{link}/docs", stream(*rows), BULK)
    assert (answer.status_code, statuses(answer.content)) == (207, [201, 409, 201, 404])
    found = raw.send("GET", f"{link}/docs").json()["Documents"]
    assert sorted(item["pk"] for item in found) == ["a", "b"]


def test_bulk_without_continue_on_error_stops_at_the_first_that_fails(raw: Raw, link: str) -> None:
    made = {"operationType": "Create", "partitionKey": '["a"]', "resourceBody": {"id": "1", "pk": "a"}}
    headers = {**BULK, "x-ms-cosmos-batch-continue-on-error": "False"}
    answer = raw.send("POST", f"{link}/docs", [made, made, {**made, "resourceBody": {"id": "3", "pk": "a"}}], headers)
    assert [one["statusCode"] for one in answer.json()] == [201, 409, 424]


def test_an_operation_of_another_range_is_gone(raw: Raw, cosmos_account: CosmosAccount, database_name: str) -> None:
    with CosmosClient(cosmos_account.endpoint, cosmos_account.key) as client:
        database = client.get_database_client(database_name)
        container = database.create_container(f"rows-{uuid.uuid4().hex[:8]}", SINGLE_KEY, offer_throughput=30_000)
        rows = [operation("create", body={"id": "1", "pk": f"{n}"}, key=f'["{n}"]') for n in range(20)]
        answer = raw.send("POST", f"{container.container_link}/docs", stream(*rows), BULK)
        assert set(statuses(answer.content)) == {201, 410}
        found = raw.send("GET", f"{container.container_link}/docs").json()["Documents"]
        assert len(found) == statuses(answer.content).count(201)
        database.delete_container(container)


@pytest.mark.parametrize(
    "body", [CREATE[:-1], CREATE[:20], CREATE[:-1] + b"x", b"\x81", CREATE.replace(b"\x43", b"\xff")]
)
def test_a_stream_that_is_not_well_formed_is_a_bad_request(raw: Raw, link: str, body: bytes) -> None:
    assert raw.send("POST", f"{link}/docs", body, ATOMIC).status_code == 400


def test_an_empty_stream_and_too_many_operations_are_bad_requests(raw: Raw, link: str) -> None:
    one = operation("read", "1")
    assert raw.send("POST", f"{link}/docs", stream(), ATOMIC).status_code == 400
    assert raw.send("POST", f"{link}/docs", stream(*[one] * 101), ATOMIC).status_code == 400


def test_the_binary_form_of_json_is_refused_by_name(raw: Raw, link: str) -> None:
    answer = raw.send("POST", f"{link}/docs", b"\x80\x01", {"x-ms-documentdb-partitionkey": '["a"]'})
    assert answer.status_code == 400
    assert "binary form of JSON is not supported" in answer.text


@given(st.binary(max_size=200))
def test_no_bytes_fail_but_as_a_refusal(data: bytes) -> None:
    for body in (data, CREATE[:10] + data, CREATE[:28] + data):
        with contextlib.suppress(CosmosError):
            hybridrow.operations(body)
