"""A change feed trigger hands every change to its function, at least once, and remembers how far it got."""

import logging
from typing import Any

import azure.functions as func
import pytest

from local.host.host import Host
from tests.local.host.watching import Account, Receiver, eventually, watching_app, watching_host

PATIENT = {"strategy": "fixed_delay", "max_retry_count": "-1", "delay_interval": "00:00:00.02"}


async def test_documents_arrive_as_azure_hands_them_over(account: Account) -> None:
    seen: list[Any] = []
    app = func.FunctionApp()

    @app.cosmos_db_trigger(
        arg_name="docs",
        connection="FEED",
        database_name="%DATABASE%",
        container_name="watched",
        create_lease_container_if_not_exists=True,
        start_from_beginning=True,  # type: ignore[arg-type] # annotated as a time by mistake
    )
    def handle(docs: func.DocumentList, context: func.Context) -> None:
        seen.append((docs, context.function_name))

    await account.watched.create_item({"id": "a", "nested": {"list": [1, None, "ü"]}})
    async with Host(app, account.settings).watching():
        await eventually(lambda: _true(bool(seen)))

    ((documents, function_name),) = seen
    assert isinstance(documents, func.DocumentList)
    assert isinstance(documents[0], func.Document)
    assert documents[0].to_dict()["nested"] == {"list": [1, None, "ü"]}
    assert function_name == "handle"


async def _true(value: bool) -> bool:
    return value


async def test_from_the_beginning_means_what_was_there_before(account: Account) -> None:
    receiver = Receiver()
    await account.write("before")
    async with watching_host(account, receiver).watching():
        await account.write("after")
        await receiver.has({"before", "after"})


async def test_otherwise_a_new_lease_starts_from_now(account: Account) -> None:
    receiver = Receiver()
    await account.write("before")
    async with watching_host(account, receiver, start_from_beginning=False).watching():
        await eventually(lambda: _has_continuation(account))
        await account.write("after")
        await receiver.has({"after"})

    assert receiver.received == ["after"]


async def _has_continuation(account: Account) -> bool:
    leases = await account.leases()
    return bool(leases) and all(lease["continuation"] for lease in leases)


async def test_what_was_written_between_two_starts_from_now_is_not_missed(account: Account) -> None:
    receiver = Receiver()
    host = watching_host(account, receiver, start_from_beginning=False)
    async with host.watching():
        await eventually(lambda: _has_continuation(account))
    await account.write("between")
    async with host.watching():
        await receiver.has({"between"})


async def test_a_restart_goes_on_where_the_last_run_ended(account: Account) -> None:
    first, second = Receiver(), Receiver()
    await account.write("a", "b")
    async with watching_host(account, first).watching():
        await first.has({"a", "b"})
    await account.write("c")
    async with watching_host(account, second).watching():
        await second.has({"c"})

    assert second.received == ["c"]


async def test_a_batch_holds_no_more_than_the_trigger_says(account: Account) -> None:
    receiver = Receiver()
    ids = [f"{number:02}" for number in range(25)]
    await account.write(*ids)
    async with watching_host(account, receiver, max_items_per_invocation=10).watching():
        await receiver.has(ids)

    assert [len(batch) for batch in receiver.batches] == [10, 10, 5]
    assert receiver.received == ids


@pytest.mark.logs_errors
async def test_a_failed_batch_is_tried_again_in_place(account: Account) -> None:
    receiver = Receiver(failures=3)
    await account.write("a", "b")
    async with watching_host(account, receiver, PATIENT, max_items_per_invocation=1).watching():
        await receiver.has({"a", "b"})

    assert receiver.tried == [["a"], ["a"], ["a"], ["a"], ["b"]]


@pytest.mark.logs_errors
async def test_a_policy_that_gives_up_loses_the_batch_and_says_so(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = Receiver(failures=2)
    await account.write("a", "b")
    policy = PATIENT | {"max_retry_count": "1"}
    async with watching_host(account, receiver, policy, max_items_per_invocation=1).watching():
        await receiver.has({"b"})

    assert receiver.tried == [["a"], ["a"], ["b"]]
    assert "after 1 retries Azure goes on, and 1 documents are lost" in caplog.text


@pytest.mark.logs_errors
async def test_without_a_policy_a_failed_batch_is_lost_as_in_azure(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = Receiver(failures=1)
    await account.write("a", "b")
    async with watching_host(account, receiver, max_items_per_invocation=1).watching():
        await receiver.has({"b"})

    assert receiver.tried == [["a"], ["b"]]
    assert "without a retry policy Azure goes on, and 1 documents are lost" in caplog.text


@pytest.mark.logs_errors
async def test_a_host_that_stops_while_it_retries_leaves_the_batch_to_the_next(account: Account) -> None:
    failing, next_one = Receiver(failures=1000), Receiver()
    await account.write("a")
    async with watching_host(account, failing, PATIENT).watching():
        await eventually(lambda: _true(len(failing.tried) > 1))
    async with watching_host(account, next_one).watching():
        await next_one.has({"a"})


async def test_a_host_that_stops_finishes_the_batch_in_hand(account: Account) -> None:
    slow, next_one = Receiver(delay_seconds=0.3), Receiver()
    await account.write("a")
    async with watching_host(account, slow).watching():
        await eventually(lambda: _true(bool(slow.tried)))
    assert slow.received == ["a"]
    await account.write("b")
    async with watching_host(account, next_one).watching():
        await next_one.has({"b"})

    assert next_one.received == ["b"]


@pytest.mark.logs_errors
async def test_a_handler_that_mutates_its_documents_gets_them_whole_again(account: Account) -> None:
    seen: list[int | None] = []

    class Mutating(Receiver):
        async def __call__(self, documents: func.DocumentList) -> None:
            seen.append(documents[0]["nested"]["value"])
            documents[0]["nested"]["value"] = None
            await super().__call__(documents)

    await account.watched.create_item({"id": "a", "nested": {"value": 1}})
    receiver = Mutating(failures=1)
    async with watching_host(account, receiver, PATIENT).watching():
        await receiver.has({"a"})

    assert seen == [1, 1]


async def test_a_disabled_trigger_reads_nothing_until_it_is_enabled_again(account: Account) -> None:
    receiver = Receiver()
    await account.write("a")
    disabled = Host(watching_app(receiver), account.settings | {"AzureWebJobs.receiver.Disabled": "true"})
    assert disabled.functions == []
    async with disabled.watching():
        assert await account.leases() == []
    async with watching_host(account, receiver).watching():
        await receiver.has({"a"})


async def test_two_functions_may_watch_one_container_with_prefixes_of_their_own(account: Account) -> None:
    one, two = Receiver("one"), Receiver("two")
    await account.write("a")
    async with (
        watching_host(account, one, lease_container_prefix="1").watching(),
        watching_host(account, two, lease_container_prefix="2").watching(),
    ):
        await one.has({"a"})
        await two.has({"a"})


async def test_a_missing_database_is_waited_for_and_mentioned_once(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    def complaints() -> list[int]:
        return [record.levelno for record in caplog.records if "waits for the database" in record.getMessage()]

    settings = account.settings | {"DATABASE": "later"}
    with caplog.at_level(logging.DEBUG, "local.host.triggers"):
        async with Host(watching_app(Receiver()), settings).watching():
            await eventually(lambda: _true(len(complaints()) > 1))

    assert complaints()[:2] == [logging.WARNING, logging.DEBUG]
