"""The SQLite file: its connections, its one writer, and the tables of a container.

Every write runs on the event loop's thread, on one connection, so the order of commits is the order of sequence
numbers. Reads that may be long run on a few threads, each with a connection of its own: write-ahead logging lets them
go on beside a write. With `synchronous=NORMAL` a commit is in the operating system's hands before it is acknowledged:
a killed process loses nothing, and a power cut cannot tear the file.
"""

import asyncio
import sqlite3
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from embedded_cosmos.errors import OWNER_NOT_FOUND, not_found

IN_MEMORY = ":memory:"
_READERS = 4
_LOCK_POLL_SECONDS = 0.002
_READER_PATIENCE_MS = 10_000
_T = TypeVar("_T")

_CATALOG_TABLES = """
CREATE TABLE IF NOT EXISTS databases (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, rid TEXT NOT NULL, ts INTEGER NOT NULL, offer TEXT
);
CREATE TABLE IF NOT EXISTS containers (
    n INTEGER PRIMARY KEY AUTOINCREMENT, database_n INTEGER NOT NULL REFERENCES databases (n), id TEXT NOT NULL,
    rid TEXT NOT NULL, ts INTEGER NOT NULL, version INTEGER NOT NULL, properties TEXT NOT NULL, ranges TEXT NOT NULL,
    lsn INTEGER NOT NULL, range_lsns TEXT, offer TEXT, UNIQUE (database_n, id)
);
"""

_CONTAINER_TABLES = """
CREATE TABLE docs_{n} (
    rid INTEGER PRIMARY KEY AUTOINCREMENT, lsn INTEGER NOT NULL UNIQUE, pk TEXT NOT NULL, epk TEXT NOT NULL,
    id TEXT NOT NULL, body TEXT NOT NULL, expires INTEGER, range_lsn INTEGER NOT NULL, UNIQUE (pk, id)
);
CREATE INDEX docs_{n}_epk ON docs_{n} (epk);
CREATE INDEX docs_{n}_expires ON docs_{n} (pk, expires) WHERE expires IS NOT NULL;
CREATE TABLE unique_{n} (pk TEXT NOT NULL, key TEXT NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (pk, key))
    WITHOUT ROWID;
CREATE INDEX unique_{n}_rid ON unique_{n} (rid);
"""

_VERSIONS_TABLE = """
CREATE TABLE IF NOT EXISTS versions_{n} (
    lsn INTEGER PRIMARY KEY, range_lsn INTEGER NOT NULL, pk TEXT NOT NULL, epk TEXT NOT NULL, at REAL NOT NULL,
    body TEXT NOT NULL
)
"""

# However a document goes (deleted, replaced, run out of time), its unique keys go with it.
_CONTAINER_TRIGGER = """
CREATE TRIGGER docs_{n}_gone AFTER DELETE ON docs_{n} BEGIN DELETE FROM unique_{n} WHERE rid = old.rid; END
"""


class DataFileInUseError(Exception):
    """Another server holds the data file."""


@contextmanager
def _container_may_be_gone() -> Iterator[None]:
    """A request may wait while another deletes its container, and the tables with it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if str(error).startswith("no such table: "):
            raise not_found("the container", OWNER_NOT_FOUND) from error
        raise


class Store:
    """The data file (or a temporary one that goes when the store closes)."""

    def __init__(self, data: str) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="cosmos-") if data == IN_MEMORY else None
        self.path = Path(self._temporary.name) / "data.sqlite" if self._temporary else Path(data).absolute()
        self._synchronous = "OFF" if self._temporary else "NORMAL"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self._locked()
        # The event loop never waits inside SQLite.
        self.writer = self._connection(patience_ms=0)
        self.writer.executescript(_CATALOG_TABLES)
        self._upgrade()
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._readers = ThreadPoolExecutor(_READERS, "cosmos-reader")

    def _upgrade(self) -> None:
        """A file of a version that had one sequence number for all ranges of a container."""
        columns = {name for _, name, *_ in self.writer.execute("PRAGMA table_info(containers)")}
        if "range_lsns" in columns:
            return
        with self._kept_or_nothing(begin=True):
            self.writer.execute("ALTER TABLE containers ADD COLUMN range_lsns TEXT")
            for (n,) in self.writer.execute("SELECT n FROM containers").fetchall():
                self.writer.execute(f"ALTER TABLE docs_{n} ADD COLUMN range_lsn INTEGER NOT NULL DEFAULT 0")
                self.writer.execute(f"UPDATE docs_{n} SET range_lsn = lsn")

    def _locked(self) -> sqlite3.Connection:
        """Sequence numbers live in this process, so a second one must not write the same file."""
        lock = sqlite3.connect(f"{self.path}.lock", timeout=0, isolation_level=None)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            lock.close()
            raise DataFileInUseError(f"{self.path} is in use by another server.") from error
        return lock

    def _connection(self, *, patience_ms: int = _READER_PATIENCE_MS) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, cached_statements=512)
        # A commit that moves the log into the file waits for the disk, and everybody with it. With 4,000 pages (16 MB)
        # one commit in some hundreds does; SQLite's own 1,000 makes it four times as often.
        db.executescript(
            f"PRAGMA journal_mode=WAL; PRAGMA synchronous={self._synchronous}; PRAGMA busy_timeout={patience_ms};"
            "PRAGMA cache_size=-65536; PRAGMA mmap_size=1073741824; PRAGMA temp_store=MEMORY;"
            "PRAGMA wal_autocheckpoint=4000;"
        )
        return db

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[sqlite3.Connection]:
        """All of what runs inside is kept, or, when it raises, nothing.

        What runs inside must not await: the connection is one for all. Only the lock may have to be waited for, while
        a query builds an index.
        """
        while not self._begun():  # noqa: ASYNC110 - the lock is SQLite's, which tells nobody when it is free
            await asyncio.sleep(_LOCK_POLL_SECONDS)
        with self._kept_or_nothing():
            yield self.writer

    def _begun(self) -> bool:
        try:
            self.writer.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                return False
            raise
        return True

    @contextmanager
    def _kept_or_nothing(self, *, begin: bool = False) -> Iterator[None]:
        if begin:
            self.writer.execute("BEGIN IMMEDIATE")
        try:
            with _container_may_be_gone():
                yield
        except BaseException:
            self.writer.execute("ROLLBACK")
            raise
        self.writer.execute("COMMIT")

    async def read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Runs a read that may take long away from the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._with_reader, work)

    def _with_reader(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = self._connection()
            self._opened.append(db)
        with _container_may_be_gone():
            return work(db)

    def create_container_tables(self, n: int) -> None:
        for statement in _CONTAINER_TABLES.format(n=n).split(";"):
            self.writer.execute(statement)
        self.writer.execute(_CONTAINER_TRIGGER.format(n=n))

    def create_versions_table(self, n: int) -> None:
        """For a container that keeps every version of its items; there may be one already."""
        self.writer.execute(_VERSIONS_TABLE.format(n=n))

    def drop_container_tables(self, n: int) -> None:
        self.writer.execute(f"DROP TABLE IF EXISTS versions_{n}")
        self.writer.execute(f"DROP TABLE docs_{n}")
        self.writer.execute(f"DROP TABLE unique_{n}")

    def close(self) -> None:
        self._readers.shutdown()
        for db in [*self._opened, self.writer, self._lock]:
            db.close()
        if self._temporary:
            self._temporary.cleanup()
