"""Several physical partitions: what the SDK fans out and merges must come to what one partition would answer."""

import random
from typing import Any

import pytest
from azure.core.exceptions import AzureError

from embedded_cosmos.tests.sdk import all_pages, done, ids, listed, page_of, query, query_pages

TENANTS, OWNERS = 12, 4
COMPOSITE = {
    "indexingMode": "consistent",
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [],
    "compositeIndexes": [[{"path": "/team", "order": "ascending"}, {"path": "/start", "order": "descending"}]],
}


def entries() -> list[dict[str, Any]]:
    """One owner's entries lie in one physical partition, a tenant's in all of them."""
    made = []
    for number in range(240):
        tenant, owner = f"t{number % TENANTS}", f"o{number % (TENANTS * OWNERS) // TENANTS}"
        entry = {"id": f"{number:03}", "tenant": tenant, "owner": owner, "start": f"2026-{number:03}", "n": number}
        made.append(entry | {"team": number % 5, "half": number / 2})
    random.Random(7).shuffle(made)
    return made


ENTRIES = entries()


@pytest.fixture(scope="module")
async def report(client: Any, database_name: str) -> Any:
    """Filled once for both SDKs' worth of questions."""
    from embedded_cosmos.tests.conftest import HIERARCHICAL_KEY  # noqa: PLC0415 - beside its only use

    database = client.get_database_client(database_name)
    options = {"offer_throughput": 30_000, "indexing_policy": COMPOSITE}
    container = await done(database.create_container(f"report-{id(client)}", HIERARCHICAL_KEY, **options))
    for entry in ENTRIES:
        await done(container.create_item(dict(entry)))
    yield container
    await done(database.delete_container(container))


def by_start(*, descending: bool = False, **wanted: Any) -> list[str]:
    chosen = [entry for entry in ENTRIES if all(entry[name] == value for name, value in wanted.items())]
    return ids(sorted(chosen, key=lambda entry: str(entry["start"]), reverse=descending))


async def test_the_entries_lie_in_every_range(report: Any) -> None:
    ranges = await listed(report.read_feed_ranges())
    counts = [len(await query(report, "SELECT c.id FROM c", feed_range=part)) for part in ranges]
    assert len(counts) == 3
    assert all(counts)
    assert sum(counts) == len(ENTRIES)


async def test_an_ordered_query_over_all_ranges_is_ordered(report: Any) -> None:
    found = await query(report, "SELECT * FROM c ORDER BY c.start DESC", max_item_count=1000)
    assert ids(found) == by_start(descending=True)
    assert found[0] == {**found[0], **max(ENTRIES, key=lambda entry: str(entry["start"]))}


async def test_the_report_of_one_tenant_is_ordered_filtered_and_complete(report: Any) -> None:
    text = (
        "SELECT c.id, c.start FROM c WHERE c.tenant = @tenant AND c.start >= @from AND c.start < @to"
        " ORDER BY c.start DESC"
    )
    values = {"tenant": "t2", "from": "2026-040", "to": "2026-200"}
    found = await query(report, text, values=values, max_item_count=1000)
    expected = [id_ for id_ in by_start(descending=True, tenant="t2") if "040" <= id_ < "200"]
    assert ids(found) == expected
    assert all(entry.keys() == {"id", "start"} for entry in found)


async def test_small_pages_are_merged_alike(report: Any) -> None:
    assert ids(await query(report, "SELECT * FROM c ORDER BY c.start", max_item_count=7)) == by_start()


async def test_several_orders_are_merged(report: Any) -> None:
    found = await query(report, "SELECT * FROM c ORDER BY c.team ASC, c.start DESC", max_item_count=1000)
    expected = [id_ for team in range(5) for id_ in by_start(descending=True, team=team)]
    assert ids(found) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT TOP 5 * FROM c ORDER BY c.start", by_start()[:5]),
        ("SELECT TOP 300 * FROM c ORDER BY c.start", by_start()),
        ("SELECT * FROM c ORDER BY c.start OFFSET 10 LIMIT 20", by_start()[10:30]),
        ("SELECT * FROM c ORDER BY c.start DESC OFFSET 230 LIMIT 20", by_start(descending=True)[230:]),
    ],
)
async def test_top_offset_and_limit_cut_the_merged_result(report: Any, text: str, expected: list[str]) -> None:
    assert ids(await query(report, text, max_item_count=1000)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT VALUE COUNT(1) FROM c", 240),
        ("SELECT VALUE SUM(c.n) FROM c", sum(range(240))),
        ("SELECT VALUE AVG(c.half) FROM c", sum(range(240)) / 2 / 240),
        ("SELECT VALUE MIN(c.start) FROM c", "2026-000"),
        ("SELECT VALUE MAX(c.n) FROM c", 239),
    ],
)
async def test_an_aggregate_counts_every_range(report: Any, text: str, expected: Any) -> None:
    assert await query(report, text) == [expected]


async def test_an_aggregate_with_a_condition(report: Any) -> None:
    text = "SELECT VALUE COUNT(1) FROM c WHERE c.tenant = @tenant"
    assert await query(report, text, values={"tenant": "t1"}) == [20]


async def test_a_query_without_order_finds_everything_once(report: Any) -> None:
    assert sorted(ids(await query(report, "SELECT * FROM c"))) == by_start()
    assert sorted(ids(await query(report, "SELECT * FROM c", max_item_count=7))) == by_start()
    assert sorted(ids(await listed(report.read_all_items(max_item_count=50)))) == by_start()


async def test_a_prefix_finds_what_is_below_it_in_every_range(report: Any) -> None:
    found = await query(report, "SELECT * FROM c", partition_key=["t1"])
    assert sorted(ids(found)) == by_start(tenant="t1")
    pages = query_pages(report, "SELECT * FROM c", partition_key=["t1"], max_item_count=9).by_page()
    first = ids(await page_of(pages))
    again = query_pages(report, "SELECT * FROM c", partition_key=["t1"], max_item_count=9)
    rest = [id_ async for page in all_pages(again.by_page(pages.continuation_token)) for id_ in ids(page)]
    assert sorted(first + rest) == by_start(tenant="t1")


async def test_a_full_key_is_one_range_and_ordered(report: Any) -> None:
    found = await query(report, "SELECT * FROM c ORDER BY c.start", partition_key=["t1", "o3"])
    assert ids(found) == by_start(tenant="t1", owner="o3")


async def test_many_items_are_read_at_once(report: Any) -> None:
    wanted = [(str(entry["id"]), [entry["tenant"], entry["owner"]]) for entry in ENTRIES[:40]]
    found = await done(report.read_items([*wanted, ("nowhere", ["t1", "o1"])]))
    assert ids(found) == [id_ for id_, _ in wanted]


@pytest.mark.parametrize("text", ["SELECT c.team, COUNT(1) AS n FROM c GROUP BY c.team", "SELECT COUNT(1) FROM c"])
async def test_what_cannot_be_merged_is_refused(report: Any, text: str) -> None:
    with pytest.raises(AzureError) as caught:
        await query(report, text)
    assert getattr(caught.value, "status_code", 400) == 400
