"""What every test above the pure ones stands on: a Cosmos DB account, and the app on a database of its own."""

import logging
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from hypothesis import HealthCheck, settings

from benchmarks.recording import Recorder, recording
from embedded_cosmos import testing
from embedded_cosmos.faults import Faults
from embedded_cosmos.server import Server, serve_in_thread
from embedded_cosmos.testing import CosmosAccount
from shared.time_entries.remembered import memory
from tests.application import Application, application
from tests.world import World, make_world

# No deadline for an example, for the machine may be busy with other things. The fixtures that examples share hold
# nothing that one example could leave to the next.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("tests")


@pytest.fixture(scope="session")
def cosmos_account() -> Iterator[CosmosAccount]:
    with testing.cosmos_account() as account:
        yield account


@pytest.fixture(scope="session")
async def app(cosmos_account: CosmosAccount) -> AsyncIterator[Application]:
    async with application(cosmos_account) as served:
        yield served


@pytest.fixture(scope="module")
async def audited(cosmos_account: CosmosAccount, app: Application) -> AsyncIterator[Application]:
    """The app on a database of its own, so that its change feed brings only what the tests of one file wrote."""
    del app
    async with application(cosmos_account) as served:
        yield served


@pytest.fixture(scope="module")
async def with_directory(
    cosmos_account: CosmosAccount, app: Application, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Application]:
    """The app on a database and with a directory file of one file's own; the file is there once a test writes it."""
    del app
    file = tmp_path_factory.mktemp("directory") / "directory.json"
    async with application(cosmos_account, DIRECTORY_FILE=str(file)) as served:
        yield served


@pytest.fixture(scope="module")
async def recorded(cosmos_account: CosmosAccount, app: Application) -> AsyncIterator[tuple[Application, Recorder]]:
    """The app on a database of one file's own, and the recorder of its requests to it."""
    del app
    async with recording(cosmos_account.endpoint) as recorder, application(cosmos_account, recorder.url) as served:
        yield served, recorder


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
async def world(app: Application, http: aiohttp.ClientSession) -> World:
    """A tenant of this test's own, with people, a customer, a project and an activity."""
    return await make_world(http, app)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A database of one file's own, so that the faults injected into it disturb no other test."""
    with serve_in_thread() as running:
        yield running


@pytest.fixture(scope="module")
async def flaky(server: Server, app: Application) -> AsyncIterator[Application]:
    """The app on that database. It stands in for the usual one, which has to be there before."""
    del app
    async with application(CosmosAccount(server.url, server.key, server.faults)) as served:
        yield served


@pytest.fixture
def faults(server: Server) -> Iterator[Faults]:
    """Where to inject faults into that database; none is left behind."""
    yield server.faults
    server.faults.clear()


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Hold that no test depends on what another had the worker remember, and guess wrong."""
    memory.cache_clear()


@pytest.fixture(autouse=True)
def no_error_in_the_log(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Hold that no client can cause an error in the log; a test that provokes one says so with `logs_errors`."""
    yield
    errors = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    if request.node.get_closest_marker("logs_errors"):
        assert errors, "This test is marked to log errors, and logs none."
    else:
        assert errors == []
