"""Several operations in one request: transactional batches of one logical partition, and bulk over one range."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from embedded_cosmos import charges, hybridrow
from embedded_cosmos.container import Container
from embedded_cosmos.documents import MAX_DOCUMENT_BYTES, Condition, Documents, Outcome
from embedded_cosmos.errors import RANGE_GONE, CosmosError, bad_request, unsupported
from embedded_cosmos.hybridrow import RowResult
from embedded_cosmos.partition import PartitionKey
from embedded_cosmos.wire import Call, json_text

_MAX_OPERATIONS = 100
_KINDS = {0: "Create", 1: "Patch", 2: "Read", 4: "Delete", 5: "Replace", 20: "Upsert"}
_DOCUMENT = 2
_FAILED_DEPENDENCY = 424


@dataclass(frozen=True, slots=True)
class BatchOperation:
    """One operation; `partition_key` is there in bulk, where each has its own."""

    kind: str
    id: str | None
    body: Any
    condition: Condition
    partition_key: str | None
    minimal: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it was sent; the answer takes the form of the request."""

    operations: list[BatchOperation]
    binary: bool
    atomic: bool
    continues: bool

    def body(self, results: list[RowResult]) -> str | bytes:
        if self.binary:
            return hybridrow.results(results)
        return f"[{','.join(map(_json_result, results))}]"


def batch_of(call: Call) -> Batch:
    """Read a batch; a 400 says what is wrong with it, a 413 that it is too large."""
    if len(call.body) > MAX_DOCUMENT_BYTES:
        raise CosmosError(413, "Request size is too large")
    binary = call.body.startswith(hybridrow.FIRST_BYTE)
    given = hybridrow.operations(call.body) if binary else call.json()
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise bad_request("A batch is an array of operations.")
    if not given:
        raise bad_request("Batch request has no operations.")
    if len(given) > _MAX_OPERATIONS:
        raise bad_request("Batch request has more operations than what is supported. At most 100 are.")
    minimal = call.headers.get("Prefer") == "return=minimal"
    read = _of_row if binary else _of_json
    atomic = call.flag("x-ms-cosmos-batch-atomic")
    continues = not atomic and call.flag("x-ms-cosmos-batch-continue-on-error")
    return Batch([read(one, minimal) for one in given], binary, atomic, continues)


def _of_json(given: dict[str, Any], minimal: bool) -> BatchOperation:
    key = given.get("partitionKey")
    key = key if key is None or isinstance(key, str) else json_text(key)
    condition = Condition(given.get("ifMatch"), given.get("ifNoneMatch"))
    return _checked(given.get("operationType"), given, given.get("resourceBody"), condition, key, minimal=minimal)


def _of_row(given: dict[str, Any], minimal: bool) -> BatchOperation:
    if given.get("resourceType") != _DOCUMENT:
        raise bad_request("A batch holds operations on items only.")
    if "indexingDirective" in given:
        raise unsupported("An indexing directive")
    kind = _KINDS.get(given.get("operationType", -1))
    try:
        body = json.loads(given["resourceBody"]) if "resourceBody" in given else None
    except ValueError as error:
        raise bad_request(f"An item of the batch is not valid JSON: {error}") from error
    condition = Condition(given.get("ifMatch"), given.get("ifNoneMatch"))
    minimal = minimal or bool(given.get("minimalReturnPreference"))
    return _checked(kind, given, body, condition, given.get("partitionKey"), minimal=minimal)


def _checked(  # noqa: PLR0913 - the fields of one operation
    kind: Any, given: dict[str, Any], body: Any, condition: Condition, key: str | None, *, minimal: bool
) -> BatchOperation:
    id_ = given.get("id")
    if kind not in _KINDS.values():
        raise unsupported(f"The batch operation {kind!r}")
    if kind in ("Create", "Upsert", "Replace") and not isinstance(body, dict):
        raise bad_request(f"The batch operation {kind} needs a 'resourceBody'.")
    if kind in ("Read", "Replace", "Patch", "Delete") and not isinstance(id_, str):
        raise bad_request(f"The batch operation {kind} needs an 'id'.")
    return BatchOperation(str(kind), id_, body, condition, key, minimal and kind != "Read")


