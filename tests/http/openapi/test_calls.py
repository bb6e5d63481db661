"""Schemathesis calls every operation with what the document allows and with what it does not, the same at every run.

Whatever it sends is answered as the document says: with a status, a type, headers and a body that stand there.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.http_openapi.document import document
from tests.http.openapi.serving import Person, Served
from tests.http.openapi.things import Things


@schemathesis.serializer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def workbook(_: Any, value: Any) -> Any:
    """Whatever it thinks of, which is never a workbook."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

SAMPLED = {"coverage": {"enabled": False}, "examples": {"enabled": False}}

# Everything that it can think of at the edges of the document, for one caller; for the other, samples of it; and
# samples of what is well-formed, aimed at things that are there.
edges = schemathesis.openapi.from_dict(document())
samples = schemathesis.openapi.from_dict(document(), config=schemathesis.Config.from_dict({"phases": SAMPLED}))
well_formed = schemathesis.openapi.from_dict(
    document(), config=schemathesis.Config.from_dict({"phases": SAMPLED, "generation": {"mode": "positive"}})
)
bounded = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


class Client:
    """Somebody who keeps a connection open."""

    def __init__(self, served: Served, *, admin: bool) -> None:
        self._served = served
        self._person = Person(str(uuid4()), admin=admin)
        self._session = requests.Session()
        self.things = Things(served, self._person)

    def send(self, case: Any) -> None:
        """Send the call; raises when it is not answered as documented."""
        base_url, headers = f"{self._served.url}/api", self._person.headers
        case.call_and_validate(base_url, session=self._session, headers=headers, checks=CHECKS, timeout=10)

    def close(self) -> None:
        self._session.close()


@pytest.fixture(scope="module")
def client(served: Served, request: pytest.FixtureRequest) -> Iterator[Client]:
    with closing(Client(served, admin=request.param == "admin")) as client:
        yield client


def called_by(*who: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("client", who, indirect=True)


@edges.parametrize()
@called_by("admin")
@settings(bounded, max_examples=3)
def test_every_call_is_answered_as_documented(case: Any, client: Client) -> None:
    client.send(case)


@samples.parametrize()
@called_by("user")
@settings(bounded, max_examples=6)
def test_every_call_of_an_ordinary_user_is_answered_as_documented(case: Any, client: Client) -> None:
    client.send(case)


@well_formed.parametrize()
@called_by("admin", "user")
@settings(bounded, max_examples=4)
def test_calls_about_what_exists_are_answered_as_documented(case: Any, client: Client) -> None:
    client.things.aim(case)
    client.send(case)


def test_nothing_that_was_sent_made_an_error_in_the_log(served: Served) -> None:
    """It stands last in this file: the log of all that was called above."""
    assert served.errors() == []
