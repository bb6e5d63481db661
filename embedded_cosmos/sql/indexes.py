"""SQLite indexes over typed paths, made when a query of a table that has grown first needs them.

They stay few: one path behind the partition key for a query inside a partition; for one that spans partitions, at most
two paths of equality and the one that orders or bounds the result.
"""

import hashlib
import sqlite3
from dataclasses import dataclass

from embedded_cosmos.sql.columns import ID, Column, Path
from embedded_cosmos.sql.keyset import Key
from embedded_cosmos.sql.narrowing import Bound

# A smaller table is read faster than an index pays for itself.
LARGE = 500
# More indexes than this on one table would make writing slow.
MOST = 8


@dataclass(frozen=True)
class Index:
    """`leading` is true for those behind the partition key; then come paths and their directions."""

    leading: bool
    equal: tuple[Path, ...]
    keys: tuple[Key, ...]

    @property
    def terms(self) -> str:
        found = ["pk"] if self.leading else []
        for path in self.equal:
            found += Column(path).varies
        flip = bool(self.keys) and self.keys[0].descending
        for key in self.keys:
            direction = " DESC" if key.descending != flip else ""
            found += [term + direction for term in Column(key.path).varies]
        return ",".join(found)


def wanted(
    pk_scoped: bool, bounds: dict[Path, Bound], keys: list[Key], either_path: Path | None = None
) -> Index | None:
    """The index that would serve such a query, if it is not one that the table has anyway.

    `either_path`: the path of which nothing but an OR is known.
    """
    if either_path:
        return Index(pk_scoped, (), (Key(either_path, descending=False),))
    points = [path for path, bound in bounds.items() if bound.is_point and path != ID]
    moving = tuple(key for key in keys if key.path not in points)
    if not keys:
        # What is found comes in the order of creation; the path that bounds it still finds it.
        moving = tuple(ranges(bounds))
    if pk_scoped:
        if ID in bounds or [key.path for key in moving] == [ID]:
            return None
        equal = () if moving else tuple(points[:1])
        return Index(True, equal, moving) if equal or moving else None
    equal = tuple(points[:2])
    return Index(False, equal, moving) if equal or moving else None


def ranges(bounds: dict[Path, Bound]) -> list[Key]:
    """The first path that is bound to an interval, and not to one value: as a key, or none."""
    return [Key(path, descending=False) for path, bound in bounds.items() if not bound.is_point][:1]


def ensure(db: sqlite3.Connection, table: str, index: Index) -> str | None:
    """The index's name, made if need be; None where there is none and none can be made now."""
    digest = hashlib.sha256(index.terms.encode()).hexdigest()[:16]
    prefix = f"{table}_path_"
    name = prefix + digest
    listed = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND substr(name, 1, ?) = ?"
    existing = {row[0] for row in db.execute(listed, (table, len(prefix), prefix))}
    if name in existing:
        return name
    if len(existing) >= MOST or db.in_transaction or not is_large(db, table):
        return None
    return name if create(db, f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({index.terms})") else None


def is_large(db: sqlite3.Connection, table: str) -> bool:
    (last,) = db.execute(f"SELECT max(rid) FROM {table}").fetchone()
    return last is not None and last >= LARGE


def create(db: sqlite3.Connection, statement: str) -> bool:
    """Whether it succeeded: a busy or read-only database does without, this time."""
    (patience,) = db.execute("PRAGMA busy_timeout").fetchone()
    db.execute("PRAGMA busy_timeout = 100")
    try:
        db.execute(statement)
    except sqlite3.OperationalError:
        return False
    finally:
        db.execute(f"PRAGMA busy_timeout = {patience}")
    return True
