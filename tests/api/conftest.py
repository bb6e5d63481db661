"""What the tests of the API share: the app on a database of its own, and a fresh tenant for each test."""

import logging
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from hypothesis import HealthCheck, settings

from tests.api.application import Application, application
from tests.api.world import World, make_world
from tests.conftest import CosmosAccount

# The fixtures that examples share hold nothing that one example could leave to the next.
settings.register_profile("api", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
async def app(cosmos_account: CosmosAccount) -> AsyncIterator[Application]:
    async with application(cosmos_account) as served:
        yield served


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
async def world(app: Application, http: aiohttp.ClientSession) -> World:
    """A tenant of this test's own, with people, a customer, a project and an activity."""
    return await make_world(http, app)


@pytest.fixture(autouse=True)
def no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a client does, the log of the host and of the app has no error in it."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []
