"""What SQLite is made to do: an index for what applications ask, few of them, and none where they can't be made."""

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from embedded_cosmos.sql.errors import SqlError
from embedded_cosmos.sql.query import execute
from embedded_cosmos.tests.sql_table import Document, Table

MONTH = (
    "SELECT * FROM c WHERE c.start_date >= @a AND c.start_date < @b AND NOT IS_DEFINED(c.kind)"
    " AND NOT IS_DEFINED(c.deleted){} ORDER BY c.start_date DESC"
)
WHOLE_TENANT = (
    "SELECT * FROM c WHERE c.tenant_id = @t AND c.start_date >= @a AND c.start_date < @b{} ORDER BY c.start_date"
)
PARAMETERS = {
    "@a": "2026-01-02",
    "@b": "2026-01-03",
    "@t": "T",
    "@last": "2026-12-26",
    "@p": "p1",
    "@id": "none",
    "@ids": ["o1", "o2"],
    "@n": 1,
}


def entries(count: int) -> list[Document]:
    return [
        {"id": f"{n:05}", "tenant_id": "T", "owner_id": f"o{n % 5}", "project_id": f"p{n % 3}", "start_date": date(n)}
        for n in range(count)
    ]


def date(number: int) -> str:
    return f"2026-{1 + number // 28 % 12:02}-{1 + number % 28:02}"


@pytest.fixture
def table() -> Table:
    made = Table()
    made.put(entries(1500))
    made.put([{**document, "id": "x" + document["id"]} for document in entries(100)], pk='["q"]')
    return made


def steps(table: Table, text: str, *, pk: str | None = '["p"]', after: Any = None) -> tuple[list[str], int]:
    """SQLite's plan for what the query runs, and how many documents it looked at."""
    statements: list[str] = []
    table.db.set_trace_callback(statements.append)
    page = execute(table.db, table.source(pk=pk), text, PARAMETERS, page_size=20, after=after)
    table.db.set_trace_callback(None)
    reads = [statement for statement in statements if statement.startswith("SELECT rid")]
    return [row[3] for read in reads for row in table.db.execute(f"EXPLAIN QUERY PLAN {read}")], page.read


