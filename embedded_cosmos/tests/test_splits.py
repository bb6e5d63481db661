"""A container whose throughput is raised gets more physical partitions; clients that knew the old ones go on."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from hypothesis import given
from hypothesis import strategies as st

from embedded_cosmos.ring import MAX_EPK, MIN_EPK, evenly_split, split
from embedded_cosmos.testing import CosmosAccount
from embedded_cosmos.tests.conftest import NewContainer
from embedded_cosmos.tests.raw import Raw
from embedded_cosmos.tests.sdk import done, ids, listed, page_of, query, query_pages


@given(st.integers(1, 5), st.integers(1, 9), st.sampled_from([1, 2]))
def test_the_parts_of_a_split_ring_are_the_whole_ring(count: int, wanted: int, version: int) -> None:
    before = evenly_split(count, version)
    after = split(before, wanted, version)
    assert len(after) == max(count, wanted)
    assert [after[0].low, *(part.high for part in after)] == [*(part.low for part in after), MAX_EPK]
    assert after[0].low == MIN_EPK
    assert sorted(part.low for part in after) == [part.low for part in after]
    assert {part.low for part in before} <= {part.low for part in after}
    assert len({part.id for part in after}) == len(after)
    assert all(part in before or part.id not in {old.id for old in before} for part in after)


@pytest.mark.parametrize("version", [1, 2])
async def test_items_and_writes_survive_a_split(new_container: NewContainer, version: int) -> None:
    container = await new_container(PartitionKey(path="/pk", version=version))
    for number in range(60):
        await done(container.create_item({"id": str(number), "pk": f"k{number}"}))
    await done(container.replace_throughput(25_000))
    await done(container.create_item({"id": "60", "pk": "k60"}))
    assert (await done(container.read_item("7", "k7")))["id"] == "7"
    found = await query(container, "SELECT * FROM c ORDER BY c._ts")
    assert sorted(map(int, ids(found))) == list(range(61))
    ranges = await listed(container.read_feed_ranges(force_refresh=True))
    assert len(ranges) == 3
    parts = [await query(container, "SELECT c.id FROM c", feed_range=part) for part in ranges]
    assert all(parts)
    assert sum(map(len, parts)) == 61


@pytest.fixture
def walked(raw: Raw, database_name: str) -> Iterator[str]:
    """The link to the items of a container with two ranges: sixty of sixty keys."""
    container = f"dbs/{database_name}/colls/walked"
    definition = {"id": "walked", "partitionKey": {"paths": ["/id"], "kind": "Hash", "version": 2}}
    raw.send("POST", f"dbs/{database_name}/colls", definition, {"x-ms-offer-throughput": "20000"})
    for number in range(60):
        key = {"x-ms-documentdb-partitionkey": f'["{number}"]'}
        assert raw.send("POST", f"{container}/docs", {"id": str(number)}, key).status_code == 201
    yield f"{container}/docs"
    raw.send("DELETE", container)


def page_of_walk(raw: Raw, link: str, size: int, token: str) -> tuple[list[str], str]:
    headers = {
        "x-ms-documentdb-isquery": "true",
        "Content-Type": "application/query+json",
        "x-ms-documentdb-query-enablecrosspartition": "true",
        "x-ms-max-item-count": str(size),
        **({"x-ms-continuation": token} if token else {}),
    }
    answer = raw.send("POST", link, {"query": "SELECT VALUE c.id FROM c"}, headers)
    assert answer.status_code == 200
    return answer.json()["Documents"], answer.headers.get("x-ms-continuation", "")


def test_a_query_over_all_ranges_walks_from_one_to_the_next(raw: Raw, walked: str) -> None:
    """As the service's gateway does: a page ends with its range, also when it could hold more."""
    first, token = page_of_walk(raw, walked, 100, "")
    second, end = page_of_walk(raw, walked, 100, token)
    assert first
    assert second
    assert end == ""
    assert sorted(map(int, first + second)) == list(range(60))


