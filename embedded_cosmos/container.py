"""A database and a container: their properties, and what requests need of them parsed once."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from embedded_cosmos import definitions, resource_ids
from embedded_cosmos.errors import RANGE_GONE, CosmosError
from embedded_cosmos.partition import KeyDefinition
from embedded_cosmos.ring import KeyRange
from embedded_cosmos.sql.columns import Path
from embedded_cosmos.sql.policy import is_indexed, reaches_indexed

Offer = dict[str, Any]


@dataclass(slots=True)
class Database:
    """One database and its containers by id."""

    n: int
    id: str
    rid: str
    ts: int
    offer: Offer | None
    containers: dict[str, "Container"] = field(default_factory=dict)

    @property
    def resource(self) -> dict[str, Any]:
        system = {"_rid": self.rid, "_self": f"dbs/{self.rid}/", "_etag": f'"{self.n:08x}"', "_ts": self.ts}
        return {"id": self.id, **system, "_colls": "colls/", "_users": "users/"}


@dataclass(slots=True)
class Container:
    """One container: its properties, and what requests need of them parsed once."""

    n: int
    database: Database
    rid: str
    ts: int
    version: int
    properties: dict[str, Any]
    ranges: list[KeyRange]
    lsn: int
    range_lsns: dict[str, int]
    offer: Offer | None
    key: KeyDefinition = field(init=False)
    unique: definitions.UniqueKeys = field(init=False)
    ttl: int | None = field(init=False)
    retention: int | None = field(init=False)
    document_ids: resource_ids.DocumentIds = field(init=False)
    is_indexed: Callable[[Path], bool] = field(init=False)
    reaches_indexed: Callable[[Path], bool] = field(init=False)

    def __post_init__(self) -> None:
        self.document_ids = resource_ids.DocumentIds(self.rid)
        self.apply(self.properties)

    def apply(self, properties: dict[str, Any]) -> None:
        self.properties = properties
        self.key = KeyDefinition(properties["partitionKey"])
        self.unique = definitions.UniqueKeys(properties.get("uniqueKeyPolicy"))
        self.ttl = definitions.default_ttl(properties)
        self.retention = definitions.retention_seconds(properties)
        policy = properties["indexingPolicy"]
        self.is_indexed = lru_cache(4096)(partial(is_indexed, policy))
        self.reaches_indexed = lru_cache(4096)(partial(reaches_indexed, policy))

    @property
    def id(self) -> str:
        return str(self.properties["id"])

    @property
    def table(self) -> str:
        return f"docs_{self.n}"

    @property
    def versions_table(self) -> str:
        return f"versions_{self.n}"

    @property
    def link(self) -> str:
        return f"dbs/{self.database.rid}/colls/{self.rid}/"

    @property
    def resource(self) -> dict[str, Any]:
        etag = f'"{self.n:08x}-{self.version:08x}"'
        system = {"_rid": self.rid, "_self": self.link, "_etag": etag, "_ts": self.ts}
        feeds = {"_docs": "docs/", "_sprocs": "sprocs/", "_triggers": "triggers/", "_udfs": "udfs/"}
        return {**self.properties, **system, **feeds, "_conflicts": "conflicts/"}

    def advance(self, epk: str, *, same_change: bool = False) -> tuple[int, int]:
        """The sequence numbers of the next change: in the container, and in the range that it falls into.

        What belongs to the `same_change` as the one before has the same number in its range.
        """
        self.lsn += 1
        range_id = self.range_of(epk).id
        self.range_lsns[range_id] += not same_change
        return self.lsn, self.range_lsns[range_id]

    def save_sequence(self, db: sqlite3.Connection) -> None:
        """Keep the sequence numbers: one that was given out must not come again after a restart."""
        sql = "UPDATE containers SET lsn = ?, range_lsns = ? WHERE n = ?"
        db.execute(sql, (self.lsn, json.dumps(self.range_lsns), self.n))

    def session_of(self, range_id: str) -> str:
        """The session token that a response about this range bears."""
        return f"{range_id}:-1#{self.range_lsns[range_id]}"

    def range_of(self, epk: str) -> KeyRange:
        return next(part for part in self.ranges if epk < part.high)

    def range_by_id(self, range_id: str) -> KeyRange:
        for part in self.ranges:
            if part.id == range_id:
                return part
        raise CosmosError(410, f"The partition key range {range_id} is gone.", RANGE_GONE)