@pytest.mark.parametrize(
    ("text", "pk"),
    [
        (MONTH.format(""), '["p"]'),
        (MONTH.format(" AND c.project_id = @p AND c.id != @id"), '["p"]'),
        (
            "SELECT TOP 1 * FROM c WHERE c.start_date < @b AND NOT IS_DEFINED(c.kind) ORDER BY c.start_date DESC",
            '["p"]',
        ),
        ("SELECT * FROM c ORDER BY c.start_date", '["p"]'),
        ("SELECT * FROM c WHERE c.project_id = @p", '["p"]'),
        (WHOLE_TENANT.format(""), None),
        (WHOLE_TENANT.format(" AND ARRAY_CONTAINS(@ids, c.owner_id)"), None),
        ("SELECT * FROM c WHERE c.tenant_id = @t AND c.owner_id = 'o1' AND c.project_id = @p", None),
        ("SELECT * FROM c ORDER BY c.start_date", None),
    ],
)
def test_a_large_table_is_searched_by_an_index_that_gives_the_order(table: Table, text: str, pk: str | None) -> None:
    plan, _ = steps(table, text, pk=pk)
    assert plan
    assert all("USING INDEX docs_1_path_" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan
    if "WHERE" in text:
        assert all(step.startswith("SEARCH") for step in plan), plan


@pytest.mark.parametrize(
    "undecided",
    [
        "(IS_NULL(@none) OR @none = (NOT IS_DEFINED(c.billable) OR c.billable))",
        "NOT (IS_NUMBER(@none) AND c.hours * 2 > 3)",
    ],
)
def test_what_a_filter_that_is_not_given_says_of_documents_is_left_out(table: Table, undecided: str) -> None:
    statements: list[str] = []
    table.db.set_trace_callback(statements.append)
    text = f"SELECT c.id FROM c WHERE {undecided}"
    page = execute(table.db, table.source(), text, {"@none": None}, page_size=3, after=None)
    table.db.set_trace_callback(None)
    assert len(page.rows) == 3
    # SQLite alone decides, so that it can stop by itself.
    assert all("LIMIT" in statement for statement in statements if statement.startswith("SELECT rid"))


def test_a_filter_that_is_not_given_is_checked_all_the_same(table: Table) -> None:
    with pytest.raises(SqlError):
        execute(table.db, table.source(), "SELECT * FROM c WHERE true OR NO_SUCH(c.id)", {}, page_size=3, after=None)


def test_a_range_is_searched_by_its_index(table: Table) -> None:
    plan, read = steps(table, "SELECT * FROM c WHERE c.start_date BETWEEN @a AND @b", pk='["p"]')
    assert plan[0].startswith("SEARCH")
    assert "USING INDEX docs_1_path_" in plan[0]
    assert read < 20


RANGE = "SELECT VALUE c.id FROM c WHERE c.start_date >= @a AND NOT IS_DEFINED(c.kind)"


@pytest.mark.parametrize("pk", ['["p"]', None])
def test_each_page_of_a_range_without_an_order_takes_the_same_work(table: Table, pk: str | None) -> None:
    works: list[int] = []
    after = None
    while not works or after is not None:
        works.append(work(table, RANGE, pk, after=after))
        after = execute(table.db, table.source(pk=pk), RANGE, PARAMETERS, page_size=20, after=after).after
    assert len(works) > 70
    assert max(works) < 1.5 * min(works[:-1])


@pytest.mark.parametrize("pk", ['["p"]', None])
def test_pages_of_a_range_hold_each_match_once_though_the_table_grows_meanwhile(pk: str | None) -> None:
    table = Table()
    table.put(entries(300))
    pages = iter(table.pages(RANGE, PARAMETERS, size=7, pk=pk))
    found = next(pages)
    table.put([{**entry, "id": f"later{entry['id']}"} for entry in entries(600)])
    found += [row for page in pages for row in page]
    expected = [entry["id"] for entry in entries(300) if entry["start_date"] >= "2026-01-02"]
    assert [name for name in found if not name.startswith("later")] == expected
    assert len(found) == len(set(found)) == 3 * len(expected)


def work(table: Table, text: str, pk: str | None, after: Any = None) -> int:
    """How many steps SQLite takes, in tens: what it does with the parameters themselves, which no plan tells."""
    taken: list[None] = []
    execute(table.db, table.source(pk=pk), text, PARAMETERS, page_size=20, after=after)
    table.db.set_progress_handler(lambda: taken.append(None), 10)
    execute(table.db, table.source(pk=pk), text, PARAMETERS, page_size=20, after=after)
    table.db.set_progress_handler(None, 10)
    return len(taken)


@pytest.mark.parametrize("pk", ['["p"]', None])
@pytest.mark.parametrize("parts", ["c.start_date > @last OR IS_NULL(c.start_date)", "IS_NULL(c.x) OR (c.x = @t)"])
def test_a_range_or_null_is_searched_by_its_index(table: Table, pk: str | None, parts: str) -> None:
    """What ends after an instant, or does not end."""
    table.put([{"id": "running", "start_date": None, "x": "T"}])
    _, read = steps(table, f"SELECT * FROM c WHERE {parts}", pk=pk)

    assert 0 < read < 10
    assert work(table, f"SELECT * FROM c WHERE NOT IS_DEFINED(c.kind) AND ({parts})", pk) < 150


def test_a_range_or_null_of_what_is_sorted_is_read_in_the_order(table: Table) -> None:
    text = "SELECT * FROM c WHERE (c.start_date > @last OR IS_NULL(c.start_date)) ORDER BY c.start_date DESC"
    plan, _ = steps(table, text)
    assert not any("TEMP B-TREE" in step for step in plan), plan


@pytest.mark.parametrize("directions", [("", " DESC"), (" DESC", ""), ("", ""), (" DESC", " DESC")])
def test_several_keys_are_read_in_their_order(directions: tuple[str, str]) -> None:
    composite = [{"path": "/a", "order": "ascending"}, {"path": "/b", "order": "ascending"}]
    mixed = [{"path": "/a", "order": "ascending"}, {"path": "/b", "order": "descending"}]
    table = Table({"compositeIndexes": [composite, mixed]})
    table.pretend_to_be_large()
    table.put([{"id": str(n), "a": n % 5, "b": n % 7} for n in range(100)])
    plan, _ = steps(table, "SELECT * FROM c ORDER BY c.a{}, c.b{}".format(*directions))  # its own text
    assert all(step.startswith("SEARCH") and "USING INDEX docs_1_path_" in step for step in plan), plan


@pytest.mark.parametrize(
    ("text", "pk"), [("SELECT * FROM c WHERE c.id = @id", '["p"]'), ("SELECT * FROM c ORDER BY c.id DESC", '["p"]')]
)
def test_an_id_is_found_by_the_unique_index(table: Table, text: str, pk: str) -> None:
    plan, _ = steps(table, text, pk=pk)
    assert all("sqlite_autoindex_docs_1_1" in step and step.startswith("SEARCH") for step in plan), plan
    assert indexes(table.db) == []


def test_a_month_looks_at_that_month_alone(table: Table) -> None:
    found, read = steps(table, MONTH.format(""))
    assert found
    assert read == len([1 for document in entries(1500) if document["start_date"] == "2026-01-02"])


def test_a_later_page_is_found_as_fast_as_the_first(table: Table) -> None:
    text = "SELECT * FROM c ORDER BY c.start_date"
    after = None
    for _ in range(40):
        page = execute(table.db, table.source(), text, {}, page_size=20, after=after)
        after = page.after
    plan, read = steps(table, text, after=after)
    assert read <= 21
    assert all("SEARCH" in step and "USING INDEX docs_1_path_" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


def test_a_later_page_of_a_range_is_found_at_its_place_too(table: Table) -> None:
    text = WHOLE_TENANT.format("")
    first = execute(table.db, table.source(pk=None), text, {**PARAMETERS, "@b": "2026-07-01"}, page_size=3, after=None)
    plan, read = steps(table, text, pk=None, after=first.after)
    assert read <= 21
    assert not any("TEMP B-TREE" in step for step in plan), plan


FILTERED = (
    " AND (IS_NULL(@none) OR ARRAY_CONTAINS(@none, c.project_id))"
    " AND (IS_NULL(@ids) OR ARRAY_CONTAINS(@ids, c.owner_id))"
    " AND NOT ARRAY_CONTAINS(@hidden, LOWER(c.owner_id))"
)


@pytest.mark.parametrize(("hidden", "left"), [([], {"o1", "o2"}), (["o1"], {"o2"})])
def test_what_an_application_filters_by_is_decided_without_a_look_at_a_document(
    table: Table, hidden: list[str], left: set[str]
) -> None:
    """SQLite counts what matches; and it is asked for no more than the page, and what tells if there is another."""
    text = WHOLE_TENANT.format(FILTERED)
    parameters = {**PARAMETERS, "@b": "2027", "@none": None, "@hidden": hidden}
    source = table.source(pk=None)
    page = execute(table.db, source, text, parameters, page_size=20, after=None)
    assert (len(page.rows), page.read) == (20, 21)
    statements: list[str] = []
    table.db.set_trace_callback(statements.append)
    count = text.replace("*", "VALUE COUNT(1)").partition(" ORDER")[0]
    (counted,) = execute(table.db, source, count, parameters, page_size=20, after=None).rows
    table.db.set_trace_callback(None)
    expected = [entry for entry in [*entries(1500), *entries(100)] if entry["owner_id"] in left]
    assert int(counted) == len([entry for entry in expected if entry["start_date"] >= "2026-01-02"])
    assert not any(statement.startswith("SELECT rid") for statement in statements)


def indexes(db: sqlite3.Connection) -> list[str]:
    found = db.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'docs_1_path_%'")
    return [row[0] for row in found]


def test_the_typical_queries_of_an_application_share_two_indexes(table: Table) -> None:
    for text in (MONTH.format(""), MONTH.format(" AND c.project_id = @p"), "SELECT * FROM c ORDER BY c.start_date"):
        steps(table, text)
        steps(table, text.replace(" DESC", ""))
    for text in (WHOLE_TENANT.format(""), WHOLE_TENANT.format(" AND ARRAY_CONTAINS(@ids, c.owner_id)")):
        steps(table, text, pk=None)
    assert len(indexes(table.db)) == 2


def test_a_table_gets_few_indexes_however_it_is_asked(table: Table) -> None:
    for number in range(20):
        assert table.query(f"SELECT VALUE c.x{number} FROM c ORDER BY c.x{number}") == []  # its own text
    assert len(indexes(table.db)) == 8


def test_a_small_table_gets_none() -> None:
    table = Table()
    table.put(entries(100))
    assert steps(table, MONTH.format(""))[1] > 0
    assert indexes(table.db) == []


def test_a_transaction_is_not_held_up_by_an_index(table: Table) -> None:
    table.db.execute("BEGIN")
    assert table.query("SELECT VALUE c.id FROM c WHERE c.start_date = '2026-01-02' ORDER BY c.start_date")
    table.db.execute("COMMIT")
    assert indexes(table.db) == []


def test_a_reader_that_can_make_no_index_does_without(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    table = Table(path=str(path))
    table.put(entries(1500))
    text = "SELECT VALUE c.id FROM c WHERE c.start_date = '2026-02-01' ORDER BY c.start_date"
    readonly = Table.opened(f"file:{path}?mode=ro", {})
    found = readonly.query(text)
    assert indexes(table.db) == []
    table.db.execute("BEGIN IMMEDIATE")
    busy = Table.opened(str(path), {})
    assert busy.query(text) == found
    table.db.execute("COMMIT")
    assert busy.query(text) == found
    assert len(indexes(table.db)) == 1
    assert len(found) == len([1 for document in entries(1500) if document["start_date"] == "2026-02-01"])


def test_connections_that_need_the_same_index_at_once_all_answer(tmp_path: Path) -> None:
    path = str(tmp_path / "data.db")
    table = Table(path=path)
    table.db.execute("PRAGMA journal_mode = WAL")
    table.put(entries(1500))
    expected = len([1 for document in entries(1500) if document["start_date"] == "2026-01-02"])
    found: list[int] = []

    def ask() -> None:
        mine = Table.opened(path, {})
        found.append(len([row for page in mine.pages(MONTH.format(""), PARAMETERS, size=None) for row in page]))
        mine.db.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8
    assert len(indexes(table.db)) == 1
