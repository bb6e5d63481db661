"""One container's table, as the server lays it out, and the engine on it: for tests of the SQL alone."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Self

from embedded_cosmos.sql.query import Source, execute

TABLE = """
CREATE TABLE docs_1 (rid INTEGER PRIMARY KEY AUTOINCREMENT, lsn INTEGER, pk TEXT, epk TEXT, id TEXT, body TEXT,
    expires INTEGER NULL, UNIQUE (pk, id))
"""
PARTITION = '["p"]'
Document = dict[str, Any]


class Table:
    """Documents in SQLite, and queries that are read to the last page."""

    def __init__(self, policy: Mapping[str, Any] | None = None, path: str = ":memory:", *, make: bool = True) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, uri=path.startswith("file:"))
        if make:
            self.db.execute(TABLE)
        self.policy = policy or {}

    def __del__(self) -> None:
        # A table goes with its test. Python 3.13 warns of connections that nobody closed.
        self.db.close()

    @classmethod
    def opened(cls, path: str, policy: Mapping[str, Any]) -> Self:
        """Another connection to a table that is there."""
        return cls(policy, path, make=False)

    def pretend_to_be_large(self) -> None:
        """Rows are numbered as if many had come before, so that queries find it worth making indexes."""
        self.db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('docs_1', 1000000)")

    def put(self, documents: Iterable[Document], pk: str = PARTITION) -> None:
        rows = [(pk, document["id"], compact(document)) for document in documents]
        self.db.executemany("INSERT INTO docs_1 (lsn, pk, epk, id, body) VALUES (1, ?, '00', ?, ?)", rows)

    def source(self, *, pk: str | None = PARTITION) -> Source:
        if pk is None:
            return Source("docs_1", "(expires IS NULL OR expires > ?)", (0,), pk_scoped=False, policy=self.policy)
        where = "pk = ? AND (expires IS NULL OR expires > ?)"
        return Source("docs_1", where, (pk, 0), pk_scoped=True, policy=self.policy)

    def pages(
        self, text: str, parameters: Mapping[str, Any] | None = None, *, size: int | None, pk: str | None = PARTITION
    ) -> Iterable[list[Any]]:
        """Page after page, each continued from what the one before it said, as it survives JSON."""
        after = None
        while True:
            page = execute(self.db, self.source(pk=pk), text, parameters or {}, page_size=size, after=after)
            assert size is None or len(page.rows) <= size
            yield [json.loads(row) for row in page.rows]
            after = json.loads(json.dumps(page.after))
            if after is None:
                return

    def query(
        self, text: str, /, *, size: int | None = None, pk: str | None = PARTITION, **parameters: Any
    ) -> list[Any]:
        named = {f"@{name}": value for name, value in parameters.items()}
        return [row for page in self.pages(text, named, size=size, pk=pk) for row in page]

    def value(self, expression: str, /, **parameters: Any) -> Any:
        """What an expression yields for the one document of this table; UNDEFINED becomes the word."""
        found = self.query(f"SELECT VALUE {expression} FROM c", **parameters)  # the tests' own text
        return found[0] if found else "undefined"

    def yields(self, expression: str, expected: Any, /, **parameters: Any) -> bool:
        """Whether the value is just this, 1 not being true."""
        return compact(self.value(expression, **parameters)) == compact(expected)


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
