"""Requests on single items, and transactional batches: from the wire to `documents` and back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from embedded_cosmos import charges
from embedded_cosmos.batches import Batch, all_failed, batch_of, run_apart, run_together
from embedded_cosmos.container import Container
from embedded_cosmos.documents import MAX_DOCUMENT_BYTES, NO_CONDITION, Condition, Documents, Outcome
from embedded_cosmos.errors import CosmosError, bad_request, not_found, unsupported
from embedded_cosmos.hybridrow import RowResult
from embedded_cosmos.partition import PartitionKey, incomplete_key
from embedded_cosmos.store import Store
from embedded_cosmos.wire import Call, Reply, content_path

_REFUSED_HEADERS = {
    "x-ms-documentdb-pre-trigger-include": "A trigger",
    "x-ms-documentdb-post-trigger-include": "A trigger",
    "x-ms-indexing-directive": "An indexing directive",
}


class Items:
    """Serves what changes or reads single items."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def id_of(self, container: Container, rid: str) -> str:
        """The id of the item that a link by resource ids names, such as an item's own `_self`."""
        number = container.document_ids.number(rid)
        found = None if number is None else Documents(container, self._store.writer).id_of(number)
        if found is None:
            raise not_found("the item")
        return found

    def read(self, container: Container, id_: str, call: Call) -> Reply:
        key = named_key(container, call)
        outcome = Documents(container, self._store.writer).read(key, id_, _condition(call))
        return _reply(container, key, replace(outcome, charge=charges.of_read(outcome.charge, relaxed=call.is_relaxed)))

    async def write(self, container: Container, id_: str | None, call: Call) -> Reply:
        """Everything that changes one item."""
        refuse_unsupported(call)
        key = named_key(container, call)
        body = None if call.verb == "DELETE" else _body_of(_bounded(call))
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
    async def _changing(self, container: Container, *, together: bool = False) -> AsyncIterator[Documents]:
        """One transaction. Of one that fails the sequence numbers are not given out again: a gap does no harm."""
        async with self._store.transaction() as db:
            documents = Documents(container, db, together=together)
            yield documents
            container.save_sequence(db)

    async def batch(self, container: Container, call: Call) -> Reply:
        batch = batch_of(call)
        if batch.atomic:
            return await self._transaction(container, call, batch)
        async with self._changing(container) as documents:
            results = run_apart(documents, self._store.writer, container, call, batch)
        range_id = call.header("x-ms-documentdb-partitionkeyrangeid") or container.ranges[0].id
        headers = _headers(container, range_id, sum(result.charge for result in results))
        return Reply(_batch_status(results), batch.body(results), headers)

    async def _transaction(self, container: Container, call: Call, batch: Batch) -> Reply:
        key = named_key(container, call)
        if not key.whole:
            raise incomplete_key()
        results: list[RowResult] = []
        try:
            async with self._changing(container, together=True) as documents:
                run_together(documents, key, batch, results)
        except CosmosError as error:
            results = all_failed(error, len(results), len(batch.operations))
        charge = sum(result.charge for result in results)
        headers = _headers(container, container.range_of(key.epk).id, charge)
        return Reply(_batch_status(results), batch.body(results), headers)


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


def _body_of(call: Call) -> Any:
    """An item; a patch may also come as the bare array of its operations."""
    return call.json() if call.verb == "PATCH" else call.json_object()


def named_key(container: Container, call: Call) -> PartitionKey:
    header = call.header("x-ms-documentdb-partitionkey")
    if header is None and not container.key.keyless:
        raise bad_request("PartitionKey value must be supplied for this operation.")
    return container.key.of_header("[]" if header is None else header)


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


def _headers(container: Container, range_id: str, charge: float) -> dict[str, str]:
    return {
        "x-ms-request-charge": f"{charge:.2f}",
        "x-ms-session-token": container.session_of(range_id),
        "x-ms-documentdb-partitionkeyrangeid": range_id,
        "x-ms-alt-content-path": content_path("dbs", container.database.id, "colls", container.id),
        "x-ms-content-path": container.rid,
        "lsn": str(container.range_lsns[range_id]),
    }


def _reply(container: Container, key: PartitionKey, outcome: Outcome, *, minimal: bool = False) -> Reply:
    headers = _headers(container, container.range_of(key.epk).id, outcome.charge)
    if outcome.etag is not None:
        headers["etag"] = outcome.etag
    return Reply(outcome.status, None if minimal else outcome.body, headers)


def _batch_status(results: list[RowResult]) -> int:
    return 207 if any(result.status >= 300 for result in results) else 200
