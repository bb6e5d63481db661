"""Transactional batches: all or nothing, with each operation's own preconditions."""

import copy
from typing import Any

import pytest
from azure.cosmos.exceptions import CosmosBatchOperationError

from embedded_cosmos.tests.conftest import HIERARCHICAL_KEY, NewContainer
from embedded_cosmos.tests.sdk import done, ids, listed, refused


def new(id_: str, **fields: Any) -> dict[str, Any]:
    return {"id": id_, "pk": "p", **fields}


async def failed(container: Any, operations: list[Any], key: Any = "p") -> CosmosBatchOperationError:
    with pytest.raises(CosmosBatchOperationError) as caught:
        await done(container.execute_item_batch(operations, key))
    return caught.value


async def test_every_kind_of_operation_answers_as_it_does_alone(container: Any) -> None:
    for id_ in ("read", "replace", "upsert", "patch", "delete"):
        await done(container.create_item(new(id_, n=0)))
    results = await done(
        container.execute_item_batch(
            [
                ("create", (new("create"),)),
                ("read", ("read",)),
                ("replace", ("replace", new("replace", n=1))),
                ("upsert", (new("upsert", n=1),)),
                ("upsert", (new("fresh"),)),
                ("patch", ("patch", [{"op": "incr", "path": "/n", "value": 1}])),
                ("delete", ("delete",)),
            ],
            "p",
        )
    )
    assert [result["statusCode"] for result in results] == [201, 200, 200, 200, 201, 200, 204]
    assert [result["resourceBody"]["n"] for result in results[2:4]] == [1, 1]
    assert results[0]["eTag"] == results[0]["resourceBody"]["_etag"]
    assert sorted(ids(await listed(container.read_all_items()))) == [
        "create",
        "fresh",
        "patch",
        "read",
        "replace",
        "upsert",
    ]


async def test_an_operation_sees_what_those_before_it_did(container: Any) -> None:
    results = await done(
        container.execute_item_batch(
            [
                ("create", (new("1", n=0),)),
                (
                    "patch",
                    ("1", [{"op": "incr", "path": "/n", "value": 1}]),
                    {"filter_predicate": "FROM c WHERE c.n=0"},
                ),
                ("delete", ("1",)),
                ("create", (new("1", n=9),)),
                ("read", ("1",)),
            ],
            "p",
        )
    )
    assert results[-1]["resourceBody"]["n"] == 9


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        (("create", (new("there"),)), 409),
        (("read", ("gone",)), 404),
        (("replace", ("gone", new("gone"))), 404),
        (("replace", ("there", new("there")), {"if_match_etag": '"stale"'}), 412),
        (("upsert", (new("there"),), {"if_match_etag": '"stale"'}), 412),
        (("patch", ("gone", [{"op": "set", "path": "/a", "value": 1}])), 404),
        (("patch", ("there", [{"op": "remove", "path": "/gone"}])), 400),
        (("patch", ("there", [{"op": "set", "path": "/a", "value": 1}]), {"if_match_etag": '"stale"'}), 412),
        (
            ("patch", ("there", [{"op": "set", "path": "/a", "value": 1}]), {"filter_predicate": "FROM c WHERE c.n=7"}),
            412,
        ),
        (("delete", ("gone",)), 404),
        (("delete", ("there",), {"if_match_etag": '"stale"'}), 412),
    ],
)
async def test_one_failure_undoes_all_and_says_which_it_was(container: Any, operation: Any, status: int) -> None:
    before = await done(container.create_item(new("there")))
    around = [
        ("create", (new("a"),)),
        ("upsert", (new("there", changed=True),)) if status == 404 else ("create", (new("b"),)),
    ]
    # The SDK takes the options out of what it is given, which the next run of this test needs again.
    error = await failed(container, [*around, copy.deepcopy(operation), ("create", (new("z"),))])
    assert (error.status_code, error.error_index) == (status, 2)
    assert [result["statusCode"] for result in error.operation_responses] == [424, 424, status, 424]
    assert await listed(container.read_all_items()) == [dict(before)]


