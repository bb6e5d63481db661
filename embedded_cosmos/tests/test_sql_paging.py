"""Pages and their continuations: nothing twice, nothing left out, while others write and after a restart."""

from pathlib import Path
from typing import Any

import pytest

from embedded_cosmos.sql.query import Page, execute
from embedded_cosmos.tests.sql_table import Document, Table

COMPOSITE = [{"path": "/day", "order": "ascending"}, {"path": "/n", "order": "ascending"}]


def documents(count: int) -> list[Document]:
    return [{"id": f"{n:03}", "n": n, "day": n // 4, "tags": ["a", "b", "c"][: n % 4]} for n in range(count)]


def next_page(table: Table, text: str, after: Any, size: int = 10) -> Page:
    return execute(table.db, table.source(), text, {}, page_size=size, after=after)


QUERIES = [
    "SELECT VALUE c.id FROM c",
    "SELECT VALUE c.id FROM c WHERE c.n >= 0",
    "SELECT VALUE c.id FROM c ORDER BY c.day",
    "SELECT VALUE c.id FROM c ORDER BY c.day DESC",
    "SELECT VALUE c.id FROM c WHERE c.day < 1000 ORDER BY c.day DESC",
    "SELECT VALUE c.id FROM c ORDER BY c.day, c.n",
    "SELECT VALUE c.id FROM c ORDER BY c.id DESC",
    "SELECT DISTINCT VALUE c.id FROM c ORDER BY c.day DESC",
]


@pytest.mark.parametrize("text", QUERIES)
@pytest.mark.parametrize("large", [False, True])
def test_rows_that_stay_come_once_whatever_is_written_between_pages(text: str, large: bool) -> None:
    table = Table({"compositeIndexes": [COMPOSITE]})
    if large:
        table.pretend_to_be_large()
    table.put(documents(100))
    seen: list[str] = []
    after, round_ = None, 0
    while True:
        page = next_page(table, text, after)
        seen += [row.strip('"') for row in page.rows]
        if page.after is None:
            break
        after, round_ = page.after, round_ + 1
        # The last row of the page goes, and new ones come before, behind and among what is there.
        table.db.execute("DELETE FROM docs_1 WHERE id = ?", (seen[-1],))
        table.put([{"id": f"new{round_}-{day}", "n": -1, "day": day} for day in (-1, 3, 12, 999)])
    old = [id_ for id_ in seen if not id_.startswith("new")]
    assert sorted(old) == [document["id"] for document in documents(100)]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize("text", QUERIES)
def test_a_continuation_outlives_the_connection(text: str, tmp_path: Path) -> None:
    path = str(tmp_path / "data.db")
    table = Table({"compositeIndexes": [COMPOSITE]}, path)
    table.put(documents(25))
    expected = table.query(text)
    first = next_page(table, text, None)
    table.db.close()
    again = Table.opened(path, table.policy)
    second = next_page(again, text, first.after)
    third = next_page(again, text, second.after)
    assert [row.strip('"') for page in (first, second, third) for row in page.rows] == expected
    assert third.after is None


def test_a_page_may_end_inside_of_a_joined_item() -> None:
    table = Table()
    table.put(documents(20))
    text = "SELECT c.id, t FROM c JOIN t IN c.tags"
    whole = table.query(text)
    assert len(whole) == 30
    for size in (1, 2, 4, 7):
        assert table.query(text, size=size) == whole


def test_top_offset_and_limit_hold_over_all_pages() -> None:
    table = Table()
    table.put(documents(50))
    everything = [document["id"] for document in documents(50)]
    assert table.query("SELECT TOP 23 VALUE c.id FROM c", size=10) == everything[:23]
    assert table.query("SELECT VALUE c.id FROM c OFFSET 7 LIMIT 25", size=10) == everything[7:32]
    assert table.query("SELECT TOP 0 * FROM c") == []
    assert table.query("SELECT * FROM c OFFSET 100 LIMIT 5", size=2) == []


def test_the_last_page_says_that_it_is_the_last() -> None:
    table = Table()
    table.put(documents(20))
    assert [len(page) for page in table.pages("SELECT * FROM c", size=10)] == [10, 10]
    assert [len(page) for page in table.pages("SELECT * FROM c WHERE c.n < 10", size=10)] == [10]


def test_a_page_looks_at_no_more_than_it_needs() -> None:
    table = Table()
    table.put(documents(100))
    assert next_page(table, "SELECT * FROM c ORDER BY c.day", None).read == 11
    assert next_page(table, "SELECT TOP 3 * FROM c WHERE c.n > 50", None).read <= 5
