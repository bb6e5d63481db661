"""Links by resource ids: an item, as a client read it, names itself."""

from typing import Any

import pytest

from embedded_cosmos.tests.conftest import HIERARCHICAL_KEY, NewContainer
from embedded_cosmos.tests.sdk import done, status_of


async def test_an_item_as_it_was_read_can_be_read_replaced_and_deleted(container: Any) -> None:
    made = await done(container.create_item({"id": "1", "pk": "p"}))
    read = await done(container.read_item(made, "p"))
    assert read["id"] == "1"
    assert (await done(container.replace_item(read, {"id": "1", "pk": "p", "n": 2})))["n"] == 2
    await done(container.delete_item(read, "p"))
    assert await status_of(lambda: container.read_item(read, "p")) == 404


async def test_a_link_finds_an_item_whose_id_is_odd(new_container: NewContainer) -> None:
    container = await new_container(HIERARCHICAL_KEY)
    made = await done(container.create_item({"id": "ünï 😀 %41", "tenant": "t", "owner": "o"}))
    assert (await done(container.read_item(made, ["t", "o"])))["id"] == "ünï 😀 %41"


async def test_a_link_names_an_item_of_its_own_container_only(new_container: NewContainer) -> None:
    one, other = await new_container(), await new_container()
    made = await done(one.create_item({"id": "1", "pk": "p"}))
    await done(other.create_item({"id": "1", "pk": "p"}))
    link = made["_self"].replace((await done(one.read()))["_rid"], (await done(other.read()))["_rid"])
    assert await status_of(lambda: other.read_item({**made, "_self": link}, "p")) == 404


@pytest.mark.parametrize("key", ["q", "P"])
async def test_a_link_with_another_partition_key_finds_nothing(container: Any, key: str) -> None:
    made = await done(container.create_item({"id": "1", "pk": "p"}))
    assert await status_of(lambda: container.read_item(made, key)) == 404
