"""Every resource has one function, under the name of the folder that holds its operations."""

from pathlib import Path

import pytest

from functions.http_trigger import HTTP_FUNCTIONS, HttpFunction
from tests.application import ROOT

NAMES = [function.name for function in HTTP_FUNCTIONS]


def test_every_folder_with_routes_is_a_function() -> None:
    """A folder that the table misses would answer nothing, and the OpenAPI document would not say so."""
    folders = {path.parent.name for path in Path(ROOT, "functions").glob("*/routes.py")}
    assert folders == set(NAMES)


def test_names_and_paths_are_not_used_twice() -> None:
    """With one name twice, Azure would index no function at all."""
    assert len(NAMES) == len({name.lower() for name in NAMES})
    assert len(HTTP_FUNCTIONS) == len({function.path for function in HTTP_FUNCTIONS})


def test_what_no_other_function_answers_is_tried_last() -> None:
    """The host tries functions in alphabetical order of their names."""
    (fallback,) = [function.name for function in HTTP_FUNCTIONS if not function.path]
    assert max(NAMES) == fallback


@pytest.mark.parametrize("function", HTTP_FUNCTIONS, ids=NAMES)
def test_a_function_needs_no_key_where_its_operations_need_no_token(function: HttpFunction) -> None:
    routes = function.routes.all
    # A calendar is read without a token, and so without a key; its address is made with one.
    assert any(route.public for route in routes) == function.public
