"""Everything that answers with pages of items: the plain feed, the change feed, and partition key ranges."""

import base64
import json
import sqlite3
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from embedded_cosmos import charges, versions
from embedded_cosmos.container import Container
from embedded_cosmos.errors import CONTAINER_RID_MISMATCH, CosmosError, bad_request, unsupported
from embedded_cosmos.expiry import sweep
from embedded_cosmos.partition import PartitionKey
from embedded_cosmos.ring import MAX_EPK, MIN_EPK, prefix_end
from embedded_cosmos.store import Store
from embedded_cosmos.wire import Call, Reply, content_path, feed, json_text

CROSS_PARTITION = "x-ms-documentdb-query-enablecrosspartition"
DEFAULT_PAGE = 100
MAX_PAGE = 1000
_MOST_ROWS = 10_000
_BEHIND_ALL = 2**62
# So few changes are walked through faster than a logical partition is sorted.
_NEAR_CHANGES = 1000
_MAX_SEQUENCE_DIGITS = 18
_BETWEEN = "epk >= ? AND epk < ?"


@dataclass(frozen=True, slots=True)
class Section:
    """The part of a container that a request looks at: a condition over the columns of its table."""

    where: str
    params: tuple[Any, ...]
    pk_scoped: bool
    range_id: str
    # Of a walk over all ranges: the part of the ring that it is in.
    span: tuple[str, str] | None = None

    @property
    def visible(self) -> tuple[str, tuple[Any, ...]]:
        """The condition without what has run out of time."""
        return f"{self.where} AND (expires IS NULL OR expires > ?)", (*self.params, int(time.time()))

    @property
    def visible_in_sequence(self) -> tuple[str, tuple[Any, ...]]:
        """The same, for a walk along the table or the sequence numbers; the plus keeps SQLite from other indexes."""
        where, params = self.visible
        return where.replace("pk ", "+pk ").replace("e+pk", "+epk"), params


def names_section(call: Call) -> bool:
    """Whether the request names a partition key or a range."""
    return "x-ms-documentdb-partitionkey" in call.headers or "x-ms-documentdb-partitionkeyrangeid" in call.headers


def cross_partition_disabled() -> CosmosError:
    return bad_request(
        f"Cross partition query is required but disabled. Please set {CROSS_PARTITION} to true, or specify"
        " x-ms-documentdb-partitionkey."
    )


def section_of_key(container: Container, key: PartitionKey) -> Section:
    """A logical partition, or all below a prefix of a hierarchical key."""
    range_id = container.range_of(key.epk).id
    if key.whole:
        return Section("pk = ?", (key.text,), pk_scoped=True, range_id=range_id)
    return Section(_BETWEEN, (key.epk, prefix_end(key.epk)), pk_scoped=False, range_id=range_id)


def section_of_walk(container: Container, low: str, high: str) -> Section:
    """A part of the ring that a walk over all ranges is in. A range that is split meanwhile is walked to its end."""
    range_id = container.range_of(low).id
    return Section(_BETWEEN, (low, high), pk_scoped=False, range_id=range_id, span=(low, high))


def section_of(container: Container, call: Call) -> Section:
    header = call.header("x-ms-documentdb-partitionkey")
    named = call.header("x-ms-documentdb-partitionkeyrangeid")
    if header is not None:
        return section_of_key(container, container.key.of_header(header))
    low, high = MIN_EPK, MAX_EPK
    if named is not None:
        part = container.range_by_id(named.rpartition(",")[2])
        low, high = part.low, part.high
    # The Python SDK spells version 1's keys in lower case.
    low = max(low, call.headers.get("x-ms-start-epk", low).upper())
    high = min(high, call.headers.get("x-ms-end-epk", high).upper())
    # Clients take the session token of one range; of several it is the first that is told.
    range_id = container.range_of(low).id
    if (low, high) == (MIN_EPK, MAX_EPK):
        return Section("1", (), pk_scoped=False, range_id=range_id)
    return Section(_BETWEEN, (low, high), pk_scoped=False, range_id=range_id)


