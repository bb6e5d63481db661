"""What the tests of feature flags share: a store on loopback."""

from collections.abc import AsyncIterator

import pytest

from shared.logs import log_what_waits
from tests.flags.app_configuration import AppConfiguration, app_configuration


@pytest.fixture(autouse=True)
def nothing_waits_for_the_log() -> None:
    """What other tests left for the log is no part of a test's own."""
    log_what_waits()


@pytest.fixture
async def store() -> AsyncIterator[AppConfiguration]:
    async with app_configuration() as running:
        yield running