def test_a_walk_goes_on_after_a_split(raw: Raw, walked: str) -> None:
    found, token = page_of_walk(raw, walked, 7, "")
    rid = raw.send("GET", walked.removesuffix("/docs")).json()["_rid"]
    (offer,) = [one for one in raw.send("GET", "offers").json()["Offers"] if one["offerResourceId"] == rid]
    offer["content"]["offerThroughput"] = 50_000
    assert raw.send("PUT", f"offers/{offer['_rid'].lower()}", offer).status_code == 200
    while token:
        some, token = page_of_walk(raw, walked, 7, token)
        found += some
    assert sorted(map(int, found)) == list(range(60))


@pytest.mark.parametrize("at", [["", "zz"], ["B", "A"], [1, 2], ["A"], "A", None])
def test_a_place_of_a_walk_that_is_none_is_refused(raw: Raw, walked: str, at: Any) -> None:
    _, token = page_of_walk(raw, walked, 7, "")
    made = json.loads(base64.urlsafe_b64decode(token)) | {"at": at}
    headers = {
        "x-ms-documentdb-isquery": "true",
        "x-ms-documentdb-query-enablecrosspartition": "true",
        "x-ms-continuation": base64.urlsafe_b64encode(json.dumps(made).encode()).decode(),
    }
    assert raw.send("POST", walked, {"query": "SELECT VALUE c.id FROM c"}, headers).status_code == 400


async def test_a_change_feed_goes_on_where_it_was_before_the_split(new_container: NewContainer) -> None:
    container = await new_container()
    for number in range(30):
        await done(container.create_item({"id": str(number), "pk": f"k{number}"}))
    feed = container.query_items_change_feed(start_time="Beginning")
    assert len(await listed(feed)) == 30
    token = container.client_connection.last_response_headers["etag"]
    await done(container.replace_throughput(25_000))
    for number in range(30, 50):
        await done(container.create_item({"id": str(number), "pk": f"k{number}"}))
    later = await listed(container.query_items_change_feed(continuation=token))
    assert sorted(map(int, ids(later))) == list(range(30, 50))


async def test_a_page_of_a_query_goes_on_behind_a_split(new_container: NewContainer) -> None:
    container = await new_container()
    for number in range(20):
        await done(container.create_item({"id": f"{number:02}", "pk": "p", "n": number}))
    text = "SELECT * FROM c ORDER BY c.n"
    pages = query_pages(container, text, partition_key="p", max_item_count=7).by_page()
    first = await page_of(pages)
    await done(container.replace_throughput(25_000))
    rest = query_pages(container, text, partition_key="p", max_item_count=7).by_page(pages.continuation_token)
    assert ids(first) + ids(await page_of(rest)) == [f"{number:02}" for number in range(14)]


async def test_a_range_that_was_split_is_gone_and_its_children_name_it(
    new_container: NewContainer, cosmos_account: CosmosAccount
) -> None:
    container = await new_container()
    await done(container.create_item({"id": "1", "pk": "p"}))
    await done(container.replace_throughput(25_000))
    raw = Raw(cosmos_account.endpoint, cosmos_account.key)
    try:
        gone = raw.send("GET", f"{container.container_link}/docs", headers={"x-ms-documentdb-partitionkeyrangeid": "0"})
        ranges = raw.send("GET", f"{container.container_link}/pkranges").json()["PartitionKeyRanges"]
    finally:
        raw.close()
    assert (gone.status_code, gone.headers["x-ms-substatus"]) == (410, "1002")
    assert all("0" in part["parents"] for part in ranges)


async def test_sequence_numbers_count_for_each_range(wide_container: Any) -> None:
    """An estimate of what is pending reckons with the numbers of one range."""
    for number in range(30):
        await done(wide_container.create_item({"id": str(number), "tenant": f"t{number}", "owner": "o"}))
    for part in await listed(wide_container.read_feed_ranges()):
        changed = await listed(wide_container.query_items_change_feed(feed_range=part, start_time="Beginning"))
        assert [item["_lsn"] for item in changed] == list(range(1, len(changed) + 1))