def page_size(call: Call) -> int:
    text = call.header("x-ms-max-item-count")
    if text is None:
        return DEFAULT_PAGE
    try:
        size = int(text)
    except ValueError as error:
        raise bad_request(f"The page size '{text}' is no number.") from error
    if size == 0 or size < -1:
        raise bad_request(f"The page size {size} is neither positive nor -1.")
    return MAX_PAGE if size == -1 else min(size, _MOST_ROWS)


def encoded_token(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json_text(value).encode()).decode()


def decoded_token(text: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(text))
    except ValueError as error:
        raise invalid_token() from error
    if not isinstance(value, dict):
        raise invalid_token()
    return value


def invalid_token() -> CosmosError:
    return bad_request("Invalid Continuation Token: it is none that this server gave out.")


def page_headers(container: Container, section: Section, charge: float, count: int) -> dict[str, str]:
    return {
        "x-ms-request-charge": f"{charge:.2f}",
        "x-ms-session-token": container.session_of(section.range_id),
        "x-ms-documentdb-partitionkeyrangeid": section.range_id,
        "x-ms-item-count": str(count),
        "x-ms-alt-content-path": content_path("dbs", container.database.id, "colls", container.id),
        "x-ms-content-path": container.rid,
        "lsn": str(container.range_lsns[section.range_id]),
    }


class Feeds:
    """Serves pages of whole items."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def items(self, container: Container, call: Call) -> Reply:
        """Every item of the section, in the order of their creation, or against it."""
        section, size = section_of(container, call), page_size(call)
        token = call.header("x-ms-continuation")
        after = decoded_token(token).get("rid") if token else 0
        if not isinstance(after, int):
            raise invalid_token()
        where, params = section.visible if section.pk_scoped else section.visible_in_sequence
        reverse = call.headers.get("x-ms-enumeration-direction", "").lower() == "reverse"
        ahead, order = ("rid < ?", "rid DESC") if reverse else ("rid > ?", "rid")
        if reverse and not token:
            after = _BEHIND_ALL
        sql = f"SELECT rid, body FROM {container.table} WHERE {where} AND {ahead} ORDER BY {order} LIMIT ?"
        rows = await self._store.read(lambda db: db.execute(sql, (*params, after, size + 1)).fetchall())
        texts = [body for _, body in rows[:size]]
        charge = charges.of_read(charges.query(len(texts), sum(map(len, texts))), relaxed=call.is_relaxed)
        headers = page_headers(container, section, charge, len(texts))
        if len(rows) > size:
            headers["x-ms-continuation"] = encoded_token({"rid": rows[size - 1][0]})
        return Reply(200, feed("Documents", container.rid, texts), headers)

    async def changes(self, container: Container, call: Call) -> Reply:
        """What changed after the continuation, in order of change: each item's latest version, or every version."""
        kind = call.headers["A-IM"].lower()
        if kind not in ("incremental feed", "full-fidelity feed"):
            raise bad_request(f"The change feed mode '{call.headers['A-IM']}' is invalid.")
        section, size = section_of(container, call), page_size(call)
        position = _position(container, call)
        newest = container.lsn
        if kind == "full-fidelity feed":
            rows = await self._versions(container, call, section, position)
        else:
            rows = await self._store.read(lambda db: _changed(db, container.table, section, position, size))
        if not rows:
            headers = page_headers(container, section, charges.change_feed(0, 0), 0)
            # Nothing up to the newest change concerns this section, so the next reader starts behind it.
            return Reply(304, None, headers | {"etag": f'"{max(position.seen, newest)}"'})
        whole = kind == "full-fidelity feed"
        texts = [body if whole else f'{body[:-1]},"_lsn":{range_lsn}}}' for _, range_lsn, body in rows]
        headers = page_headers(container, section, charges.change_feed(len(rows), sum(map(len, texts))), len(rows))
        return Reply(200, feed("Documents", container.rid, texts), headers | {"etag": f'"{rows[-1][0]}"'})

    async def _versions(
        self, container: Container, call: Call, section: Section, position: "_Position"
    ) -> list[tuple[int, int, str]]:
        if container.retention is None:
            raise unsupported("All versions and deletes of a container without a change feed policy")
        from_the_start = position.start is None and call.header("If-None-Match") is None
        if from_the_start or (position.start is not None and not versions.is_kept(container, position.start)):
            raise versions.outside_retention()
        if container.ttl is not None:
            # The service deletes what has run out of time by and by; whoever reads here need not wait for that.
            await sweep(self._store, container)
        where, params, size = section.where, section.params, page_size(call)
        seen, since = position.seen, position.start or 0
        return await self._store.read(
            lambda db: versions.changed(db, container, where, params, seen=seen, since=since, size=size)
        )


