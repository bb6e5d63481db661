"""An old database, and the app on a new one."""

from collections.abc import AsyncIterator

import pytest

from embedded_cosmos.testing import CosmosAccount
from tests.application import Application, application
from tests.operations.adopt.old_system import OldSystem, old_system

# Events are kept for a day, so that `check` need not look for each of them on the day after: see `findings`.
SETTINGS = {"LONGEST_ENTRY_HOURS": "168", "EVENT_RETENTION_DAYS": "1"}


@pytest.fixture
async def old(cosmos_account: CosmosAccount) -> AsyncIterator[OldSystem]:
    async with old_system(cosmos_account) as old:
        yield old


@pytest.fixture
async def new(cosmos_account: CosmosAccount, app: Application) -> AsyncIterator[Application]:
    """The app on a database of the test's own, for `check` looks at all of one."""
    del app
    async with application(cosmos_account, **SETTINGS) as new:
        yield new