async def test_a_version_known_from_a_read_guards_the_whole_batch(container: Any) -> None:
    guard = await done(container.create_item(new("guard")))

    def batch(id_: str) -> list[Any]:
        replace = ("replace", ("guard", new("guard", n=1)), {"if_match_etag": guard["_etag"]})
        return [replace, ("create", (new(id_),))]

    await done(container.execute_item_batch(batch("guarded"), "p"))
    assert (await failed(container, batch("second"))).status_code == 412
    assert sorted(ids(await listed(container.read_all_items()))) == ["guard", "guarded"]


@pytest.mark.parametrize("option", ["if_none_match_etag", "if_match_etag"])
async def test_a_read_of_a_version_that_is_known_is_told_so_and_fails_nothing(container: Any, option: str) -> None:
    """For either condition, and with 207 for the whole: `BatchSessionTokenPropertiesTestAsync` of the .NET SDK."""
    known = await done(container.create_item(new("known")))
    reads = [("read", ("known",), {option: etag}) for etag in (known["_etag"], '"stale"')]
    seen: list[int] = []
    hook = {"raw_response_hook": lambda response: seen.append(response.http_response.status_code)}
    results = await done(container.execute_item_batch([("create", (new("fresh"),)), *reads], "p", **hook))
    assert seen == [207]
    assert [result["statusCode"] for result in results] == [201, 304, 200]
    assert "resourceBody" not in results[1]
    assert (await done(container.read_item("fresh", "p")))["id"] == "fresh"


async def test_a_batch_works_in_one_partition_of_a_hierarchical_key(new_container: NewContainer) -> None:
    container = await new_container(HIERARCHICAL_KEY)
    inside = {"id": "1", "tenant": "t", "owner": "o"}
    await done(container.execute_item_batch([("create", (inside,))], ["t", "o"]))
    outside = {"id": "2", "tenant": "t", "owner": "other"}
    assert (await failed(container, [("create", (outside,))], ["t", "o"])).status_code == 400


async def test_a_part_of_a_hierarchical_key_is_no_key_of_a_batch(new_container: NewContainer) -> None:
    container = await new_container(HIERARCHICAL_KEY)
    inside = {"id": "1", "tenant": "t", "owner": "o"}
    error = await refused(lambda: container.execute_item_batch([("create", (inside,))], ["t"]))
    assert (error.status_code, error.sub_status) == (400, 1001)


async def test_a_batch_is_one_change_of_its_range(container: Any) -> None:
    """As the session token and the change feed count it."""
    first = await done(container.create_item(new("first")))
    results = await done(container.execute_item_batch([("create", (new(id_),)) for id_ in "abc"], "p"))
    numbers = [int(one.get_response_headers()["lsn"]) for one in (first, results)]
    assert numbers[1] == numbers[0] + 1
    feed = await listed(container.query_items_change_feed(start_time="Beginning"))
    assert {one["_lsn"] for one in feed if one["id"] in "abc"} == {numbers[1]}
    assert int((await done(container.create_item(new("last")))).get_response_headers()["lsn"]) == numbers[1] + 1


async def test_a_hundred_operations_are_the_most(container: Any) -> None:
    many = [("create", (new(str(number)),)) for number in range(101)]
    assert (await refused(lambda: container.execute_item_batch(many, "p"))).status_code == 400
    assert len(await done(container.execute_item_batch(many[:100], "p"))) == 100


@pytest.mark.filterwarnings("ignore:Sending a large body")
async def test_two_megabytes_are_the_most(container: Any) -> None:
    big = [("create", (new(str(number), text="x" * 1_100_000),)) for number in range(2)]
    assert (await refused(lambda: container.execute_item_batch(big, "p"))).status_code == 413
    assert await listed(container.read_all_items()) == []


async def test_a_batch_without_a_response_leaves_the_bodies_out(container: Any) -> None:
    results = await done(container.execute_item_batch([("create", (new("1"),))], "p", no_response=True))
    assert results[0]["statusCode"] == 201
    assert "resourceBody" not in results[0]
