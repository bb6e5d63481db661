"""Partition keys: every kind of value, on every level, and where the SDK says that they lie."""

import json
from typing import Any

import pytest
from azure.cosmos import PartitionKey
from azure.cosmos.partition_key import NonePartitionKeyValue, NullPartitionKeyValue
from hypothesis import example, given
from hypothesis import strategies as st

from embedded_cosmos.partition import KeyDefinition
from embedded_cosmos.ring import effective_key
from embedded_cosmos.tests.conftest import HIERARCHICAL_KEY, NewContainer
from embedded_cosmos.tests.sdk import done, ids, listed, query, refused, status_of

VALUES: list[Any] = ["text", "", "ünï 😀 \"'", 0, 1, -1.5, 1e30, True, False]


@pytest.mark.parametrize("value", VALUES)
async def test_every_kind_of_key_value_names_its_own_partition(container: Any, value: Any) -> None:
    await done(container.create_item({"id": "1", "pk": value}))
    await done(container.create_item({"id": "1", "pk": "another"}))
    assert (await done(container.read_item("1", value)))["pk"] == value
    assert [item["pk"] for item in await query(container, "SELECT * FROM c", partition_key=value)] == [value]
    assert (await done(container.upsert_item({"id": "1", "pk": value, "n": 1})))["n"] == 1
    await done(container.delete_item("1", value))
    assert [item["pk"] for item in await query(container, "SELECT * FROM c")] == ["another"]


async def test_true_one_and_their_texts_are_different_keys(container: Any) -> None:
    for value in (True, 1, "1", "true", False, 0, ""):
        await done(container.create_item({"id": "1", "pk": value}))
    assert len(await query(container, "SELECT * FROM c")) == 7


async def test_a_whole_number_is_the_same_key_as_integer_and_as_float(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": 5}))
    assert (await done(container.read_item("1", 5.0)))["id"] == "1"
    assert await status_of(lambda: container.create_item({"id": "1", "pk": 5.0})) == 409


async def test_null_and_missing_are_keys_of_their_own(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": None, "is": "null"}))
    await done(container.create_item({"id": "1", "is": "missing"}))
    assert (await done(container.read_item("1", NullPartitionKeyValue)))["is"] == "null"
    assert (await done(container.read_item("1", NonePartitionKeyValue)))["is"] == "missing"
    found = await query(container, "SELECT * FROM c", partition_key=NonePartitionKeyValue)
    assert [item["is"] for item in found] == ["missing"]


async def test_a_nested_path_is_followed(new_container: NewContainer) -> None:
    container = await new_container(PartitionKey(path="/a/b"))
    await done(container.create_item({"id": "1", "a": {"b": "x"}}))
    assert (await done(container.read_item("1", "x")))["id"] == "1"


@pytest.mark.parametrize("levels", [["/a", "/b"], ["/a", "/b", "/c"]])
@pytest.mark.parametrize("value", [*VALUES, None])
async def test_every_level_of_a_hierarchy_takes_every_kind_of_value(
    new_container: NewContainer, levels: list[str], value: Any
) -> None:
    container = await new_container(PartitionKey(path=levels))
    names = [level[1:] for level in levels]
    for place in names:
        item = {"id": "1", **{name: value if name == place else "t" for name in names}}
        await done(container.create_item(item))
        key = [item[name] for name in names]
        assert (await done(container.read_item("1", key)))["id"] == "1"
        assert ids(await query(container, "SELECT * FROM c", partition_key=key)) == ["1"]


async def test_a_level_that_an_item_lacks_is_not_the_null_that_the_sdk_sends(
    new_container: NewContainer,
) -> None:
    container = await new_container(HIERARCHICAL_KEY)
    lacking = await refused(lambda: container.create_item({"id": "1", "tenant": "t"}))
    assert (lacking.status_code, lacking.sub_status) == (400, 1001)
    await done(container.create_item({"id": "1", "tenant": "t", "owner": None}))
    assert (await done(container.read_item("1", ["t", None])))["id"] == "1"


async def test_an_object_where_the_key_should_be_is_no_key(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": {"name": "x"}}))
    assert (await done(container.read_item("1", NonePartitionKeyValue)))["pk"] == {"name": "x"}


async def test_a_prefix_of_a_hierarchical_key_finds_all_below_it(new_container: NewContainer) -> None:
    container = await new_container(HIERARCHICAL_KEY)
    for tenant, owner in (("t1", "a"), ("t1", "b"), ("t2", "a")):
        await done(container.create_item({"id": f"{tenant}{owner}", "tenant": tenant, "owner": owner}))
    assert sorted(ids(await query(container, "SELECT * FROM c", partition_key=["t1"]))) == ["t1a", "t1b"]
    assert ids(await query(container, "SELECT * FROM c", partition_key=["t1", "b"])) == ["t1b"]
    assert await status_of(lambda: container.read_item("t1a", ["t1"])) == 400


async def test_all_of_a_partition_can_be_deleted_at_once(container: Any) -> None:
    for id_, key in (("1", "p"), ("2", "p"), ("3", "q")):
        await done(container.create_item({"id": id_, "pk": key}))
    await done(container.delete_all_items_by_partition_key("p"))
    assert ids(await query(container, "SELECT * FROM c")) == ["3"]


@pytest.mark.parametrize("value", [[1], [{"a": 1}], [[]]])
async def test_an_array_is_no_key(container: Any, value: Any) -> None:
    assert await status_of(lambda: container.create_item({"id": "1", "pk": value})) == 400


scalars = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=60)


@given(st.lists(scalars, min_size=1, max_size=3))
@example([-0.0])
@example([2.0**53 + 2, -1e300])
def test_effective_partition_keys_are_those_of_the_sdk(values: list[Any]) -> None:
    paths = [f"/{level}" for level in range(len(values))]
    sdk_key = PartitionKey(path=paths) if len(paths) > 1 else PartitionKey(path=paths[0])
    expected = sdk_key._get_effective_partition_key_string(values)
    assert KeyDefinition(dict(sdk_key)).of_header(json.dumps(values)).epk == expected


# azure-cosmos 4.17.1 writes nothing for null, and cuts whole numbers to 32 bits without a sign: both differ from .NET.
first_version_scalars = st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=120)


@given(first_version_scalars)
@example("")
@example("x" * 101)
@example("ä" * 60)
@example(-0.0)
@example(5e-324)
def test_effective_partition_keys_of_version_1_are_those_of_the_sdk(value: Any) -> None:
    expected = PartitionKey(path="/pk", version=1)._get_effective_partition_key_string([value])
    assert effective_key([value], 1) == str(expected).upper()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "05C1ED45D7475601"),
        (-1, "05C1D1A5BDDF9C054010"),
        (2**33, "05C1E39D3F237C05C200"),
        ({}, "05C1D529E345DC00"),
    ],
)
def test_version_1_hashes_what_the_python_sdk_does_not(value: Any, expected: str) -> None:
    """The 32-bit hash of these values as the package mmh3 5.3.1 computes it."""
    assert effective_key([value], 1) == expected


