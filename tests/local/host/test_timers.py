"""Timers as the real host was seen to run them: a probe shows each row of what was seen, with the row in its name."""

import asyncio
import os
import sys
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest
from aiohttp import ClientSession

from local.host.host import Host
from local.host.schedules import schedule_of
from local.host.timers import Status
from tests.local.host.ticking import (
    EACH_SECOND,
    HOURLY,
    NEVER,
    Probe,
    add_timer,
    stored,
    timer_host,
    timer_settings,
)
from tests.local.host.watching import PATIENCE_SECONDS, Account, Receiver, eventually, watching_app

PROJECT = Path(__file__).parents[3]
RETRIES = {"strategy": "fixed_delay", "max_retry_count": "2", "delay_interval": "00:00:00.02"}


async def test_row_six_fields_fire_at_their_second(account: Account) -> None:
    probe = Probe()
    async with timer_host(account, probe).watching():
        calls = await probe.has(3)

    seconds = [call.at.replace(microsecond=0) for call in calls]
    assert seconds == sorted(set(seconds))
    assert not any(call.past_due for call in calls)


async def test_row_a_time_span_fires_at_its_distance(account: Account) -> None:
    probe = Probe()
    async with timer_host(account, probe, "00:00:00.3").watching():
        first, second, *_ = await probe.has(2)

    assert second.at - first.at >= timedelta(seconds=0.3)


@pytest.mark.logs_errors
@pytest.mark.parametrize("schedule", ["0 0 0 * * 7", "%MISSING%", "soon", "00:00:00", ""])
async def test_row_a_bad_schedule_or_an_unset_setting_disables_that_function_alone(
    account: Account, schedule: str, caplog: pytest.LogCaptureFixture
) -> None:
    app, good, bad = func.FunctionApp(), Probe("good"), Probe("bad")
    add_timer(app, bad, schedule, None, run_on_startup=True)
    add_timer(app, good, EACH_SECOND, None)

    host = Host(app, timer_settings(account))
    async with host.watching():
        await good.has(1)

    assert [function.name for function in host.functions] == ["good"]
    assert bad.calls == []
    assert "this function is switched off" in caplog.text


async def test_a_schedule_may_stand_in_a_setting(account: Account) -> None:
    probe = Probe()
    async with timer_host(account, probe, "%WHEN%", settings={"WHEN": EACH_SECOND}).watching():
        await probe.has(1)


async def test_row_one_host_runs_it_and_another_takes_over_when_it_stops(account: Account) -> None:
    one, two = Probe(), Probe()
    async with AsyncExitStack() as second:
        async with timer_host(account, one).watching():
            await one.has(1)
            await second.enter_async_context(timer_host(account, two).watching())
            await one.has(4)
            assert two.calls == []
        before = len(one.calls)
        await two.has(1)

    assert len(one.calls) == before
    assert (await stored(account, one))["owner"] is None


async def test_row_after_a_kill_the_second_host_takes_over_when_the_lock_has_expired(account: Account) -> None:
    """The lock lasts 15 s and is looked for once a minute; LEASE_SECONDS shortens both, here to 3 s and 12 s."""
    environment = os.environ | timer_settings(account) | {"LEASE_SECONDS": "12"}

    async def start() -> asyncio.subprocess.Process:
        arguments = ("-m", "local.host", "--port", "0", "--app", str(PROJECT / "tests/local/host/timer_app"))
        return await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=PROJECT, env=environment, stdout=asyncio.subprocess.PIPE
        )

    async def line_of(process: asyncio.subprocess.Process, text: str) -> None:
        assert process.stdout is not None
        while text.encode() not in await process.stdout.readline():
            assert process.returncode is None

    first = await start()
    try:
        async with asyncio.timeout(30):
            await line_of(first, f"ran in {first.pid}")
        second = await start()
        try:
            async with asyncio.timeout(60):
                await line_of(second, "served at")
                (owner,) = {lease["owner"] for lease in await account.leases()}
                assert f"/{first.pid}/" in owner
                first.kill()
                killed_at = time.monotonic()
                await line_of(second, f"ran in {second.pid}")
            assert time.monotonic() - killed_at > 1, "the dead host's lock was taken before it had expired"
        finally:
            second.terminate()
            assert await second.wait() == 0
    finally:
        if first.returncode is None:
            first.kill()
        await first.wait()
    assert {lease["owner"] for lease in await account.leases()} == {None}


