"""`GET /feature-toggles` over HTTP: from the laptop's file, from App Configuration, and with that one gone."""

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from local.demo_tokens import token
from shared.flags.feature_flags import Flag
from tests.application import ROOT, application
from tests.calling import Answer, Person, send
from tests.flags.app_configuration import AppConfiguration, app_configuration
from tests.flags.flags import eventually
from tests.world import World, make_world

FLAGS_FILE = str(ROOT / "local" / "feature_flags.json")
ALL_OFF: dict[str, Any] = {"flags": dict.fromkeys(sorted(map(str, Flag)), False), "variants": {}}
USUAL_SECONDS = 0.5


@pytest.fixture
async def laptop(cosmos_account: CosmosAccount, http: aiohttp.ClientSession) -> AsyncIterator[Person]:
    """Somebody who calls an app that has its flags from the file."""
    async with application(cosmos_account, FEATURE_FLAGS_FILE=FLAGS_FILE) as app:
        yield (await make_world(http, app)).user


@pytest.fixture
async def store() -> AsyncIterator[AppConfiguration]:
    async with app_configuration() as running:
        yield running


@pytest.fixture
async def cloud(
    cosmos_account: CosmosAccount, http: aiohttp.ClientSession, store: AppConfiguration
) -> AsyncIterator[World]:
    """A tenant of an app that has its flags from a store, and asks it again at every call."""
    more = {
        "AZURE_APP_CONFIGURATION_CONNECTION_STRING": store.connection_string(),
        "FEATURE_FLAGS_FILE": FLAGS_FILE,
        "FEATURE_FLAGS_CACHE_SECONDS": "0",
    }
    async with application(cosmos_account, **more) as app:
        yield await make_world(http, app)


async def timed(person: Person, method: str, path: str, **more: Any) -> tuple[Answer, float]:
    began = time.perf_counter()
    answer = await person.call(method, path, **more)
    return answer, time.perf_counter() - began


async def test_without_a_setting_every_flag_is_off(world: World) -> None:
    assert (await world.user.get("feature-toggles")).ok() == ALL_OFF


async def test_the_flags_of_the_file_are_told(laptop: Person) -> None:
    assert (await laptop.get("feature-toggles/")).ok() == {
        "flags": {"dark-mode": True, "preview": False},
        "variants": {},
    }


async def test_a_tester_is_told_more(laptop: Person) -> None:
    as_tester = token(laptop.user_id, laptop.email, "Somebody", tenant_id=laptop.tenant_id, tester=True)
    tester = laptop.with_headers(Authorization=f"Bearer {as_tester}")

    assert (await tester.get("feature-toggles")).ok() == {"flags": {"dark-mode": True, "preview": True}, "variants": {}}


async def test_a_variant_is_told_with_its_value(cloud: World, store: AppConfiguration) -> None:
    store.put_flag(
        "theme",
        variants=[{"name": "A"}, {"name": "B", "configuration_value": {"colour": "blue", "size": None}}],
        allocation={"default_when_enabled": "A", "user": [{"variant": "B", "users": [cloud.user.email.upper()]}]},
    )
    store.put_flag("without")

    mine = (await cloud.user.get("feature-toggles")).ok()
    others = (await cloud.admin.get("feature-toggles")).ok()

    assert mine["flags"]["theme"] is True
    assert mine["variants"] == {"theme": {"name": "B", "configuration_value": {"colour": "blue", "size": None}}}
    assert others["variants"] == {"theme": {"name": "A", "configuration_value": None}}


async def test_flags_are_for_callers(laptop: Person) -> None:
    (await send(laptop.http, "GET", f"{laptop.url}/api/feature-toggles")).refused(401, "token_missing")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_flags_are_only_read(laptop: Person, method: str) -> None:
    answer = await laptop.call(method, "feature-toggles")

    answer.refused(405)
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


async def test_a_store_goes_before_the_file(cloud: World, store: AppConfiguration) -> None:
    targeted = {"Audience": {"Users": [cloud.user.email.upper()]}}
    store.put_flag("dark-mode", enabled=False)
    filters = [{"name": "Microsoft.Targeting", "parameters": targeted}]
    store.put_flag("for-one", conditions={"client_filters": filters})

    flags = {"dark-mode": False, "for-one": True, "preview": False}
    assert (await cloud.user.get("feature-toggles")).ok() == {"flags": flags, "variants": {}}
    assert (await cloud.admin.get("feature-toggles")).ok() == {"flags": {**flags, "for-one": False}, "variants": {}}


@pytest.mark.parametrize("how", ["stopped", "hanging"])
async def test_without_the_store_calls_take_their_usual_time(cloud: World, store: AppConfiguration, how: str) -> None:
    store.put_flag("dark-mode")
    assert (await cloud.user.get("feature-toggles")).ok()["flags"]["dark-mode"] is True
    if how == "stopped":
        await store.stop()
    else:
        store.answers.clear()

    for _ in range(5):
        told, seconds = await timed(cloud.user, "GET", "feature-toggles")
        assert told.ok()["flags"]["dark-mode"] is True
        assert seconds < USUAL_SECONDS
    made, seconds = await timed(cloud.user, "POST", "time-entries", json=cloud.references)
    made.ok(201)
    assert seconds < USUAL_SECONDS


async def test_a_store_that_never_answered_leaves_every_flag_off(cloud: World, store: AppConfiguration) -> None:
    await store.stop()

    assert (await cloud.user.get("feature-toggles")).ok() == ALL_OFF
    (await cloud.user.post("time-entries", cloud.references)).ok(201)


async def test_a_renewal_that_fails_is_logged_within_a_later_call(
    cloud: World, store: AppConfiguration, caplog: pytest.LogCaptureFixture
) -> None:
    """The Functions host drops what a task logs that belongs to no running call."""
    (await cloud.user.get("feature-toggles")).ok()
    await store.stop()
    (await cloud.user.get("feature-toggles")).ok()

    async def logged() -> bool:
        assert "the feature flags can't be read" not in caplog.text
        # Any call will do, also one that asks for no flag.
        (await cloud.user.get("time-entries/running")).ok(204)
        return "the feature flags can't be read" in caplog.text

    await eventually(logged)
