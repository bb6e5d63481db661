"""Request charges tell two ways of doing something apart, as the service's do."""

from typing import Any

import pytest

from embedded_cosmos import charges
from embedded_cosmos.tests.conftest import NewContainer
from embedded_cosmos.tests.sdk import done, listed, query

SMALL = {"id": "small", "pk": "p"}
LARGE = {"id": "large", "pk": "p", "text": "x" * 100_000}


def cost(answer: Any) -> float:
    return float(answer.get_response_headers()["x-ms-request-charge"])


def last_cost(container: Any) -> float:
    return float(container.client_connection.last_response_headers["x-ms-request-charge"])


@pytest.fixture
async def filled(container: Any) -> Any:
    for item in (SMALL, LARGE):
        await done(container.create_item(dict(item)))
    return container


async def test_a_point_read_is_the_cheapest_and_grows_with_the_item(filled: Any) -> None:
    small, large = [cost(await done(filled.read_item(id_, "p"))) for id_ in ("small", "large")]
    await query(filled, "SELECT * FROM c WHERE c.id = 'small'", partition_key="p")
    assert 1 <= small < last_cost(filled)
    assert 5 * small < large


async def test_a_write_costs_more_than_a_read_and_a_replace_more_than_a_create(container: Any) -> None:
    created = cost(await done(container.create_item(dict(SMALL))))
    replaced = cost(await done(container.replace_item("small", dict(SMALL))))
    read = cost(await done(container.read_item("small", "p")))
    assert read < created < replaced


@pytest.mark.parametrize(("kilobytes", "price"), [(0.1, 4.95), (1, 4.95), (1.5, 5.62), (2, 6.29), (3, 6.48)])
def test_sizes_between_two_of_the_published_ones_cost_in_proportion(kilobytes: float, price: float) -> None:
    assert charges.create(kilobytes * 1024) == pytest.approx(price)
    assert charges.create(2**24) == 1250


async def test_a_write_is_charged_for_the_indexed_values_that_it_changes(new_container: NewContainer) -> None:
    """As in Microsoft's examples: of ten indexed values a create puts in ten, and a replace those that change."""
    policy = {"includedPaths": [{"path": f"/i{n}/?"} for n in range(10)], "excludedPaths": [{"path": "/*"}]}
    container = await new_container(indexing_policy=policy)
    plain = {"id": "plain", "pk": "p", "other": [1, 2, 3]}
    item = {"id": "1", "pk": "p", **{f"i{n}": n for n in range(10)}}

    assert cost(await done(container.create_item(dict(plain)))) == 4.95
    assert cost(await done(container.create_item(dict(item)))) == pytest.approx(4.95 + 10 * 0.2)
    changed = {**item, "i1": "one", "i2": None}
    assert cost(await done(container.replace_item("1", dict(changed)))) == pytest.approx(2 * 4.95 + 2 * 2 * 0.2)
    operations = [{"op": "set", "path": "/i1", "value": 1}, {"op": "set", "path": "/i2", "value": 2}]
    patch = container.patch_item("1", "p", operations)
    assert cost(await done(patch)) == pytest.approx(2 * 4.95 + 2 * 2 * 0.2 + 2 * 0.4)
    assert cost(await done(container.replace_item("plain", dict(plain)))) == pytest.approx(2 * 4.95)


async def test_a_larger_item_and_a_unique_key_cost_more_to_write(new_container: NewContainer) -> None:
    plain = await new_container()
    unique = await new_container(unique_key_policy={"uniqueKeys": [{"paths": ["/a"]}]})
    small, large = [cost(await done(plain.create_item(dict(item)))) for item in (SMALL, LARGE)]
    assert small < cost(await done(unique.create_item(dict(SMALL))))
    assert small < large


async def test_a_batch_costs_what_its_operations_cost(container: Any) -> None:
    alone = cost(await done(container.create_item({"id": "0", "pk": "p"})))
    batch = [("create", ({"id": f"{number}", "pk": "p"},)) for number in range(1, 6)]
    results = await done(container.execute_item_batch(batch, "p"))
    assert cost(results) == pytest.approx(5 * alone)
    assert sum(result["requestCharge"] for result in results) == pytest.approx(cost(results))


async def test_a_query_costs_more_the_more_it_looks_at(container: Any) -> None:
    await query(container, "SELECT * FROM c WHERE c.no = 1", partition_key="p")
    empty = last_cost(container)
    for number in range(50):
        await done(container.create_item({"id": f"{number}", "pk": "p", "n": number}))
    await query(container, "SELECT * FROM c WHERE c.n % 7 = 9", partition_key="p")
    assert last_cost(container) > empty


async def test_reads_that_ask_for_weaker_consistency_are_charged_once(filled: Any) -> None:
    """As the service does: one replica answers them, where Strong and Bounded Staleness take two."""

    async def costs(level: str) -> list[float]:
        # The SDK takes `initial_headers` as well, and sends none of them.
        read = cost(await done(filled.read_item("small", "p", request_options={"consistencyLevel": level})))
        text = "SELECT * FROM c WHERE c.id = 'small'"
        await query(filled, text, partition_key="p", feed_options={"consistencyLevel": level})
        return [read, last_cost(filled)]

    strong = await costs("Strong")
    assert await costs("BoundedStaleness") == strong
    for level in ("Session", "ConsistentPrefix", "Eventual"):
        assert await costs(level) == pytest.approx([one / 2 for one in strong], abs=0.01)


async def test_a_page_of_the_change_feed_has_its_price(filled: Any) -> None:
    await listed(filled.query_items_change_feed(start_time="Beginning"))
    assert last_cost(filled) >= 1
