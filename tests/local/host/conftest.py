"""What the host's tests share: an HTTP client, and a database in memory with a container to watch."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from azure.cosmos.aio import CosmosClient

from embedded_cosmos.server import serve
from tests.local.host.watching import Account, make_account


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    async with serve() as server, CosmosClient(server.url, server.key) as cosmos:
        yield await make_account(cosmos, server.url, server.key)
