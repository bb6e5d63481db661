"""Every version of the items of a container that has a change feed policy: its changes, deletes among them.

Versions are kept for as long as the policy says. The last one that ran out stays as a mark: a reader who has not seen
it has missed versions, and is told so.
"""

import json
import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from embedded_cosmos.container import Container
from embedded_cosmos.errors import bad_request
from embedded_cosmos.partition import PartitionKey


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an item: its text and its sequence number in its range."""

    body: str
    range_lsn: int


def record(  # noqa: PLR0913 - one row
    db: sqlite3.Connection,
    container: Container,
    key: PartitionKey,
    sequence: tuple[int, int],
    *,
    current: Version | None,
    previous: Version | None,
    expired: bool = False,
) -> None:
    """Keep one change: a create has no previous version, a delete no current one; `expired` is a delete by time."""
    if container.retention is None:
        return
    lsn, range_lsn = sequence
    now = time.time()
    kind = "create" if previous is None else "replace" if current is not None else "delete"
    metadata: dict[str, Any] = {"lsn": range_lsn, "crts": int(now), "operationType": kind}
    parts = [f'"current":{current.body if current else "{}"}']
    if previous is not None:
        metadata["previousImageLSN"] = previous.range_lsn
    if kind == "delete" and previous is not None:
        metadata |= {"timeToLiveExpired": expired, "id": json.loads(previous.body)["id"]}
        parts.append(f'"previous":{previous.body}')
    body = "{" + ",".join([*parts, f'"metadata":{json.dumps(metadata)}']) + "}"
    sql = f"INSERT INTO {container.versions_table} (lsn, range_lsn, pk, epk, at, body) VALUES (?, ?, ?, ?, ?, ?)"
    db.execute(sql, (lsn, range_lsn, key.text, key.epk, now, body))


def changed(  # noqa: PLR0913 - the parts of one question
    db: sqlite3.Connection,
    container: Container,
    where: str,
    params: tuple[Any, ...],
    *,
    seen: int,
    since: int,
    size: int,
) -> list[tuple[int, int, str]]:
    """The versions behind a sequence number, in their order; a 400 where some of them are not kept any more."""
    table, oldest = container.versions_table, _oldest(container)
    missed = db.execute(f"SELECT 1 FROM {table} WHERE at <= ? AND lsn > ? LIMIT 1", (oldest, seen)).fetchone()
    if missed:
        raise outside_retention()
    sql = f"SELECT lsn, range_lsn, body FROM {table} WHERE {where} AND lsn > ? AND at >= ? ORDER BY lsn LIMIT ?"
    return db.execute(sql, (*params, seen, max(since, oldest), size)).fetchall()


def prune(db: sqlite3.Connection, container: Container) -> None:
    """Delete the expired versions, except the last one."""
    table = container.versions_table
    last = f"(SELECT max(lsn) FROM {table} WHERE at <= :oldest)"
    db.execute(f"DELETE FROM {table} WHERE lsn < {last}", {"oldest": _oldest(container)})


def outside_retention() -> Exception:
    return bad_request("You must read the change feed from within the retention period.")


def is_kept(container: Container, since: int) -> bool:
    """Whether every version since that second is there."""
    return since >= _oldest(container)


def _oldest(container: Container) -> float:
    return time.time() - (container.retention or 0)
