"""What the tests of the document share: the document, and the app that it describes."""

from collections.abc import Iterator
from typing import Any

import pytest

from embedded_cosmos.testing import CosmosAccount
from functions.http_openapi.document import document
from tests.http.openapi.serving import Served, served_app


@pytest.fixture(scope="session")
def described() -> dict[str, Any]:
    """The document as the code makes it."""
    return document()


@pytest.fixture(scope="session")
def served(cosmos_account: CosmosAccount, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_app(cosmos_account, tmp_path_factory.mktemp("app")) as app:
        yield app
