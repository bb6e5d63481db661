"""Create, read, replace, upsert, delete: single items through both SDKs."""

from typing import Any

import pytest
from azure.core import MatchConditions
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosBatchOperationError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from embedded_cosmos.tests.sdk import done, ids, listed, refused, status_of

ODD_IDS = ["with space", "ünï-코드-😀", "50%", "a+b", "semi;colon", "quote'\"", "{braces}", "a:b@c", "a&b=c", "~.-_"]


async def test_what_is_created_is_read_back_with_its_system_properties(container: Any) -> None:
    item = {"id": "1", "pk": "p", "text": 'é😀\n"\\', "n": 1, "f": 1.5, "no": None, "yes": True, "l": [1, {"a": []}]}
    created = await done(container.create_item(dict(item)))
    read = await done(container.read_item("1", "p"))
    assert dict(read) == dict(created)
    assert {name: value for name, value in read.items() if not name.startswith("_")} == item
    assert {"_rid", "_self", "_etag", "_ts", "_attachments"} <= read.keys()


async def test_an_item_without_an_id_gets_one_when_asked(container: Any) -> None:
    created = await done(container.create_item({"pk": "p"}, enable_automatic_id_generation=True))
    assert (await done(container.read_item(created["id"], "p")))["id"] == created["id"]


async def test_an_item_without_an_id_is_refused(container: Any) -> None:
    assert await status_of(lambda: container.create_item({"pk": "p"})) == 400


async def test_the_same_id_is_refused_in_one_partition_and_free_in_another(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": "p"}))
    await done(container.create_item({"id": "1", "pk": "q"}))
    with pytest.raises(CosmosResourceExistsError):
        await done(container.create_item({"id": "1", "pk": "p"}))


async def test_reading_with_the_wrong_key_or_id_finds_nothing(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": "p"}))
    for id_, key in (("1", "q"), ("2", "p"), ("1", None)):
        error = await refused(lambda id_=id_, key=key: container.read_item(id_, [key]))
        assert isinstance(error, CosmosResourceNotFoundError)


@pytest.mark.parametrize("id_", ODD_IDS)
async def test_ids_with_odd_characters_work_in_every_operation(container: Any, id_: str) -> None:
    await done(container.create_item({"id": id_, "pk": id_, "n": 0}))
    assert (await done(container.read_item(id_, id_)))["id"] == id_
    assert (await done(container.replace_item(id_, {"id": id_, "pk": id_, "n": 1})))["n"] == 1
    patched = await done(container.patch_item(id_, id_, [{"op": "incr", "path": "/n", "value": 1}]))
    assert patched["n"] == 2
    await done(container.delete_item(id_, id_))
    assert await status_of(lambda: container.read_item(id_, id_)) == 404


@pytest.mark.parametrize("id_", ["a/b", "a\\b"])
async def test_ids_with_slashes_are_refused(container: Any, id_: str) -> None:
    batch = [("create", ({"id": id_, "pk": "p"},))]
    with pytest.raises(CosmosBatchOperationError) as caught:
        await done(container.execute_item_batch(batch, "p"))
    assert caught.value.status_code == 400


async def test_replace_keeps_the_identity_and_changes_the_version(container: Any) -> None:
    created = await done(container.create_item({"id": "1", "pk": "p", "a": 1}))
    replaced = await done(container.replace_item("1", {"id": "1", "pk": "p", "b": 2}))
    assert replaced["_rid"] == created["_rid"]
    assert replaced["_etag"] != created["_etag"]
    assert "a" not in replaced
    assert replaced["b"] == 2


async def test_replacing_what_is_not_there_is_not_found(container: Any) -> None:
    assert await status_of(lambda: container.replace_item("1", {"id": "1", "pk": "p"})) == 404


async def test_upsert_creates_then_replaces(container: Any) -> None:
    created = await done(container.upsert_item({"id": "1", "pk": "p", "n": 1}))
    replaced = await done(container.upsert_item({"id": "1", "pk": "p", "n": 2}))
    assert (created["_rid"], replaced["n"]) == (replaced["_rid"], 2)
    assert ids(await listed(container.read_all_items())) == ["1"]


async def test_a_deleted_item_is_gone(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": "p"}))
    await done(container.delete_item("1", "p"))
    assert await status_of(lambda: container.read_item("1", "p")) == 404
    assert await status_of(lambda: container.delete_item("1", "p")) == 404


async def test_if_match_lets_only_the_current_version_be_changed(container: Any) -> None:
    first = await done(container.create_item({"id": "1", "pk": "p"}))
    stale = {"etag": first["_etag"], "match_condition": MatchConditions.IfNotModified}
    await done(container.replace_item("1", {"id": "1", "pk": "p", "n": 1}, **stale))
    for change in (
        lambda: container.replace_item("1", {"id": "1", "pk": "p"}, **stale),
        lambda: container.upsert_item({"id": "1", "pk": "p"}, **stale),
        lambda: container.patch_item("1", "p", [{"op": "add", "path": "/x", "value": 1}], **stale),
        lambda: container.delete_item("1", "p", **stale),
    ):
        assert isinstance(await refused(change), CosmosAccessConditionFailedError)
    assert (await done(container.read_item("1", "p")))["n"] == 1


async def test_an_upsert_of_what_is_not_there_creates_whatever_if_match_says(container: Any) -> None:
    stale = {"etag": '"gone"', "match_condition": MatchConditions.IfNotModified}
    assert (await done(container.upsert_item({"id": "1", "pk": "p"}, **stale)))["id"] == "1"


async def test_a_read_of_the_known_version_is_not_modified(container: Any) -> None:
    created = await done(container.create_item({"id": "1", "pk": "p"}))
    statuses: list[int] = []
    options = {
        "if_none_match": created["_etag"],
        "raw_response_hook": lambda response: statuses.append(response.http_response.status_code),
    }
    # The SDK makes a dict of the answer, which is empty.
    assert dict(await done(container.read_item("1", "p", **options))) == {}
    await done(container.replace_item("1", {"id": "1", "pk": "p", "n": 1}))
    assert (await done(container.read_item("1", "p", **options)))["n"] == 1
    assert statuses == [304, 200]


async def test_without_a_response_a_write_answers_with_an_empty_body(container: Any) -> None:
    created = await done(container.create_item({"id": "1", "pk": "p"}, no_response=True))
    assert dict(created) == {}
    assert created.get_response_headers()["etag"]
    assert (await done(container.read_item("1", "p")))["id"] == "1"


async def test_an_item_that_belongs_to_another_partition_than_its_batch_is_refused(container: Any) -> None:
    with pytest.raises(CosmosBatchOperationError) as caught:
        await done(container.execute_item_batch([("create", ({"id": "1", "pk": "p"},))], "q"))
    assert caught.value.status_code == 400


async def test_every_answer_names_its_charge_and_its_session(container: Any) -> None:
    created = await done(container.create_item({"id": "1", "pk": "p"}))
    headers = created.get_response_headers()
    assert float(headers["x-ms-request-charge"]) > 1
    assert ":" in headers["x-ms-session-token"]
