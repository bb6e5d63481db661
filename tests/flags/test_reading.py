"""Reading feature flags from App Configuration: what is asked for, and what happens when it does not answer."""

import asyncio
import base64
import logging
import time

import pytest
from azure.core.exceptions import AzureError

from shared.clients import APP_CONFIGURATION_RETRIES
from shared.flags.feature_flags import Flag
from shared.logs import log_what_waits
from shared.refreshed import FIRST_WAIT_SECONDS
from tests.flags.app_configuration import AppConfiguration, app_configuration
from tests.flags.flags import caller, eventually, flags_from

ALL_OFF = dict.fromkeys(sorted(map(str, Flag)), False)
# A call that waits for nothing, on a machine that is busy with other things.
AT_ONCE_SECONDS = 0.3


async def test_the_flags_of_the_store_are_told_and_those_it_lacks_are_off(store: AppConfiguration) -> None:
    store.put_flag("dark-mode")
    store.put_flag("of-nobody-here", enabled=True)
    store.put_flag("switched-off", enabled=False)

    async with flags_from(store) as flags:
        assert (await flags.toggles(caller())).flags == {
            "dark-mode": True,
            "of-nobody-here": True,
            "preview": False,
            "switched-off": False,
        }


async def test_the_backend_asks_for_one_flag(store: AppConfiguration) -> None:
    store.put_flag("dark-mode")

    async with flags_from(store) as flags:
        assert await flags.enabled(Flag.DARK_MODE, caller())
        assert not await flags.enabled(Flag.PREVIEW, caller())


async def test_every_page_is_read() -> None:
    async with app_configuration(page_size=3) as store, flags_from(store) as flags:
        for number in range(10):
            store.put_flag(f"flag-{number}")

        told = (await flags.toggles(caller())).flags

        assert [name for name, on in told.items() if on] == [f"flag-{number}" for number in range(10)]
        assert len(store.requests) == 4


async def test_nothing_but_flags_is_read(store: AppConfiguration) -> None:
    store.put("api-url", "https://example.com")
    store.put("appconfig.featureflag/lookalike", '{"id": "lookalike", "enabled": true}')

    async with flags_from(store) as flags:
        assert (await flags.toggles(caller())).flags == ALL_OFF


async def test_the_variant_of_a_label_is_for_that_label_only(store: AppConfiguration) -> None:
    store.put_flag("dark-mode", label="test")
    store.put_flag("preview")

    async with flags_from(store) as unlabelled, flags_from(store, label="test") as labelled:
        assert (await unlabelled.toggles(caller())).flags == {"dark-mode": False, "preview": True}
        assert (await labelled.toggles(caller())).flags == {"dark-mode": True, "preview": False}


async def test_a_flag_is_called_by_the_id_in_it(store: AppConfiguration) -> None:
    store.put_flag("mobile:dark-mode", id="dark-mode")

    async with flags_from(store) as flags:
        assert (await flags.toggles(caller())).flags == {"dark-mode": True, "preview": False}


@pytest.mark.parametrize(
    "wrong", [{"secret": base64.b64encode(b"another").decode()}, {"key_id": "another"}, {"secret": "no base64!"}]
)
async def test_with_a_wrong_key_every_flag_is_off(
    store: AppConfiguration, caplog: pytest.LogCaptureFixture, wrong: dict[str, str]
) -> None:
    store.put_flag("dark-mode")

    async with flags_from(store, connection_string=store.connection_string(**wrong)) as flags:
        assert (await flags.toggles(caller())).flags == ALL_OFF
    log_what_waits()
    assert "the feature flags can't be read" in caplog.text


async def test_a_throttled_read_is_tried_once_more(store: AppConfiguration) -> None:
    store.put_flag("dark-mode")
    store.throttles = 1

    async with flags_from(store) as flags:
        assert await flags.enabled(Flag.DARK_MODE, caller())


async def test_a_store_that_fails_once_is_asked_once_more(store: AppConfiguration) -> None:
    store.put_flag("dark-mode")
    store.fails = 1

    async with flags_from(store) as flags:
        assert await flags.enabled(Flag.DARK_MODE, caller())


async def test_many_first_calls_make_one_read(store: AppConfiguration) -> None:
    store.put_flag("dark-mode")

    async with flags_from(store) as flags:
        told = await asyncio.gather(*(flags.enabled(Flag.DARK_MODE, caller()) for _ in range(20)))

    assert all(told)
    assert len(store.requests) == 1


