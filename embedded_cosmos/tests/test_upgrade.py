"""A data file of the first edition, which had one sequence number for all ranges of a container, opens and goes on."""

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos.aio import CosmosClient

from embedded_cosmos.partition import KeyDefinition
from embedded_cosmos.ring import MAX_EPK, MIN_EPK
from embedded_cosmos.server import serve
from embedded_cosmos.tests.sdk import ids, listed, query

# The tables as that edition made them.
FIRST_EDITION = """
CREATE TABLE databases (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, rid TEXT NOT NULL, ts INTEGER NOT NULL, offer TEXT
);
CREATE TABLE containers (
    n INTEGER PRIMARY KEY AUTOINCREMENT, database_n INTEGER NOT NULL REFERENCES databases (n), id TEXT NOT NULL,
    rid TEXT NOT NULL, ts INTEGER NOT NULL, version INTEGER NOT NULL, properties TEXT NOT NULL, ranges TEXT NOT NULL,
    lsn INTEGER NOT NULL, offer TEXT, UNIQUE (database_n, id)
);
CREATE TABLE docs_1 (
    rid INTEGER PRIMARY KEY AUTOINCREMENT, lsn INTEGER NOT NULL UNIQUE, pk TEXT NOT NULL, epk TEXT NOT NULL,
    id TEXT NOT NULL, body TEXT NOT NULL, expires INTEGER, UNIQUE (pk, id)
);
CREATE INDEX docs_1_epk ON docs_1 (epk);
CREATE INDEX docs_1_expires ON docs_1 (pk, expires) WHERE expires IS NOT NULL;
CREATE TABLE unique_1 (pk TEXT NOT NULL, key TEXT NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (pk, key)) WITHOUT ROWID;
CREATE INDEX unique_1_rid ON unique_1 (rid);
CREATE TRIGGER docs_1_gone AFTER DELETE ON docs_1 BEGIN DELETE FROM unique_1 WHERE rid = old.rid; END;
"""
MIDDLE = f"{1 << 125:032X}"
# It took this path, which no container can have any more.
KEY: dict[str, Any] = {"paths": ["/team id"], "kind": "Hash", "version": 2}
PROPERTIES: dict[str, Any] = {
    "id": "c",
    "partitionKey": KEY,
    "indexingPolicy": {"indexingMode": "consistent", "automatic": True, "includedPaths": [{"path": "/*"}]},
    "conflictResolutionPolicy": {"mode": "LastWriterWins", "conflictResolutionPath": "/_ts"},
}
TEAMS = [f"team {number}" for number in range(8)]


@pytest.fixture
async def container(tmp_path: Path) -> AsyncIterator[Any]:
    """Eight items with the numbers 1 to 8, and two ranges."""
    data = tmp_path / "data.db"
    with closing(sqlite3.connect(data, isolation_level=None)) as db:
        db.executescript(FIRST_EDITION)
        db.execute("INSERT INTO databases VALUES (1, 'db', 'HjsJAA==', 1, 'null')")
        ranges = [("0", MIN_EPK, MIDDLE), ("1", MIDDLE, MAX_EPK)]
        texts = [json.dumps(one) for one in (PROPERTIES, ranges)]
        sql = "INSERT INTO containers VALUES (1, 1, 'c', 'HjsJAIAAAAE=', 1, 1, ?, ?, ?, ?)"
        db.execute(sql, (*texts, len(TEAMS), '{"offerThroughput": 20000}'))
        key = KeyDefinition(KEY)
        for number, team in enumerate(TEAMS, 1):
            document = {"id": team, "team id": team, "n": number, "_ts": 1, "_etag": f'"1-{number}"', "_rid": "x"}
            place = key.of_document(document)
            row = (number, number, place.text, place.epk, team, json.dumps(document), None)
            db.execute("INSERT INTO docs_1 VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    async with serve(str(data)) as server, CosmosClient(server.url, server.key) as client:
        yield client.get_database_client("db").get_container_client("c")


async def test_its_items_are_read_queried_and_written(container: Any) -> None:
    assert (await container.read_item("team 3", "team 3"))["n"] == 4
    assert ids(await query(container, "SELECT * FROM c ORDER BY c.n")) == TEAMS
    await container.create_item({"id": "new", "team id": "team 3", "n": 0})
    assert ids(await query(container, "SELECT * FROM c ORDER BY c.n")) == ["new", *TEAMS]
    await container.delete_item("team 0", "team 0")
    assert len(await listed(container.read_all_items())) == len(TEAMS)


async def test_its_change_feed_goes_on_behind_what_was_read(container: Any) -> None:
    """The numbers of both ranges go on behind the highest that the container had given out."""
    feed = await listed(container.query_items_change_feed(start_time="Beginning"))
    assert sorted(ids(feed)) == TEAMS
    continuation = container.client_connection.last_response_headers["etag"]
    for team in TEAMS:
        await container.upsert_item({"id": team, "team id": team, "n": -1})
    later = await listed(container.query_items_change_feed(continuation=continuation))
    assert sorted(ids(later)) == TEAMS
    assert min(one["_lsn"] for one in later) > len(TEAMS)


async def test_its_throughput_splits_its_ranges(container: Any) -> None:
    await container.replace_throughput(40_000)
    assert len([one async for one in container.read_feed_ranges(force_refresh=True)]) == 4
    assert sorted(ids(await listed(container.read_all_items()))) == TEAMS
