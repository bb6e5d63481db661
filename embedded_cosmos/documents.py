"""The documents of one container: create, read, replace, upsert, patch, delete, inside one transaction."""

import json
import math
import sqlite3
import time
from dataclasses import dataclass, replace
from typing import Any

from embedded_cosmos import charges
from embedded_cosmos.container import Container
from embedded_cosmos.definitions import checked_item_id, checked_ttl
from embedded_cosmos.errors import CosmosError, already_exists, bad_request, not_found, precondition_failed
from embedded_cosmos.expiry import remove_expired
from embedded_cosmos.partition import PartitionKey, incomplete_key
from embedded_cosmos.patch import patch
from embedded_cosmos.predicate import holds
from embedded_cosmos.sql.columns import Path
from embedded_cosmos.sql.policy import SYSTEM, terms
from embedded_cosmos.versions import Version, record
from embedded_cosmos.wire import json_text

MAX_DOCUMENT_BYTES = 2 * 1024 * 1024
_ROW = "rid, lsn, body, range_lsn"


@dataclass(frozen=True, slots=True)
class Condition:
    """What a request wants of the version it meets: If-Match and If-None-Match."""

    match: str | None = None
    none_match: str | None = None

    def check_write(self, etag: str) -> None:
        if self.match is not None and self.match not in (etag, "*"):
            raise precondition_failed()
        if self.none_match is not None and self.none_match in (etag, "*"):
            raise precondition_failed()

    def not_modified(self, etag: str) -> bool:
        return self.none_match is not None and self.none_match in (etag, "*")


NO_CONDITION = Condition()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one operation ended: status, the document's text when there is one, its etag, and the cost."""

    status: int
    charge: float
    body: str | None = None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    rid: int
    lsn: int
    body: str
    range_lsn: int

    @property
    def version(self) -> Version:
        return Version(self.body, self.range_lsn)


