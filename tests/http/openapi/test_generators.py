"""The document keeps to what generators of clients understand alike."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

Json = dict[str, Any]
METHODS = {"get", "post", "put", "delete"}


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every object of the document, with the path to it."""
    if isinstance(value, dict):
        yield path, value
        for name, one in value.items():
            yield from walk(one, f"{path}/{name}")
    elif isinstance(value, list):
        for one in value:
            yield from walk(one, path)


def operations(described: Json) -> Iterator[tuple[str, Json]]:
    for path, item in described["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method} {path}", item[method]


def test_what_may_be_null_says_its_type(described: Json) -> None:
    """Microsoft.OpenApi drops `nullable` where there is no `type`, without a word."""
    for path, one in walk(described["components"]):
        if one.get("nullable") is True:
            assert isinstance(one.get("type"), str), path


def test_nothing_is_one_of_several(described: Json) -> None:
    """NSwag's client throws on `anyOf` with an alternative that is null."""
    found = {path for path, one in walk(described["components"]) if one.keys() & {"anyOf", "oneOf", "not"}}

    assert found == set()


@pytest.mark.parametrize(
    ("schema", "name"), [("Project", "project_type"), ("Delivery", "last_answer"), ("EntryEvent", "state")]
)
def test_an_object_that_may_be_null_is_written_out(described: Json, schema: str, name: str) -> None:
    """What a reference leads to can't be null, with `nullable` beside the `allOf` around it neither: validators refuse
    the answer, and the client of openapi-python-client fails over each project without a type.
    """
    found = described["components"]["schemas"][schema]["properties"][name]

    assert (found["type"], found["nullable"]) == ("object", True)
    assert not [path for path, one in walk(found) if "allOf" in one and one.get("type") == "object"]
    OAS30Validator({**described, **found}).validate(None)


def test_bodies_say_their_defaults_in_words(described: Json) -> None:
    """openapi-typescript makes a field with `default` required; NSwag and Kiota send the default in every body."""
    schemas = described["components"]["schemas"]
    entry = schemas["TimeEntryBody"]["properties"]

    assert [path for path, one in walk(schemas) if "default" in one] == []
    assert entry["timezone_offset"]["description"].endswith("By default, `300`.")
    assert entry["technologies"]["description"].endswith("By default, an empty list.")
    assert schemas["CustomerBody"]["properties"]["status"]["description"].endswith('By default, `"active"`.')
    for name, schema in schemas.items():
        if name.endswith("Change"):
            assert not any("By default" in one.get("description", "") for one in schema["properties"].values()), name


def test_every_answer_has_a_schema_by_reference(described: Json) -> None:
    for name, operation in operations(described):
        for status, answer in operation["responses"].items():
            assert ("content" in answer) == (status not in {"204", "304"}), (name, status)
            for content in answer.get("content", {}).values():
                assert content["schema"].keys() == {"$ref"}, (name, status)


def test_every_parameter_has_a_type_and_an_example_of_it(described: Json) -> None:
    for name, operation in operations(described):
        for parameter in operation["parameters"]:
            assert "type" in parameter["schema"], (name, parameter["name"])
            OAS30Validator(parameter["schema"]).validate(parameter["example"])


def test_no_query_is_a_date_and_time(described: Json) -> None:
    """NSwag's client drops the offset of one; and a plain date is taken, too."""
    for name, operation in operations(described):
        formats = {one["schema"].get("format") for one in operation["parameters"] if one["in"] == "query"}
        assert formats <= {None, "uuid"}, name


def test_the_examples_are_what_such_an_answer_says(described: Json) -> None:
    health = described["paths"]["/health"]["get"]["responses"]["503"]["content"]["application/json"]["example"]
    refused = described["paths"]["/time-entries"]["post"]["responses"]["400"]["content"]["application/problem+json"]

    assert health["status"] == "unhealthy"
    assert set(health["checks"].values()) != {"ok"}
    assert refused["example"]["errors"]


@pytest.mark.parametrize("name", ["start_date", "end_date"])
def test_a_change_does_not_speak_of_new_entries_only(described: Json, name: str) -> None:
    text = described["components"]["schemas"]["TimeEntryChange"]["properties"][name]["description"]

    assert "when not given" not in text
    assert "a new entry" in text
