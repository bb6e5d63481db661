"""Requests on single items, and transactional batches: from the wire to `documents` and back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from embedded_cosmos import charges
from embedded_cosmos.catalog import Container
from embedded_cosmos.documents import MAX_DOCUMENT_BYTES, NO_CONDITION, Condition, Documents, Outcome
from embedded_cosmos.errors import CosmosError, bad_request, unsupported
from embedded_cosmos.partition import PartitionKey
from embedded_cosmos.store import Store
from embedded_cosmos.wire import Call, Reply, content_path, json_text

_MAX_BATCH = 100
_REFUSED_HEADERS = {
    "x-ms-documentdb-pre-trigger-include": "A trigger",
    "x-ms-documentdb-post-trigger-include": "A trigger",
    "x-ms-indexing-directive": "An indexing directive",
}


class Items:
    """Serves what changes or reads single items."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, container: Container, id_: str, call: Call) -> Reply:
        key = named_key(container, call)
        outcome = Documents(container, self._store.writer).read(key, id_, _condition(call))
        return _reply(container, key, outcome)

    async def write(self, container: Container, id_: str | None, call: Call) -> Reply:
        """Everything that changes one item."""
        refuse_unsupported(call)
        key = named_key(container, call)
        body = None if call.verb == "DELETE" else _bounded(call).json_object()
        try:
            async with self._changing(container) as documents:
                outcome = _write(documents, key, id_, call, body)
        except CosmosError as error:
            error.headers["x-ms-request-charge"] = f"{charges.refused_write():.2f}"
            raise
        return _reply(container, key, outcome, minimal=_minimal(call))

    async def delete_partition(self, container: Container, call: Call) -> Reply:
        key = named_key(container, call)
        if not key.whole:
            raise unsupported("Deleting by a prefix of a hierarchical partition key")
        async with self._changing(container) as documents:
            outcome = documents.delete_all(key)
        return _reply(container, key, outcome)

    @asynccontextmanager
    async def _changing(self, container: Container) -> AsyncIterator[Documents]:
        """One transaction. Of one that fails the sequence numbers are not given out again: a gap does no harm."""
        async with self._store.transaction() as db:
            documents = Documents(container, db)
            yield documents
            documents.save_sequence()

    async def batch(self, container: Container, call: Call) -> Reply:
        key = named_key(container, call)
        operations = _operations(call)
        results: list[dict[str, Any]] = []
        minimal = _minimal(call)
        try:
            async with self._changing(container) as documents:
                for operation in operations:
                    outcome = _run(documents, key, operation)
                    results.append(_result(outcome, hidden=minimal and operation["operationType"] != "Read"))
        except CosmosError as error:
            return _failed_batch(container, key, error, len(results), len(operations))
        headers = _headers(container, key, sum(result["requestCharge"] for result in results))
        return Reply(200, f"[{','.join(map(_result_text, results))}]", headers)


def _write(documents: Documents, key: PartitionKey, id_: str | None, call: Call, body: Any) -> Outcome:
    condition = _condition(call)
    if id_ is None:
        if call.flag("x-ms-documentdb-is-upsert"):
            return documents.upsert(key, body, condition)
        return documents.create(key, body)
    if call.verb == "PUT":
        return documents.replace(key, id_, body, condition)
    if call.verb == "PATCH":
        return documents.patch(key, id_, body, condition)
    return documents.delete(key, id_, condition)


def named_key(container: Container, call: Call) -> PartitionKey:
    header = call.header("x-ms-documentdb-partitionkey")
    if header is None:
        raise bad_request("PartitionKey value must be supplied for this operation.")
    return container.key.of_header(header)


def refuse_unsupported(call: Call) -> None:
    for name, label in _REFUSED_HEADERS.items():
        if name in call.headers:
            raise unsupported(label)


def _bounded(call: Call) -> Call:
    if len(call.body) > MAX_DOCUMENT_BYTES:
        raise CosmosError(413, "Request size is too large: at most 2 MB.")
    return call


