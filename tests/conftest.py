"""What every test above the pure ones stands on: a Cosmos DB account.

With COSMOS_ENDPOINT and COSMOS_KEY set it is that account; otherwise the embedded database, in memory, on a thread of
its own, so that it never shares an event loop with a test.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local.cosmos.faults import Faults
from local.cosmos.server import serve_in_thread


@dataclass(frozen=True, slots=True)
class CosmosAccount:
    endpoint: str
    key: str
    faults: Faults | None
    """Trouble on demand; only the embedded database can be asked for it."""

    @property
    def embedded(self) -> bool:
        return self.faults is not None


@pytest.fixture(scope="session")
def cosmos_account() -> Iterator[CosmosAccount]:
    endpoint, key = os.environ.get("COSMOS_ENDPOINT"), os.environ.get("COSMOS_KEY")
    if endpoint and key:
        yield CosmosAccount(endpoint, key, faults=None)
        return
    with serve_in_thread() as server:
        yield CosmosAccount(server.url, server.key, faults=server.faults)
