"""A Cosmos DB account for a test suite: the one of the environment, or the embedded database in memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from embedded_cosmos.faults import Faults
from embedded_cosmos.server import serve_in_thread


@dataclass(frozen=True, slots=True)
class CosmosAccount:
    """Where the account is, and its key. `faults` injects failures; only the embedded database has them."""

    endpoint: str
    key: str
    faults: Faults | None

    @property
    def embedded(self) -> bool:
        return self.faults is not None


@contextmanager
def cosmos_account() -> Iterator[CosmosAccount]:
    """The account that COSMOS_ENDPOINT and COSMOS_KEY name, else the embedded database.

    The embedded database runs on a thread of its own, so that it never shares an event loop with a test.
    """
    endpoint, key = os.environ.get("COSMOS_ENDPOINT"), os.environ.get("COSMOS_KEY")
    if endpoint and key:
        yield CosmosAccount(endpoint, key, faults=None)
        return
    with serve_in_thread() as server:
        yield CosmosAccount(server.url, server.key, faults=server.faults)
