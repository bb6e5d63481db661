"""Index metrics: which indexes serve a query, and which the indexing policy lacks."""

import base64
import json
from typing import Any
from urllib.parse import unquote

import pytest

from embedded_cosmos.sql.query import Source, Utilization, utilization
from embedded_cosmos.tests.raw import Raw

POLICY: dict[str, Any] = {
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": "/hidden/*"}],
    "compositeIndexes": [[{"path": "/a", "order": "ascending"}, {"path": "/b", "order": "descending"}]],
}
COMPUTED = [{"name": "lower", "query": "SELECT VALUE LOWER(c.name) FROM c"}]


def of(text: str, *key_paths: str) -> Utilization:
    source = Source("docs", "1", (), pk_scoped=bool(key_paths), policy=POLICY, computed=COMPUTED)
    return utilization(source, text, tuple((path,) for path in key_paths))


def paths(singles: list[Any]) -> list[str]:
    return [".".join(one.path) for one in singles]


@pytest.mark.parametrize(
    ("condition", "used"),
    [
        ("c.a = 1", ["a"]),
        ("5 < c.a.b", ["a.b"]),
        ("c.a = 1 AND (c.b > 2 OR NOT (c.d IN (1)))", ["a", "b", "d"]),
        ("(c.a BETWEEN 1 AND 2) AND c.b LIKE 'x%'", ["a", "b"]),
        ("STARTSWITH(c.a, 'x') OR IS_DEFINED(c.b)", ["a", "b"]),
        ("c.a = c.b", ["a", "b"]),
        ("c.a + 1 = 2", []),
        ("true", []),
        ("c.lower = 'x'", []),
    ],
)
def test_each_path_of_a_condition_is_served_by_its_index(condition: str, used: list[str]) -> None:
    assert paths(of(f"SELECT * FROM c WHERE {condition}").used) == used


def test_a_path_that_is_not_indexed_is_missing() -> None:
    found = of("SELECT * FROM c WHERE c.hidden.x = 1 AND c.a > 1")
    assert (paths(found.used), paths(found.missing)) == (["a"], ["hidden.x"])
    assert found.used[0].filter == "(c.a > 1)"


def test_a_partition_key_that_the_request_names_is_an_index_too() -> None:
    assert of("SELECT * FROM c", "tenant", "owner").used == [(("tenant",), ""), (("owner",), "")]


@pytest.mark.parametrize(
    ("rest", "used", "missing"),
    [
        ("ORDER BY c.a", [], []),
        ("ORDER BY c.a, c.b DESC", ["a b-"], []),
        ("ORDER BY c.a DESC, c.b", ["a- b"], []),
        ("WHERE c.a = 1 ORDER BY c.b DESC", ["a b-"], []),
        ("WHERE c.a = 1 ORDER BY c.b", [], ["a b"]),
        ("WHERE c.d = 1 AND c.e = 2", [], ["d e"]),
        ("WHERE c.d = 1 OR c.e = 2", [], []),
        ("WHERE c.d = 1 ORDER BY c.d", [], []),
    ],
)
def test_what_is_held_to_a_value_and_what_is_sorted_by_would_share_an_index(
    rest: str, used: list[str], missing: list[str]
) -> None:
    found = of(f"SELECT * FROM c {rest}")

    def shown(composites: list[Any]) -> list[str]:
        return [" ".join(key.path[0] + "-" * key.descending for key in keys) for keys in composites]

    assert (shown(found.used_composites), shown(found.missing_composites)) == (used, missing)


@pytest.mark.parametrize(
    "text", ["SELECT 1", "SELECT * FROM x IN c.list WHERE x.a = 1", "SELECT VALUE COUNT(1) FROM c ORDER BY c.a + 1"]
)
def test_a_query_that_no_path_narrows_has_none(text: str) -> None:
    assert of(text) == Utilization()


def test_they_are_told_in_both_forms(raw: Raw, link: str) -> None:
    """Python asks for JSON in base64, .NET and JavaScript for JSON that is percent-encoded."""
    headers = {
        "x-ms-documentdb-isquery": "true",
        "Content-Type": "application/query+json",
        "x-ms-documentdb-partitionkey": '["p"]',
    }
    body = {"query": "SELECT * FROM c WHERE c.n = 1 AND c['größe'] > 2"}
    first = raw.send("POST", f"{link}/docs", body, {**headers, "x-ms-cosmos-populateindexmetrics": "True"})
    told = json.loads(base64.b64decode(first.headers["x-ms-cosmos-index-utilization"]))
    assert [one["IndexSpec"] for one in told["UtilizedSingleIndexes"]] == ["/pk/?", "/n/?", "/größe/?"]
    assert told["UtilizedSingleIndexes"][0]["FilterExpression"] == ""
    assert told["PotentialSingleIndexes"] == told["PotentialCompositeIndexes"] == []
    second = raw.send("POST", f"{link}/docs", body, {**headers, "x-ms-cosmos-populateindexmetrics-V2": "True"})
    brief = json.loads(unquote(second.headers["x-ms-cosmos-index-utilization"]))
    assert [one["IndexSpec"] for one in brief["Utilized"]["SingleIndexes"]] == ["/pk/?", "/n/?", "/größe/?"]
    assert brief["Potential"] == {"SingleIndexes": [], "CompositeIndexes": []}
