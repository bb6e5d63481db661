"""Databases, containers and their throughput, and what the account says of itself."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.cosmos import PartitionKey, ThroughputProperties
from azure.cosmos.aio import CosmosClient
from azure.cosmos.exceptions import CosmosResourceExistsError, CosmosResourceNotFoundError

from embedded_cosmos.tests.conftest import HIERARCHICAL_KEY, SINGLE_KEY, NewContainer
from embedded_cosmos.tests.sdk import done, ids, listed, query_pages, refused, status_of

POLICY = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": "/big/*"}, {"path": '/"_etag"/?'}],
    "compositeIndexes": [[{"path": "/a", "order": "ascending"}, {"path": "/b", "order": "descending"}]],
}
UNIQUE = {"uniqueKeys": [{"paths": ["/name", "/deleted"]}, {"paths": ["/nested/code"]}]}


@pytest.fixture
async def fresh_name(client: Any) -> AsyncIterator[str]:
    name = f"account-{uuid.uuid4().hex[:12]}"
    yield name
    if name in ids(await listed(client.list_databases())):
        await done(client.delete_database(name))


async def test_a_database_is_created_read_listed_and_deleted(client: Any, fresh_name: str) -> None:
    await done(client.create_database(fresh_name))
    assert (await done(client.get_database_client(fresh_name).read()))["id"] == fresh_name
    assert fresh_name in ids(await listed(client.list_databases()))
    await done(client.delete_database(fresh_name))
    assert fresh_name not in ids(await listed(client.list_databases()))
    assert await status_of(client.get_database_client(fresh_name).read) == 404


async def test_a_second_database_or_container_of_that_name_is_refused(client: Any, fresh_name: str) -> None:
    database = await done(client.create_database(fresh_name))
    await done(database.create_container("c", SINGLE_KEY))
    for again in (lambda: client.create_database(fresh_name), lambda: database.create_container("c", SINGLE_KEY)):
        assert isinstance(await refused(again), CosmosResourceExistsError)
    await done(client.create_database_if_not_exists(fresh_name))
    await done(database.create_container_if_not_exists("c", SINGLE_KEY))


async def test_databases_and_containers_are_found_by_query(client: Any, database: Any, container: Any) -> None:
    by_id = {"query": "SELECT * FROM root r WHERE r.id=@id", "parameters": [{"name": "@id", "value": container.id}]}
    assert ids(await listed(database.query_containers(**by_id))) == [container.id]
    by_id["parameters"][0]["value"] = database.id  # type: ignore[index]
    assert ids(await listed(client.query_databases(**by_id))) == [database.id]


@pytest.mark.parametrize("key", [SINGLE_KEY, HIERARCHICAL_KEY, PartitionKey(path="/deep/er/key")])
async def test_what_a_container_is_made_with_is_read_back(new_container: NewContainer, key: PartitionKey) -> None:
    options = {"indexing_policy": POLICY, "unique_key_policy": UNIQUE, "default_ttl": 60}
    properties = await done((await new_container(key, **options)).read())
    assert properties["partitionKey"] == dict(key)
    assert properties["indexingPolicy"] == POLICY
    assert properties["uniqueKeyPolicy"]["uniqueKeys"] == UNIQUE["uniqueKeys"]
    assert properties["defaultTtl"] == 60
    assert {"_rid", "_self", "_etag", "_ts"} <= properties.keys()


async def test_a_container_that_says_nothing_indexes_everything(container: Any) -> None:
    policy = (await done(container.read()))["indexingPolicy"]
    assert policy["includedPaths"] == [{"path": "/*"}]
    assert policy["excludedPaths"] == [{"path": '/"_etag"/?'}]
    assert policy["indexingMode"] == "consistent"


async def test_replacing_a_container_changes_its_indexing_and_ttl(database: Any, container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": "p"}))
    await done(database.replace_container(container, SINGLE_KEY, indexing_policy=POLICY, default_ttl=100))
    properties = await done(container.read())
    assert (properties["indexingPolicy"], properties["defaultTtl"]) == (POLICY, 100)
    assert ids(await listed(container.read_all_items())) == ["1"]


async def test_the_partition_key_of_a_container_cannot_be_replaced(database: Any, container: Any) -> None:
    other = PartitionKey(path="/other")
    assert await status_of(lambda: database.replace_container(container, other)) == 400


async def test_a_container_that_is_gone_is_not_found_in_any_operation(database: Any) -> None:
    gone = database.get_container_client("gone")
    for call in (gone.read, lambda: gone.read_item("1", "p"), lambda: gone.create_item({"id": "1", "pk": "p"})):
        assert isinstance(await refused(call), CosmosResourceNotFoundError)
    assert await status_of(lambda: listed(gone.read_all_items())) == 404


async def test_a_container_made_anew_under_its_name_is_empty(database: Any, new_container: NewContainer) -> None:
    container = await new_container()
    await done(container.create_item({"id": "1", "pk": "p"}))
    await done(database.delete_container(container))
    await done(database.create_container(container.id, SINGLE_KEY))
    assert await listed(container.read_all_items()) == []
    assert await listed(query_pages(container, "SELECT * FROM c", partition_key="p")) == []


async def test_a_client_that_remembers_the_old_container_finds_the_new_one(
    cosmos_account: Any, database: Any, new_container: NewContainer
) -> None:
    container = await new_container()
    async with CosmosClient(cosmos_account.endpoint, cosmos_account.key) as other_client:
        remembered = other_client.get_database_client(database.id).get_container_client(container.id)
        await remembered.create_item({"id": "1", "pk": "p"})
        await done(database.delete_container(container))
        await done(database.create_container(container.id, PartitionKey(path="/other")))
        await remembered.create_item({"id": "2", "other": "o"})
        assert (await remembered.read_item("2", "o"))["id"] == "2"


async def test_throughput_is_read_and_replaced(new_container: NewContainer) -> None:
    container = await new_container(offer_throughput=500)
    assert (await done(container.get_throughput())).offer_throughput == 500
    await done(container.replace_throughput(700))
    assert (await done(container.get_throughput())).offer_throughput == 700


async def test_autoscale_throughput_is_read_back(new_container: NewContainer) -> None:
    container = await new_container(offer_throughput=ThroughputProperties(auto_scale_max_throughput=5000))
    assert (await done(container.get_throughput())).auto_scale_max_throughput == 5000


async def test_a_database_may_hold_the_throughput_of_its_containers(client: Any, fresh_name: str) -> None:
    database = await done(client.create_database(fresh_name, offer_throughput=400))
    container = await done(database.create_container("c", SINGLE_KEY))
    assert (await done(database.get_throughput())).offer_throughput == 400
    # The SDK means to say 404, and stumbles over its own retry on the way.
    with pytest.raises((CosmosResourceNotFoundError, AttributeError)):
        await done(container.get_throughput())


async def test_one_physical_partition_for_every_ten_thousand_units(new_container: NewContainer) -> None:
    for throughput, count in ((400, 1), (10_000, 1), (10_100, 2), (45_000, 5)):
        container = await new_container(offer_throughput=throughput)
        assert len(await listed(container.read_feed_ranges())) == count


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"vector_embedding_policy": {"vectorEmbeddings": [{"path": "/v"}]}}, "vector"),
        ({"full_text_policy": {"defaultLanguage": "en-US"}}, "full text"),
    ],
)
async def test_what_a_container_cannot_have_is_refused_by_name(
    new_container: NewContainer, cosmos_account: Any, options: dict[str, Any], named: str
) -> None:
    if not cosmos_account.embedded:
        pytest.skip("the service has more than the embedded database")
    error = await refused(lambda: new_container(**options))
    assert error.status_code == 400
    assert named in str(error)
