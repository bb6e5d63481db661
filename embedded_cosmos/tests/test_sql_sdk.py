"""Queries as applications send them, through both SDKs: one partition, and one physical range without a key."""

from typing import Any

import pytest

from embedded_cosmos.tests.conftest import NewContainer
from embedded_cosmos.tests.sdk import done, ids, page_of, query, query_pages, status_of

COMPOSITE = [{"path": "/team", "order": "ascending"}, {"path": "/start", "order": "descending"}]
POLICY = {
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": "/secret/?"}],
    "compositeIndexes": [COMPOSITE],
}


@pytest.fixture
async def entries(new_container: NewContainer) -> Any:
    container = await new_container(indexing_policy=POLICY)
    for day in range(1, 21):
        end = {} if day == 20 else {"end": None if day == 19 else f"2026-03-{day:02}T18"}
        entry = {"id": f"{day:02}", "pk": "me", "start": f"2026-03-{day:02}T09", "team": f"t{day % 2}", "n": day, **end}
        await done(container.create_item(entry))
    await done(container.create_item({"id": "timeline", "pk": "me", "kind": "timeline", "start": "2026-03-05T00"}))
    await done(container.create_item({"id": "theirs", "pk": "you", "start": "2026-03-05T09", "team": "t0"}))
    return container


RANGE = {"a": "2026-03-05T00", "b": "2026-03-08T00"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "SELECT * FROM c WHERE c.start >= @a AND c.start < @b AND NOT IS_DEFINED(c.kind) ORDER BY c.start DESC",
            ["07", "06", "05"],
        ),
        (
            "SELECT TOP 1 * FROM c WHERE c.start < @a AND NOT IS_DEFINED(c.deleted) ORDER BY c.start DESC",
            ["04"],
        ),
        (
            "SELECT * FROM c WHERE (c.end > '2026-03-18' OR c.end = null OR NOT IS_DEFINED(c.end)) AND c.n > 1",
            ["18", "19", "20"],
        ),
        ("SELECT * FROM c WHERE ARRAY_CONTAINS(@ids, c.id) AND c.id != '02'", ["01", "03"]),
        ("SELECT * FROM c WHERE c.team = 't1' ORDER BY c.team DESC, c.start ASC OFFSET 1 LIMIT 2", ["03", "05"]),
    ],
)
async def test_one_partition(entries: Any, text: str, expected: list[str]) -> None:
    values = {**RANGE, "ids": ["01", "02", "03"]}
    found = ids(await query(entries, text, values=values, partition_key="me"))
    assert (found if "ORDER BY" in text else sorted(found)) == expected


async def test_values_groups_and_counts(entries: Any) -> None:
    text = "SELECT c.team, COUNT(1) AS entries, SUM(c.n) AS n FROM c WHERE NOT IS_DEFINED(c.kind) GROUP BY c.team"
    found = await query(entries, text, partition_key="me")
    assert sorted(found, key=lambda group: group["team"]) == [
        {"team": "t0", "entries": 10, "n": 110},
        {"team": "t1", "entries": 10, "n": 100},
    ]
    assert await query(
        entries, "SELECT VALUE COUNT(1) FROM c WHERE c.start >= @a AND c.start < @b", values=RANGE, partition_key="me"
    ) == [4]
    assert await query(entries, "SELECT DISTINCT VALUE c.team FROM c ORDER BY c.team", partition_key="me") == [
        "t0",
        "t1",
    ]


async def test_one_range_answers_without_a_key(entries: Any) -> None:
    text = "SELECT VALUE c.pk FROM c WHERE c.start >= @a AND c.start < @b AND c.team = 't0' ORDER BY c.start"
    assert await query(entries, text, values=RANGE) == ["you", "me"]
    assert await query(entries, "SELECT VALUE COUNT(1) FROM c") == [22]


async def test_a_token_continues_an_ordered_query(entries: Any) -> None:
    text = "SELECT * FROM c WHERE NOT IS_DEFINED(c.kind) ORDER BY c.start DESC"
    pages = query_pages(entries, text, partition_key="me", max_item_count=8).by_page()
    assert ids(await page_of(pages)) == [f"{day:02}" for day in range(20, 12, -1)]
    await done(entries.create_item({"id": "late", "pk": "me", "start": "2026-03-31T09"}))
    await done(entries.delete_item("13", "me"))
    again = query_pages(entries, text, partition_key="me", max_item_count=8).by_page(pages.continuation_token)
    assert ids(await page_of(again)) == [f"{day:02}" for day in range(12, 4, -1)]
    assert ids(await page_of(again)) == [f"{day:02}" for day in range(4, 0, -1)]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM c WHERE",
        "SELECT * FROM c ORDER BY c.secret",
        "SELECT * FROM c ORDER BY c.start, c.team",
        "SELECT * FROM c ORDER BY LOWER(c.team)",
        "SELECT NOSUCHFUNCTION(c.a) FROM c",
        "SELECT * FROM c WHERE d.a = 1",
    ],
)
async def test_a_wrong_query_is_a_400(entries: Any, text: str) -> None:
    assert await status_of(lambda: query(entries, text, partition_key="me")) == 400