def run_together(documents: Documents, key: PartitionKey, batch: Batch, results: list[RowResult]) -> None:
    """Everything or nothing: raises what the first operation that fails raises; `results` has those before it."""
    results.extend(_succeeded(_run(documents, key, operation), operation) for operation in batch.operations)


def run_apart(
    documents: Documents, db: sqlite3.Connection, container: Container, call: Call, batch: Batch
) -> list[RowResult]:
    """Each operation succeeds or fails alone. Without continue-on-error, those after a failed one are not tried."""
    results: list[RowResult] = []
    for operation in batch.operations:
        if results and results[-1].status >= 400 and not batch.continues:
            results.append(_DEPENDENT)
            continue
        try:
            key = _key_in_range(container, call, operation)
            with _savepoint(db):
                results.append(_succeeded(_run(documents, key, operation), operation))
        except CosmosError as error:
            results.append(failed(error))
    return results


def all_failed(error: CosmosError, at: int, count: int) -> list[RowResult]:
    """Nothing was kept: the operation that failed says why, the others failed with it."""
    results = [_DEPENDENT] * count
    results[at] = failed(error)
    return results


def failed(error: CosmosError) -> RowResult:
    wait = int(error.headers.get("x-ms-retry-after-ms", 0))
    return RowResult(error.status, error.substatus, charges.refused_write(), None, error.message, wait)


_DEPENDENT = RowResult(_FAILED_DEPENDENCY, 0, 0.0, None, None)


@contextmanager
def _savepoint(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("SAVEPOINT operation")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK TO operation")
        raise
    finally:
        db.execute("RELEASE operation")


def _key_in_range(container: Container, call: Call, operation: BatchOperation) -> PartitionKey:
    header = operation.partition_key or call.header("x-ms-documentdb-partitionkey")
    if header is None:
        raise bad_request("PartitionKey value must be supplied for this operation.")
    key = container.key.of_header(header)
    range_id = call.header("x-ms-documentdb-partitionkeyrangeid")
    if range_id is not None and container.range_of(key.epk) != container.range_by_id(range_id):
        raise CosmosError(410, f"The partition key {header} does not lie in the range {range_id}.", RANGE_GONE)
    return key


def _run(documents: Documents, key: PartitionKey, operation: BatchOperation) -> Outcome:
    id_ = str(operation.id)
    match operation.kind:
        case "Create":
            return documents.create(key, operation.body)
        case "Upsert":
            return documents.upsert(key, operation.body, operation.condition)
        case "Replace":
            return documents.replace(key, id_, operation.body, operation.condition)
        case "Patch":
            return documents.patch(key, id_, operation.body, operation.condition)
        case "Delete":
            return documents.delete(key, id_, operation.condition)
    # The service takes both conditions of a read in a batch for the version that is known already.
    known = operation.condition.none_match or operation.condition.match
    return documents.read(key, id_, Condition(none_match=known))


def _succeeded(outcome: Outcome, operation: BatchOperation) -> RowResult:
    body = None if operation.minimal else outcome.body
    return RowResult(outcome.status, 0, round(outcome.charge, 2), outcome.etag, body)


def _json_result(result: RowResult) -> str:
    """The item's text goes in as it is, without being parsed and written again."""
    known: dict[str, Any] = {"statusCode": result.status, "requestCharge": result.charge}
    if result.etag is not None:
        known["eTag"] = result.etag
    if result.substatus:
        known["subStatusCode"] = result.substatus
    if result.status >= 400 and result.body is not None:
        known["message"] = result.body
        return json_text(known)
    text = json_text(known)
    return text if result.body is None else f'{text[:-1]},"resourceBody":{result.body}}}'
