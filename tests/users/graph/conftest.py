"""What the directory's tests share: a Microsoft Graph on loopback with a few people, and the directory that asks it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from shared.auth.caller import ADMIN, TESTER
from shared.config import Settings
from shared.users.graph.client import Graph
from shared.users.graph.directory import GraphDirectory
from tests.users.graph.certificates import Trust, make_trust
from tests.users.graph.graph_server import GraphServer, graph_server

NEEDED = {"COSMOS_ENDPOINT": "http://localhost", "JWT_VERIFICATION": "gateway"}

Open = Callable[..., GraphDirectory]


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return make_trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture
async def graph(trust: Trust) -> AsyncIterator[GraphServer]:
    """Eight people, so that there are several pages, and the two groups."""
    async with graph_server(trust) as server:
        contents = server.contents
        ada = contents.add_user("Ada", mail="ada@example.com", role=ADMIN)
        for name in ("Bo", "Cy", "Di", "Ed", "Flo"):
            contents.add_user(name, mail=f"{name.lower()}@example.com")
        gil = contents.add_user("Gil", otherMails=["gil@example.org"])
        contents.add_user("Tess", role=f"something-else,{TESTER}")
        contents.add_group(ADMIN, ada, gil)
        contents.add_group(TESTER)
        contents.add_group("unrelated", gil)
        yield server


@pytest.fixture
async def open_directory(graph: GraphServer) -> AsyncIterator[Open]:
    """Opens directories that ask `graph`, as if each were a process of its own; settings may be changed."""
    async with AsyncExitStack() as stack:

        def open_one(cache_seconds: float = 60, **changed: str) -> GraphDirectory:
            environment = {**NEEDED, **graph.settings(), **changed}
            settings = Settings.read({name: value for name, value in environment.items() if value}).directory.graph
            assert settings
            client = Graph(settings, connection_verify=str(graph.trust.authority_file), use_env_settings=False)
            directory = GraphDirectory(client, settings, cache_seconds=cache_seconds)
            stack.push_async_callback(directory.close)
            return directory

        yield open_one


@pytest.fixture
def directory(open_directory: Open) -> GraphDirectory:
    return open_directory()