@dataclass(frozen=True, slots=True)
class _Position:
    """After which change a page starts, and, for a start by time, the second before which nothing counts."""

    seen: int
    start: int | None
    far_behind: bool


def _position(container: Container, call: Call) -> _Position:
    start = None
    since = call.header("If-Modified-Since")
    if since is not None:
        try:
            start = int(parsedate_to_datetime(since).timestamp())
        except (ValueError, OverflowError) as error:
            raise bad_request(f"The start time '{since}' is no date.") from error
    seen = _seen(container, call.header("If-None-Match"))
    return _Position(seen, start, far_behind=container.lsn - seen > _NEAR_CHANGES)


def _seen(container: Container, token: str | None) -> int:
    if token is None:
        return 0
    if token == "*":  # noqa: S105 - the wildcard for "now", not a password
        return container.lsn
    number = token.strip('"')
    if not number.isdecimal() or len(number) > _MAX_SEQUENCE_DIGITS:
        raise bad_request(f"The change feed continuation {token} is malformed.")
    return int(number)


def _changed(
    db: sqlite3.Connection, table: str, section: Section, position: _Position, size: int
) -> list[tuple[int, int, str]]:
    where, params = section.visible if section.pk_scoped and position.far_behind else section.visible_in_sequence
    if position.start is not None:
        where, params = f"{where} AND json_extract(body, '$._ts') >= ?", (*params, position.start)
    sql = f"SELECT lsn, range_lsn, body FROM {table} WHERE {where} AND lsn > ? ORDER BY lsn LIMIT ?"
    return db.execute(sql, (*params, position.seen, size)).fetchall()


def conflicts(container: Container, call: Call) -> Reply:
    """There is one region, so that no two writes ever conflict. A query of them is let across as any other is."""
    if call.verb == "POST" and not names_section(call) and not call.flag(CROSS_PARTITION):
        raise cross_partition_disabled()
    headers = {"x-ms-request-charge": f"{charges.metadata():.2f}", "x-ms-item-count": "0"}
    return Reply(200, feed("Conflicts", container.rid, []), headers)


def key_ranges(container: Container, call: Call) -> Reply:
    """The physical partitions. The SDK asks again with the etag until it hears that nothing is new."""
    etag = f'"{container.n:x}-{len(container.ranges)}"'
    headers = {"etag": etag, "x-ms-request-charge": f"{charges.metadata():.2f}"}
    if call.header("If-None-Match") == etag:
        return Reply(304, None, headers)
    rows = [json_text(part.resource()) for part in container.ranges]
    return Reply(200, feed("PartitionKeyRanges", container.rid, rows), headers)


def check_container_rid(container: Container, call: Call) -> None:
    """A client that remembers a container of the same name that is gone is told to look again."""
    wanted = call.header("x-ms-cosmos-intended-collection-rid")
    if wanted and wanted != container.rid:
        raise CosmosError(400, "The container was created again since the client last read it.", CONTAINER_RID_MISMATCH)
