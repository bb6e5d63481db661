"""What the tests of feature flags share: a store on loopback."""

from collections.abc import AsyncIterator

import pytest

from tests.flags.app_configuration import AppConfiguration, app_configuration


@pytest.fixture
async def store() -> AsyncIterator[AppConfiguration]:
    async with app_configuration() as running:
        yield running
