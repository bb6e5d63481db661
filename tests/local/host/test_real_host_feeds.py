"""Change feeds as the real Functions host was seen to read them, and leases that somebody has tampered with.

The rows on killed and stopped hosts are in `test_leases.py`, those on retries and on unavailable databases in
`test_change_feed.py`.
"""

import logging
from typing import Any

import pytest

from local.host.configuration import AppSettings
from local.host.host import Host
from local.host.triggers import ChangeFeedTrigger
from tests.local.host.watching import LEASES, Account, Receiver, eventually, watching_app, watching_host

PATIENT = {"strategy": "fixed_delay", "max_retry_count": "-1", "delay_interval": "00:00:00.02"}
DECLARED = {"connection": "FEED", "databaseName": "db", "containerName": "c"}


async def test_row_100_writes_are_all_delivered(account: Account) -> None:
    receiver = Receiver()
    ids = [f"{number:03}" for number in range(100)]
    async with watching_host(account, receiver).watching():
        await account.write(*ids)
        await receiver.has(ids)

    assert receiver.received == ids


def intervals(trigger: ChangeFeedTrigger) -> list[float]:
    return [trigger.lease_life, trigger.lease_renewal, trigger.lease_acquisition, trigger.poll_delay]


def test_row_a_lease_lasts_60_s_and_is_renewed_every_17_s_unless_the_trigger_says_otherwise() -> None:
    assert intervals(ChangeFeedTrigger.declared(DECLARED, "f", AppSettings({}))) == [60, 17, 13, 5]


def test_a_setting_shortens_the_intervals_that_the_trigger_does_not_declare() -> None:
    settings = AppSettings({"LEASE_SECONDS": "6"})
    declared = DECLARED | {"leaseExpirationInterval": 30_000, "feedPollDelay": 1000}

    assert intervals(ChangeFeedTrigger.declared(DECLARED, "f", settings)) == pytest.approx([6, 1.7, 1.3, 5])
    assert intervals(ChangeFeedTrigger.declared(declared, "f", settings)) == pytest.approx([30, 1.7, 1.3, 1])


@pytest.mark.logs_errors
async def test_row_a_function_timeout_in_a_batch_loses_nothing(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    slow = Receiver(delay_seconds=60)
    await account.write("a", "b")
    host = Host(watching_app(slow, PATIENT), account.settings, function_timeout_seconds=0.2)
    async with host.watching():
        await eventually(lambda: _is(len(slow.tried) > 1))
        slow.delay_seconds = 0
        await slow.has({"a", "b"})

    assert "ran for longer than the functionTimeout of 0.2 s" in caplog.text
    assert slow.tried[0] == slow.tried[-1] == ["a", "b"]


async def _is(value: bool) -> bool:
    return value


async def _delete_leases(account: Account) -> None:
    leases = account.database.get_container_client(LEASES)
    for lease in [lease async for lease in leases.read_all_items()]:
        await leases.delete_item(lease["id"], lease["id"])


async def test_row_leases_that_are_deleted_under_a_running_host_silence_the_feed_until_a_restart(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    one, two, restarted = Receiver(), Receiver(), Receiver()
    async with watching_host(account, one).watching(), watching_host(account, two).watching():
        await account.write("a")
        await eventually(lambda: _is("a" in one.received + two.received))
        await _delete_leases(account)
        # Both hosts find out: the one that held the lease, and the one that looked for it.
        await eventually(lambda: _is(caplog.text.count("its lease was deleted") == 2))
        await account.write("b")
        assert await account.leases() == []
    async with watching_host(account, restarted).watching():
        await restarted.has({"a", "b"})

    assert "b" not in one.received + two.received
    assert [record.levelno for record in caplog.records if "was deleted" in record.getMessage()] == [30, 30]


TAMPERED: dict[str, dict[str, Any]] = {
    "no owner": {"owner": ...},
    "no expiry": {"owner": "another", "expires_at": ...},
    "an expiry that is none": {"owner": "another", "expires_at": "soon"},
    "no range": {"feed_range": ...},
    "no continuation": {"continuation": ...},
    "nothing but its id": {"owner": ..., "expires_at": ..., "feed_range": ..., "continuation": ...},
}


@pytest.mark.parametrize("changes", TAMPERED.values(), ids=TAMPERED)
async def test_a_lease_that_lacks_something_is_taken_and_completed(account: Account, changes: dict[str, Any]) -> None:
    first, second = Receiver(), Receiver()
    async with watching_host(account, first).watching():
        await account.write("a")
        await first.has({"a"})
    (lease,) = await account.leases()
    tampered = {name: value for name, value in (lease | changes).items() if value is not ...}
    await account.database.get_container_client(LEASES).upsert_item(tampered)

    async with watching_host(account, second).watching():
        await account.write("b")
        await second.has({"b"})
        (completed,) = await account.leases()

    assert {"owner", "expires_at", "feed_range", "continuation"} <= set(completed)


async def test_ranges_that_are_gone_are_agreed_on_anew(account: Account) -> None:
    first, second = Receiver(), Receiver()
    async with watching_host(account, first).watching():
        await account.write("a")
        await first.has({"a"})
    leases = account.database.get_container_client(LEASES)
    (marker,) = [lease async for lease in leases.read_all_items() if lease["id"].endswith(".info")]
    await leases.upsert_item({"id": marker["id"]})

    async with watching_host(account, second).watching():
        await account.write("b")
        await second.has({"b"})


@pytest.mark.logs_errors
async def test_a_lease_that_holds_nonsense_does_not_end_the_trigger_in_silence(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = Receiver(), Receiver()
    async with watching_host(account, first).watching():
        await account.write("a")
        await first.has({"a"})
    (lease,) = await account.leases()
    leases = account.database.get_container_client(LEASES)
    await leases.upsert_item(lease | {"feed_range": "nonsense", "continuation": None})

    async with watching_host(account, second).watching():
        await eventually(lambda: _is(caplog.text.count("the host failed at this trigger, and begins anew") > 1))
        (held,) = await account.leases()
        await leases.upsert_item(held | {"feed_range": lease["feed_range"]})
        await account.write("b")
        await second.has({"b"})

    assert all(record.exc_info for record in caplog.records if record.levelno == logging.ERROR)
