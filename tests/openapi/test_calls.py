"""Schemathesis calls every operation with what the document allows and with what it does not, the same at every run.

Whatever it sends is answered as the document says: with a status, a type, headers and a body that stand there.
"""

from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.http_docs.document import document
from tests.openapi.serving import Person, Served
from tests.openapi.things import Things

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

# By itself it sends what is malformed, too; the second time only what is well-formed, and aimed at what there is.
anything = schemathesis.openapi.from_dict(document())
well_formed = schemathesis.openapi.from_dict(
    document(),
    config=schemathesis.Config.from_dict(
        {"generation": {"mode": "positive"}, "phases": {"coverage": {"enabled": False}, "examples": {"enabled": False}}}
    ),
)
bounded = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module", params=["user", "admin"])
def caller(request: pytest.FixtureRequest) -> Person:
    return Person(str(uuid4()), admin=request.param == "admin")


@pytest.fixture(scope="module")
def things(served: Served, caller: Person) -> Things:
    return Things(served, caller)


@anything.parametrize()
@settings(bounded, max_examples=5)
def test_every_call_is_answered_as_documented(case: Any, served: Served, caller: Person) -> None:
    case.call_and_validate(base_url=f"{served.url}/api", headers=caller.headers, checks=CHECKS, timeout=10)


@well_formed.parametrize()
@settings(bounded, max_examples=4)
def test_calls_about_what_exists_are_answered_as_documented(
    case: Any, served: Served, caller: Person, things: Things
) -> None:
    things.aim(case)
    case.call_and_validate(base_url=f"{served.url}/api", headers=caller.headers, checks=CHECKS, timeout=10)


def test_nothing_that_was_sent_made_an_error_in_the_log(served: Served) -> None:
    """It stands last in this file: the log of all that was called above."""
    assert served.errors() == []
