"""The real function app, served by the local host in this process, on a database of its own."""

import base64
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy

from embedded_cosmos.testing import CosmosAccount
from local.host.host import Host
from migrations import runner
from shared import clients
from shared.config import settings

ROOT = Path(__file__).parents[1]
SECRETS_KEY = base64.b64encode(b"a key for tests, of 32 bytes....").decode()


@dataclass(frozen=True, slots=True)
class Application:
    """Where the app answers, the database under it, and the settings that a host of its triggers needs."""

    url: str
    database: DatabaseProxy
    settings: Mapping[str, str]

    def container(self, container_id: str) -> ContainerProxy:
        return self.database.get_container_client(container_id)


@asynccontextmanager
async def application(
    account: CosmosAccount, endpoint: str | None = None, **more_settings: str
) -> AsyncIterator[Application]:
    """Run the app; with `endpoint`, the app (not the test) talks to the account by way of that address.

    The app's settings and clients are those of the process: within another application's block, this one stands in.
    """
    reached = endpoint or account.endpoint
    environment = {
        "COSMOS_ENDPOINT": reached,
        "COSMOS_KEY": account.key,
        "COSMOS_DATABASE": f"test-{uuid4()}",
        "COSMOS_CONNECTION": f"AccountEndpoint={reached};AccountKey={account.key};",
        "JWT_VERIFICATION": "gateway",
        "SECRETS_KEY": SECRETS_KEY,
        # Most tests' entries are of long ago, and so are timers that are started or restarted there.
        "LONGEST_ENTRY_HOURS": str(50 * 365 * 24),
        **more_settings,
    }
    async with CosmosClient(account.endpoint, account.key) as cosmos:
        with _environment(environment):
            await _forget()
            try:
                await runner.migrate()
                host = await Host.load(ROOT, environment)
                async with host.serving() as url:
                    database = cosmos.get_database_client(environment["COSMOS_DATABASE"])
                    yield Application(url, database, environment)
            finally:
                await _forget()
                await cosmos.delete_database(environment["COSMOS_DATABASE"])


async def _forget() -> None:
    await clients.close()
    settings.cache_clear()


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