async def _keep(account: Account, probe: Probe, **status: str) -> None:
    """Leave the status of an earlier life in the database."""
    async with timer_host(account, probe, NEVER).watching():
        await eventually(lambda: _has_status(account, probe))
    lease = await stored(account, probe)
    assert probe.calls == []
    leases = account.database.get_container_client("leases")
    await leases.upsert_item(lease | {"status": status})


async def _has_status(account: Account, probe: Probe) -> bool:
    return "status" in await stored(account, probe)


def _hours_ago(hours: int) -> str:
    return (datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)).isoformat()


async def test_row_after_a_stop_it_runs_at_once_once_past_due_with_the_old_status(account: Account) -> None:
    probe = Probe()
    old = {"Last": _hours_ago(5), "Next": _hours_ago(4), "LastUpdated": _hours_ago(5)}
    await _keep(account, probe, **old)

    async with timer_host(account, probe, HOURLY).watching():
        await probe.has(1)
        await eventually(lambda: _has_last(account, probe, after=old["Last"]))

    (call,) = probe.calls
    assert call.past_due
    assert call.status == old
    assert datetime.fromisoformat((await stored(account, probe))["status"]["Next"]) > datetime.now(UTC)


async def _has_last(account: Account, probe: Probe, after: str) -> bool:
    status = (await stored(account, probe)).get("status")
    return status is not None and status["Last"] > after


async def test_row_the_status_is_kept_for_periods_of_a_minute_and_more(account: Account) -> None:
    hourly, each_second, unmonitored = Probe("hourly"), Probe("second"), Probe("unmonitored")
    app = func.FunctionApp()
    add_timer(app, hourly, HOURLY, None, run_on_startup=True)
    add_timer(app, each_second, EACH_SECOND, None)
    add_timer(app, unmonitored, HOURLY, None, run_on_startup=True, use_monitor=False)

    async with Host(app, timer_settings(account)).watching():
        for probe in (hourly, each_second, unmonitored):
            await probe.has(1)
        await eventually(lambda: _has_last(account, hourly, after="0002"))

    assert hourly.calls[0].status["Last"].startswith("0001-01-01")
    assert (await stored(account, hourly))["status"]["Last"] >= hourly.calls[0].at.isoformat()[:16]
    for probe in (each_second, unmonitored):
        assert probe.calls[0].status == {}
        assert "status" not in await stored(account, probe)


async def test_row_run_on_startup_also_fires_at_every_takeover(account: Account) -> None:
    one, two = Probe(), Probe()
    async with timer_host(account, one, HOURLY, run_on_startup=True).watching():
        await one.has(1)
    async with timer_host(account, two, HOURLY, run_on_startup=True).watching():
        await two.has(1)

    assert [len(one.calls), len(two.calls)] == [1, 1]
    assert not two.calls[0].past_due


async def test_row_a_run_longer_than_its_period_does_not_overlap_and_the_next_follows_at_once(
    account: Account,
) -> None:
    probe = Probe(delay_seconds=2.1)
    async with timer_host(account, probe, "*/2 * * * * *").watching():
        first, second, third, *_ = await probe.has(3)

    assert probe.most_inside == 1
    for earlier, later in ((first, second), (second, third)):
        assert timedelta(seconds=2.1) <= later.at - earlier.at < timedelta(seconds=3.7)


@pytest.mark.logs_errors
async def test_row_the_retry_policy_is_honoured_then_the_next_occurrence_comes(account: Account) -> None:
    probe = Probe(failures=3)
    async with timer_host(account, probe, retry=RETRIES).watching():
        calls = await probe.has(4)

    assert [call.retry for call in calls[:4]] == [0, 1, 2, 0]
    assert calls[3].at.replace(microsecond=0) > calls[0].at.replace(microsecond=0)


@pytest.mark.logs_errors
async def test_without_a_policy_a_failure_waits_for_the_next_occurrence(account: Account) -> None:
    probe = Probe(failures=1)
    async with timer_host(account, probe).watching():
        first, second, *_ = await probe.has(2)

    assert (first.retry, second.retry) == (0, 0)
    assert second.at.replace(microsecond=0) > first.at.replace(microsecond=0)


