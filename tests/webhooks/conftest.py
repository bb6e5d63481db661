"""The app where webhooks may lead to this machine, and a tenant in it."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from tests.application import Application, application
from tests.webhooks.receiving import Receiver, receiver
from tests.world import World, make_world


@pytest.fixture(scope="module")
async def hooking(cosmos_account: CosmosAccount, app: Application) -> AsyncIterator[Application]:
    """The app on a database of one file's own, whose change feed and sender it runs when it likes."""
    del app
    async with application(cosmos_account, WEBHOOKS_TO_LOOPBACK="1") as served:
        yield served


@pytest.fixture
async def world(hooking: Application, http: aiohttp.ClientSession) -> World:
    return await make_world(http, hooking)


@pytest.fixture
async def received() -> AsyncIterator[Receiver]:
    """A receiver that takes everything."""
    async with receiver() as one:
        yield one
