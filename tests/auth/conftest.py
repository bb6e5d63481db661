"""What the tests of tokens share: a key server on loopback."""

from collections.abc import AsyncIterator

import pytest

from tests.auth.key_server import KeyServer, key_server


@pytest.fixture
async def issuer() -> AsyncIterator[KeyServer]:
    async with key_server() as running:
        yield running