@pytest.fixture
async def first_version(new_container: NewContainer) -> Any:
    """Three physical partitions of version 1; their definition says so by naming no version."""
    definition = PartitionKey(path="/pk")
    del definition["version"]
    return await new_container(definition, offer_throughput=30_000)


async def test_a_definition_without_a_version_is_of_version_1(first_version: Any) -> None:
    for number in range(60):
        await done(first_version.create_item({"id": str(number), "pk": f"key {number}"}))
    assert (await done(first_version.read_item("7", "key 7")))["id"] == "7"
    assert ids(await query(first_version, "SELECT * FROM c", partition_key="key 7")) == ["7"]
    ranges = await listed(first_version.read_feed_ranges())
    found = [ids(await query(first_version, "SELECT * FROM c", feed_range=part)) for part in ranges]
    assert [len(part) > 10 for part in found] == [True, True, True]
    assert sorted(int(id_) for part in found for id_ in part) == list(range(60))


async def test_the_range_of_a_key_of_version_1_holds_its_items(first_version: Any) -> None:
    for key in ("a", "b", 7, True):
        await done(first_version.create_item({"id": "1", "pk": key}))
        part = await done(first_version.feed_range_from_partition_key(key))
        assert [item["pk"] for item in await query(first_version, "SELECT * FROM c", feed_range=part)] == [key]


@pytest.mark.parametrize("version", [0, 3, "2", True])
async def test_a_version_that_does_not_exist_is_refused(new_container: NewContainer, version: Any) -> None:
    error = await refused(lambda: new_container(PartitionKey(path="/pk", version=version)))
    assert error.status_code == 400
    assert "version" in str(error)


async def test_a_hierarchical_key_is_of_version_2(new_container: NewContainer) -> None:
    named = PartitionKey(path=["/a", "/b"], version=1)
    assert await status_of(lambda: new_container(named)) == 400
    del named["version"]
    container = await new_container(named)
    await done(container.create_item({"id": "1", "a": "x", "b": "y"}))
    assert (await done(container.read_item("1", ["x", "y"])))["id"] == "1"
