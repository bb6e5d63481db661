"""The account's databases, containers and throughput settings: in memory for requests, in SQLite for the next start."""

import json
import math
import sqlite3
import time
from typing import Any

from embedded_cosmos import definitions, resource_ids
from embedded_cosmos.container import Container, Database, Offer
from embedded_cosmos.errors import (
    OWNER_NOT_FOUND,
    CosmosError,
    already_exists,
    bad_request,
    not_found,
    unsupported,
)
from embedded_cosmos.expiry import remove_expired
from embedded_cosmos.partition import new_key
from embedded_cosmos.ring import KeyRange, evenly_split, split
from embedded_cosmos.store import Store

# The service gives a physical partition at most this many request units a second.
MAX_RANGE_THROUGHPUT = 10_000
_MAX_RANGES = 100


class Catalog:
    """Finds, makes and removes databases and containers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.databases: dict[str, Database] = {}
        self._load()

    def _load(self) -> None:
        by_number = {}
        for n, id_, rid, ts, offer in self._store.writer.execute("SELECT n, id, rid, ts, offer FROM databases"):
            by_number[n] = self.databases[id_] = Database(n, id_, rid, ts, json.loads(offer or "null"))
        rows = self._store.writer.execute(
            "SELECT n, database_n, rid, ts, version, properties, ranges, lsn, range_lsns, offer FROM containers"
        )
        for n, database_n, rid, ts, version, properties, ranges, lsn, range_lsns, offer in rows:
            parts = [KeyRange(id_, low, high, tuple(*parents)) for id_, low, high, *parents in json.loads(ranges)]
            # A file of an earlier version has one sequence for all ranges.
            lsns = json.loads(range_lsns) if range_lsns else {part.id: lsn for part in parts}
            database = by_number[database_n]
            container = Container(
                n, database, rid, ts, version, json.loads(properties), parts, lsn, lsns, json.loads(offer or "null")
            )
            database.containers[container.id] = container

    def database(self, id_or_rid: str) -> Database:
        found = self.databases.get(id_or_rid)
        found = found or next((one for one in self.databases.values() if one.rid == id_or_rid), None)
        if found is None:
            raise not_found("the database")
        return found

    def container(self, database_id: str, id_or_rid: str, *, owner: bool = True) -> Container:
        """`owner` says that the container is not what is asked for, only where it lies."""
        substatus = OWNER_NOT_FOUND if owner else 0
        try:
            database = self.database(database_id)
        except CosmosError as error:
            raise not_found("the database", OWNER_NOT_FOUND) from error
        found = database.containers.get(id_or_rid)
        found = found or next((one for one in database.containers.values() if one.rid == id_or_rid), None)
        if found is None:
            raise not_found("the container", substatus)
        return found

    def containers(self) -> list[Container]:
        return [container for database in self.databases.values() for container in database.containers.values()]

    async def create_database(self, given: dict[str, Any], offer: Offer | None) -> Database:
        id_ = definitions.checked_id(given.get("id"))
        now = int(time.time())
        async with self._store.transaction() as db:
            if id_ in self.databases:
                raise already_exists("the database")
            rid = resource_ids.new_database_rid()
            sql = "INSERT INTO databases (id, rid, ts, offer) VALUES (?, ?, ?, ?)"
            n = int(db.execute(sql, (id_, rid, now, json.dumps(offer))).lastrowid or 0)
        database = self.databases[id_] = Database(n, id_, rid, now, offer)
        return database

    async def delete_database(self, database: Database) -> None:
        async with self._store.transaction() as db:
            self.database(database.id)
            for container in database.containers.values():
                self._store.drop_container_tables(container.n)
            db.execute("DELETE FROM containers WHERE database_n = ?", (database.n,))
            db.execute("DELETE FROM users WHERE database_n = ?", (database.n,))
            db.execute("DELETE FROM databases WHERE n = ?", (database.n,))
        del self.databases[database.id]

    async def create_container(
        self, database: Database, given: dict[str, Any], offer: Offer | None, *, keyless: bool = False
    ) -> Container:
        """`keyless` takes a definition without a partition key."""
        properties = definitions.container_properties(given, keyless=keyless)
        key = new_key(properties["partitionKey"])
        if offer is None and database.offer is None:
            offer = {"offerThroughput": 400}
        ranges = evenly_split(_range_count(offer), key.version)
        lsns = {part.id: 0 for part in ranges}
        now = int(time.time())
        async with self._store.transaction() as db:
            self.database(database.id)
            if properties["id"] in database.containers:
                raise already_exists("the container")
            sql = (
                "INSERT INTO containers (database_n, id, rid, ts, version, properties, ranges, lsn, range_lsns, offer)"
                " VALUES (?, ?, '', ?, 1, ?, ?, 0, ?, ?)"
            )
            texts = [json.dumps(one) for one in (properties, _stored(ranges), lsns, offer)]
            values = (database.n, properties["id"], now, *texts)
            n = int(db.execute(sql, values).lastrowid or 0)
            rid = resource_ids.container_rid(database.rid, n)
            db.execute("UPDATE containers SET rid = ? WHERE n = ?", (rid, n))
            self._store.create_container_tables(n)
            if definitions.retention_seconds(properties) is not None:
                self._store.create_versions_table(n)
        container = Container(n, database, rid, now, 1, properties, ranges, 0, lsns, offer)
        database.containers[container.id] = container
        return container

    async def replace_container(self, container: Container, given: dict[str, Any]) -> None:
        """Indexing policy and TTL may change; what places and separates the documents is fixed at creation."""
        properties = definitions.container_properties(
            given, keyless="systemKey" in container.properties["partitionKey"]
        )
        for name in ("id", "partitionKey", "uniqueKeyPolicy", "conflictResolutionPolicy"):
            if properties.get(name) != container.properties.get(name):
                raise bad_request(f"The container property '{name}' cannot be changed after creation.")
        now = int(time.time())
        async with self._store.transaction() as db:
            sql = "UPDATE containers SET properties = ?, version = version + 1, ts = ? WHERE n = ?"
            db.execute(sql, (json.dumps(properties), now, container.n))
            if definitions.retention_seconds(properties) is not None:
                self._store.create_versions_table(container.n)
            if definitions.default_ttl(properties) != container.ttl:
                _recompute_expiry(db, container, definitions.default_ttl(properties))
        container.apply(properties)
        container.version += 1
        container.ts = now

    async def delete_container(self, container: Container) -> None:
        async with self._store.transaction() as db:
            self.container(container.database.id, container.id)
            self._store.drop_container_tables(container.n)
            db.execute("DELETE FROM containers WHERE n = ?", (container.n,))
        del container.database.containers[container.id]

    async def replace_offer(self, owner: Database | Container, offer: Offer) -> None:
        """Set a throughput; a container whose physical partitions cannot serve it gets more of them."""
        table = "databases" if isinstance(owner, Database) else "containers"
        count = _range_count(offer)
        async with self._store.transaction() as db:
            db.execute(f"UPDATE {table} SET offer = ? WHERE n = ?", (json.dumps(offer), owner.n))
            if isinstance(owner, Container) and count > len(owner.ranges):
                self._split(owner, count)
        owner.offer = offer

    def _split(self, container: Container, count: int) -> None:
        """A range that comes out of another one goes on with its sequence, so that what was read of it stays read."""
        ranges = split(container.ranges, count, container.key.version)
        old = container.range_lsns
        lsns = {part.id: old[next(id_ for id_ in (part.id, *reversed(part.parents)) if id_ in old)] for part in ranges}
        sql = "UPDATE containers SET ranges = ?, range_lsns = ? WHERE n = ?"
        self._store.writer.execute(sql, (json.dumps(_stored(ranges)), json.dumps(lsns), container.n))
        container.ranges, container.range_lsns = ranges, lsns


def _stored(ranges: list[KeyRange]) -> list[Any]:
    return [(part.id, part.low, part.high, part.parents) for part in ranges]


def _range_count(offer: Offer | None) -> int:
    if offer is None:
        return 1
    autopilot = offer.get("offerAutopilotSettings") or {}
    throughput = autopilot.get("maxThroughput") or offer.get("offerThroughput") or 0
    count = max(1, math.ceil(throughput / MAX_RANGE_THROUGHPUT))
    if count > _MAX_RANGES:
        raise unsupported(f"A throughput of more than {_MAX_RANGES * MAX_RANGE_THROUGHPUT} RU/s")
    return count


def _recompute_expiry(db: sqlite3.Connection, container: Container, ttl: int | None) -> None:
    """Documents that have expired stay deleted, even if the new default would have kept them."""
    table = container.table
    remove_expired(db, container)
    container.save_sequence(db)
    if ttl is None:
        db.execute(f"UPDATE {table} SET expires = NULL WHERE expires IS NOT NULL")
        return
    own = "coalesce(json_extract(body, '$.ttl'), ?)"
    sql = f"UPDATE {table} SET expires = CASE WHEN {own} > 0 THEN json_extract(body, '$._ts') + {own} + 1 END"
    db.execute(sql, (ttl, ttl))