def _condition(call: Call) -> Condition:
    match, none_match = call.header("If-Match"), call.header("If-None-Match")
    return NO_CONDITION if match is None and none_match is None else Condition(match, none_match)


def _minimal(call: Call) -> bool:
    return call.headers.get("Prefer") == "return=minimal"


def _headers(container: Container, key: PartitionKey, charge: float) -> dict[str, str]:
    return {
        "x-ms-request-charge": f"{charge:.2f}",
        "x-ms-session-token": f"{container.range_of(key.epk).id}:-1#{container.lsn}",
        "x-ms-alt-content-path": content_path("dbs", container.database.id, "colls", container.id),
        "x-ms-content-path": container.rid,
        "lsn": str(container.lsn),
    }


def _reply(container: Container, key: PartitionKey, outcome: Outcome, *, minimal: bool = False) -> Reply:
    headers = _headers(container, key, outcome.charge)
    if outcome.etag is not None:
        headers["etag"] = outcome.etag
    return Reply(outcome.status, None if minimal else outcome.body, headers)


def _operations(call: Call) -> list[dict[str, Any]]:
    if not call.flag("x-ms-cosmos-batch-atomic"):
        raise unsupported("A batch that is not atomic (bulk)")
    operations = _bounded(call).json()
    if not isinstance(operations, list) or not all(isinstance(operation, dict) for operation in operations):
        raise bad_request("A batch is an array of operations.")
    if not operations:
        raise bad_request("A batch needs at least one operation.")
    if len(operations) > _MAX_BATCH:
        raise bad_request("Batch request has more operations than what is supported: at most 100.")
    return operations


def _run(documents: Documents, key: PartitionKey, operation: dict[str, Any]) -> Outcome:
    kind, id_, body = operation.get("operationType"), operation.get("id"), operation.get("resourceBody")
    condition = Condition(operation.get("ifMatch"), operation.get("ifNoneMatch"))
    if kind in ("Create", "Upsert", "Replace") and not isinstance(body, dict):
        raise bad_request(f"The batch operation {kind} needs a 'resourceBody'.")
    if kind in ("Read", "Replace", "Patch", "Delete") and not isinstance(id_, str):
        raise bad_request(f"The batch operation {kind} needs an 'id'.")
    match kind:
        case "Create":
            return documents.create(key, body or {})
        case "Upsert":
            return documents.upsert(key, body or {}, condition)
        case "Replace":
            return documents.replace(key, str(id_), body or {}, condition)
        case "Patch":
            return documents.patch(key, str(id_), body, condition)
        case "Delete":
            return documents.delete(key, str(id_), condition)
        case "Read":
            return documents.read(key, str(id_), condition)
    raise unsupported(f"The batch operation {kind!r}")


def _result(outcome: Outcome, *, hidden: bool) -> dict[str, Any]:
    result: dict[str, Any] = {"statusCode": outcome.status, "requestCharge": round(outcome.charge, 2)}
    if outcome.etag is not None:
        result["eTag"] = outcome.etag
    result["text"] = None if hidden else outcome.body
    return result


def _result_text(result: dict[str, Any]) -> str:
    """The document's text goes in as it is, without being parsed and written again."""
    document = result.pop("text")
    text = json_text(result)
    return text if document is None else f'{text[:-1]},"resourceBody":{document}}}'


def _failed_batch(container: Container, key: PartitionKey, error: CosmosError, failed: int, count: int) -> Reply:
    """Nothing was kept: the operation that failed says why, the others failed with it."""
    results: list[dict[str, Any]] = [{"statusCode": 424, "requestCharge": 0.0} for _ in range(count)]
    results[failed] = {"statusCode": error.status, "requestCharge": charges.refused_write(), "message": error.message}
    if error.substatus:
        results[failed]["subStatusCode"] = error.substatus
    return Reply(207, json_text(results), _headers(container, key, charges.refused_write()))