async def test_what_is_young_is_not_read_again(store: AppConfiguration) -> None:
    async with flags_from(store) as flags:
        await flags.toggles(caller())
        for _ in range(5):
            await flags.toggles(caller())
            # Had that call begun a renewal, it would have come in before this.
            await flags.read_for(caller())

    assert len(store.requests) == 1 + 5


async def test_a_store_that_fails_is_not_asked_by_every_call(store: AppConfiguration) -> None:
    store.fails = 1000

    async with flags_from(store) as flags:
        await flags.toggles(caller())
        for _ in range(5):
            await flags.toggles(caller())
            with pytest.raises(AzureError):
                await flags.read_for(caller())

    once = 1 + APP_CONFIGURATION_RETRIES
    assert len(store.requests) == once + 5 * once


async def test_a_change_in_the_store_is_seen(store: AppConfiguration) -> None:
    store.put_flag("dark-mode", enabled=False)

    async with flags_from(store, max_age_seconds=0) as flags:
        assert not await flags.enabled(Flag.DARK_MODE, caller())
        store.put_flag("dark-mode", enabled=True)
        await eventually(lambda: flags.enabled(Flag.DARK_MODE, caller()))


async def test_what_is_old_is_answered_while_it_is_renewed(store: AppConfiguration) -> None:
    store.put_flag("dark-mode")

    async with flags_from(store, max_age_seconds=0) as flags:
        assert await flags.enabled(Flag.DARK_MODE, caller())
        store.answers.clear()
        began = time.monotonic()
        for _ in range(10):
            assert await flags.enabled(Flag.DARK_MODE, caller())
        assert time.monotonic() - began < AT_ONCE_SECONDS
        store.answers.set()


async def test_the_last_known_flags_stay_while_the_store_is_away(
    store: AppConfiguration, caplog: pytest.LogCaptureFixture
) -> None:
    store.put_flag("dark-mode")
    store.put_flag("preview", enabled=False)

    async with flags_from(store, max_age_seconds=0) as flags:
        assert await flags.enabled(Flag.DARK_MODE, caller())
        await store.stop()
        await eventually(lambda: _said(caplog, flags.enabled(Flag.DARK_MODE, caller())))
        assert (await flags.toggles(caller())).flags == {"dark-mode": True, "preview": False}

        store.put_flag("preview", enabled=True)
        await store.start()
        await eventually(lambda: flags.enabled(Flag.PREVIEW, caller()))


async def test_a_store_that_is_away_is_complained_of_once(
    store: AppConfiguration, caplog: pytest.LogCaptureFixture
) -> None:
    await store.stop()

    async with flags_from(store, max_age_seconds=0) as flags:
        for _ in range(20):
            await flags.toggles(caller())
            await asyncio.sleep(0)
    log_what_waits()

    assert [record.levelno for record in caplog.records if "can't be read" in record.message] == [logging.WARNING]


async def test_without_a_store_every_flag_is_off_at_once(store: AppConfiguration) -> None:
    await store.stop()

    async with flags_from(store) as flags:
        began = time.monotonic()
        assert (await flags.toggles(caller())).flags == ALL_OFF
        assert time.monotonic() - began < FIRST_WAIT_SECONDS + AT_ONCE_SECONDS
        began = time.monotonic()
        assert (await flags.toggles(caller())).flags == ALL_OFF
        assert time.monotonic() - began < AT_ONCE_SECONDS


async def test_only_the_first_call_waits_for_a_store_that_hangs(store: AppConfiguration) -> None:
    store.put_flag("dark-mode")
    store.answers.clear()

    async with flags_from(store, max_age_seconds=0) as flags:
        began = time.monotonic()
        assert (await flags.toggles(caller())).flags == ALL_OFF
        assert time.monotonic() - began < FIRST_WAIT_SECONDS + AT_ONCE_SECONDS
        began = time.monotonic()
        assert (await flags.toggles(caller())).flags == ALL_OFF
        assert time.monotonic() - began < AT_ONCE_SECONDS

        store.answers.set()
        await eventually(lambda: flags.enabled(Flag.DARK_MODE, caller()))


async def _said(caplog: pytest.LogCaptureFixture, call: object) -> bool:
    assert await call is True  # type: ignore[misc]
    log_what_waits()
    return "can't be read" in caplog.text