@pytest.mark.logs_errors
async def test_a_call_that_takes_longer_than_the_function_timeout_ends(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    probe = Probe(delay_seconds=60)
    async with timer_host(account, probe, timeout_seconds=0.2).watching():
        await probe.has(2)

    assert probe.finished == 0
    assert "ran for longer than the functionTimeout" in caplog.text


async def test_a_timer_that_is_switched_off_does_not_run(account: Account) -> None:
    probe = Probe()
    disabled = timer_host(account, probe, settings={"AzureWebJobs.probe.Disabled": "1"}, run_on_startup=True)

    assert disabled.functions == []
    async with disabled.watching():
        assert await account.leases() == []
    async with timer_host(account, probe, HOURLY, run_on_startup=True).watching():
        await probe.has(1)


@pytest.mark.logs_errors
async def test_row_without_storage_http_and_change_feeds_work_and_timers_do_not_start(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    probe, receiver = Probe(), Receiver()
    app = watching_app(receiver)
    add_timer(app, probe, EACH_SECOND, None, run_on_startup=True)

    @app.function_name("hello")
    @app.route("hello")
    async def hello(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(req.method)

    await account.write("a")
    async with Host(app, account.settings).running() as address, ClientSession() as client:
        async with client.get(f"{address}/api/hello") as response:
            assert await response.text() == "GET"
        await receiver.has({"a"})

    assert probe.calls == []
    assert "No timer starts" in caplog.text


async def test_a_host_that_stops_finishes_the_run_in_hand(account: Account) -> None:
    probe = Probe(delay_seconds=0.4)
    async with timer_host(account, probe, HOURLY, run_on_startup=True).watching():
        await probe.has(1)

    assert probe.finished == 1
    assert not (await stored(account, probe))["status"]["Last"].startswith("0001")


async def test_a_host_whose_lock_was_taken_away_does_not_go_on(account: Account) -> None:
    probe = Probe(delay_seconds=60)
    async with timer_host(account, probe).watching():
        await probe.has(1)
        lease = await stored(account, probe)
        leases = account.database.get_container_client("leases")
        await leases.upsert_item(lease | {"owner": "another", "expires_at": time.time() + 60})
        async with asyncio.timeout(PATIENCE_SECONDS):
            await eventually(lambda: _is(probe.inside == 0))

    assert probe.finished == 0
    assert (await stored(account, probe))["owner"] == "another"


async def _is(value: bool) -> bool:
    return value


@pytest.mark.parametrize("nonsense", [None, 7, {}, {"Last": "x"}, {"Last": 1, "Next": 2, "LastUpdated": 3}])
async def test_a_status_that_is_nonsense_is_made_anew(account: Account, nonsense: Any) -> None:
    probe = Probe()
    async with timer_host(account, probe, NEVER).watching():
        await eventually(lambda: _has_status(account, probe))
    leases = account.database.get_container_client("leases")
    await leases.upsert_item(await stored(account, probe) | {"status": nonsense})

    async with timer_host(account, probe, HOURLY, run_on_startup=True).watching():
        await probe.has(1)

    assert not probe.calls[0].past_due


NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAILY = schedule_of("0 0 12 * * *")


def test_a_timer_that_is_new_is_not_past_due() -> None:
    status = Status.at_start(None, DAILY, NOON + timedelta(minutes=1))

    assert status == Status(None, NOON + timedelta(days=1), NOON + timedelta(minutes=1))
    assert not status.is_past_due(NOON + timedelta(minutes=1))


def test_a_timer_that_has_never_run_is_past_due_when_its_first_occurrence_was_missed() -> None:
    kept = Status(None, NOON, NOON - timedelta(hours=3))

    found = Status.at_start(kept.shown(), DAILY, NOON + timedelta(hours=1))

    assert found == kept
    assert found.is_past_due(NOON + timedelta(hours=1))


@pytest.mark.parametrize(("hours_later", "hours_to_the_next"), [(1, 12), (60, 84)])
def test_a_schedule_that_was_changed_counts_from_the_last_run_and_is_never_past_due(
    hours_later: int, hours_to_the_next: int
) -> None:
    kept, now = Status(NOON, NOON + timedelta(days=1), NOON), NOON + timedelta(hours=hours_later)

    found = Status.at_start(kept.shown(), schedule_of("0 0 0 * * *"), now)

    assert found == Status(None, NOON + timedelta(hours=hours_to_the_next), NOON)
    assert not found.is_past_due(now)