class Documents:
    """Reads and writes of one container on one connection; the caller holds the transaction."""

    def __init__(self, container: Container, db: sqlite3.Connection, *, together: bool = False) -> None:
        """`together`: all that is written is one change of its range, as a transactional batch is."""
        self._container = container
        self._db = db
        self._table = container.table
        self._now = time.time()
        self._together = together
        self._advanced = False
        self._purged: set[str] = set()

    def read(self, key: PartitionKey, id_: str, condition: Condition = NO_CONDITION) -> Outcome:
        row = self._existing(key, id_)
        etag = self._etag(row.lsn)
        if condition.not_modified(etag):
            return Outcome(304, charges.point_read(0), None, etag)
        return Outcome(200, charges.point_read(len(row.body)), row.body, etag)

    def create(self, key: PartitionKey, document: dict[str, Any]) -> Outcome:
        self._container.key.checked(document, key)
        checked_item_id(document.get("id"))
        self._purge(key)
        return self._insert(key, document)

    def upsert(self, key: PartitionKey, document: dict[str, Any], condition: Condition = NO_CONDITION) -> Outcome:
        self._container.key.checked(document, key)
        row = self._find(key, checked_item_id(document.get("id")))
        self._purge(key)
        # An upsert of what is not there is a create, whatever If-Match says: the service does the same.
        if row is None:
            return self._insert(key, document)
        condition.check_write(self._etag(row.lsn))
        return self._update(key, row, document)

    def replace(
        self, key: PartitionKey, id_: str, document: dict[str, Any], condition: Condition = NO_CONDITION
    ) -> Outcome:
        row = self._existing(key, id_)
        condition.check_write(self._etag(row.lsn))
        self._container.key.checked(document, key)
        if document.get("id") != id_:
            raise bad_request(f"The id of an item cannot be changed: it is '{id_}', not '{document.get('id')}'.")
        self._purge(key)
        return self._update(key, row, document)

    def patch(self, key: PartitionKey, id_: str, request: Any, condition: Condition = NO_CONDITION) -> Outcome:
        if isinstance(request, list):
            request = {"operations": request}
        if not isinstance(request, dict):
            raise bad_request("A patch request is an object with 'operations', or the array of them.")
        row = self._existing(key, id_)
        condition.check_write(self._etag(row.lsn))
        predicate = request.get("condition")
        document = json.loads(row.body)
        if predicate is not None and not holds(predicate, document):
            raise precondition_failed()
        patch(document, request.get("operations"), self._container.key)
        self._purge(key)
        outcome = self._update(key, row, document)
        return replace(outcome, charge=outcome.charge + charges.patched(len(request["operations"])))

    def delete(self, key: PartitionKey, id_: str, condition: Condition = NO_CONDITION) -> Outcome:
        row = self._existing(key, id_)
        condition.check_write(self._etag(row.lsn))
        sequence = self._advance(key)
        record(self._db, self._container, key, sequence, current=None, previous=row.version)
        self._db.execute(f"DELETE FROM {self._table} WHERE rid = ?", (row.rid,))
        return Outcome(204, charges.delete(len(row.body), terms=len(self._terms(json.loads(row.body)))))

    def delete_all(self, key: PartitionKey) -> Outcome:
        self._purge(key)
        sequence = self._advance(key)
        if self._container.retention is not None:
            for row in self._db.execute(f"SELECT {_ROW} FROM {self._table} WHERE pk = ?", (key.text,)).fetchall():
                record(self._db, self._container, key, sequence, current=None, previous=_Row(*row).version)
                sequence = self._advance(key)
        self._db.execute(f"DELETE FROM {self._table} WHERE pk = ?", (key.text,))
        return Outcome(200, charges.metadata())

    def id_of(self, number: int) -> str | None:
        row = self._db.execute(f"SELECT id FROM {self._table} WHERE rid = ?", (number,)).fetchone()
        return None if row is None else str(row[0])

    def _advance(self, key: PartitionKey) -> tuple[int, int]:
        sequence = self._container.advance(key.epk, same_change=self._together and self._advanced)
        self._advanced = True
        return sequence

    def _find(self, key: PartitionKey, id_: str) -> _Row | None:
        sql = f"SELECT {_ROW} FROM {self._table} WHERE pk = ? AND id = ? AND (expires IS NULL OR expires > ?)"
        row = self._db.execute(sql, (key.text, id_, int(self._now))).fetchone()
        return None if row is None else _Row(*row)

    def _existing(self, key: PartitionKey, id_: str) -> _Row:
        if not key.whole:
            raise incomplete_key()
        row = self._find(key, id_)
        if row is None:
            raise not_found("the item")
        return row

    def _purge(self, key: PartitionKey) -> None:
        """What has run out of time must not stand in the way of a new document's id or unique keys."""
        if self._container.ttl is not None and key.text not in self._purged:
            remove_expired(self._db, self._container, "pk = ?", (key.text,))
            self._purged.add(key.text)

    def _insert(self, key: PartitionKey, document: dict[str, Any]) -> Outcome:
        lsn, range_lsn = self._advance(key)
        rid = lsn
        body = self._sealed(document, rid, lsn)
        columns = "rid, lsn, pk, epk, id, body, expires, range_lsn"
        sql = f"INSERT INTO {self._table} ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        values = (rid, lsn, key.text, key.epk, document["id"], body, self._expires(document), range_lsn)
        try:
            self._db.execute(sql, values)
        except sqlite3.IntegrityError as error:
            raise already_exists("the item") from error
        record(self._db, self._container, key, (lsn, range_lsn), current=Version(body, range_lsn), previous=None)
        unique = self._keep_unique(key, rid, document)
        charge = charges.create(len(body), terms=len(self._terms(document)), unique_keys=unique)
        return Outcome(201, charge, body, self._etag(lsn))

    def _update(self, key: PartitionKey, row: _Row, document: dict[str, Any]) -> Outcome:
        lsn, range_lsn = self._advance(key)
        body = self._sealed(document, row.rid, lsn)
        sql = f"UPDATE {self._table} SET lsn = ?, body = ?, expires = ?, range_lsn = ? WHERE rid = ?"
        self._db.execute(sql, (lsn, body, self._expires(document), range_lsn, row.rid))
        record(self._db, self._container, key, (lsn, range_lsn), current=Version(body, range_lsn), previous=row.version)
        unique = self._keep_unique(key, row.rid, document)
        changed = self._terms(json.loads(row.body)) ^ self._terms(document)
        charge = charges.replace(len(row.body), len(body), terms=len(changed), unique_keys=unique)
        return Outcome(200, charge, body, self._etag(lsn))

    def _keep_unique(self, key: PartitionKey, rid: int, document: dict[str, Any]) -> int:
        texts = self._container.unique.of(document)
        if texts:
            self._db.execute(f"DELETE FROM unique_{self._container.n} WHERE rid = ?", (rid,))
            sql = f"INSERT INTO unique_{self._container.n} (pk, key, rid) VALUES (?, ?, ?)"
            try:
                self._db.executemany(sql, [(key.text, text, rid) for text in texts])
            except sqlite3.IntegrityError as error:
                raise CosmosError(409, "Unique index constraint violation.") from error
        return len(texts)

    def _terms(self, document: dict[str, Any]) -> set[tuple[Path, str]]:
        return terms(self._container.reaches_indexed, self._container.is_indexed, document)

    def _etag(self, lsn: int) -> str:
        return f'"{self._version(lsn)}"'

    def _version(self, lsn: int) -> str:
        return f"{self._container.n:08x}-0000-0000-0000-{lsn:012x}"

    def _sealed(self, document: dict[str, Any], rid: int, lsn: int) -> str:
        """The document's text as it is stored: the user's properties, then the system's."""
        for name in SYSTEM:
            document.pop(name, None)
        text = dumped(document)
        rid_text = self._container.document_ids.rid(rid)
        body = (
            f'{text[:-1]},"_rid":"{rid_text}","_self":"{self._container.link}docs/{rid_text}/","_etag":"\\"{self._version(lsn)}\\"",'
            f'"_attachments":"attachments/","_ts":{int(self._now)}}}'
        )
        if len(body) * 4 > MAX_DOCUMENT_BYTES < len(body.encode()):
            raise CosmosError(413, "Request size is too large: an item has at most 2 MB.")
        return body

    def _expires(self, document: dict[str, Any]) -> int | None:
        own = checked_ttl(document["ttl"], "ttl") if "ttl" in document else None
        if self._container.ttl is None:
            return None
        ttl = self._container.ttl if own is None else own
        return None if ttl == -1 else math.floor(self._now + ttl) + 1


def dumped(document: Any) -> str:
    text = json_text(document)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise bad_request("The request body holds half of a surrogate pair.") from error
    return text
