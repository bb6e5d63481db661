"""The document holds nothing that API Management does not import, so that what is deployed is what is described.

The rules are those of https://learn.microsoft.com/azure/api-management/api-management-api-import-restrictions.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

Json = dict[str, Any]

LARGEST_BYTES = 4 * 1024 * 1024
LONGEST_SUMMARY = 300
LONGEST_OPERATION_ID = 76


@pytest.fixture
def operations(described: Json) -> list[Json]:
    return [operation for at_path in described["paths"].values() for operation in at_path.values()]


def everything(node: Any) -> Iterator[Json]:
    """Every object of the document, at any depth."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from everything(value)
    elif isinstance(node, list):
        for value in node:
            yield from everything(value)


def references(node: Any) -> Iterator[str]:
    return (found["$ref"] for found in everything(node) if "$ref" in found)


def test_it_is_small_enough_to_be_imported_inline(described: Json) -> None:
    assert len(json.dumps(described, indent=2).encode()) < LARGEST_BYTES


def test_the_components_are_schemas_only(described: Json) -> None:
    assert set(described["components"]) == {"schemas"}


def test_references_lead_to_its_own_schemas(described: Json) -> None:
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert set(references(described)) == known


def test_no_schema_holds_itself(described: Json) -> None:
    held = {
        f"#/components/schemas/{name}": set(references(schema))
        for name, schema in described["components"]["schemas"].items()
    }
    # What holds nothing is taken away, again and again; a ring would remain.
    while leaves := {name for name, inner in held.items() if not inner}:
        held = {name: inner - leaves for name, inner in held.items() if name not in leaves}
    assert not held


def test_bodies_and_answers_are_references(operations: list[Json]) -> None:
    """A schema that is written out at an operation is not imported."""
    for operation in operations:
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            for media in part.get("content", {}).values():
                assert set(media.get("schema", {"$ref": ""})) == {"$ref"}, operation["operationId"]


def test_parameters_have_plain_schemas_in_path_query_or_header(operations: list[Json]) -> None:
    for operation in operations:
        for parameter in operation["parameters"]:
            assert parameter["in"] in {"path", "query", "header"}
            assert not {"style", "explode", "allowReserved", "allowEmptyValue"} & set(parameter)
            assert not list(references(parameter))


def test_names_of_parameters_differ_over_path_and_query(operations: list[Json]) -> None:
    for operation in operations:
        names = [one["name"].lower() for one in operation["parameters"] if one["in"] in {"path", "query"}]
        assert len(names) == len(set(names)), operation["operationId"]


def test_the_path_names_its_parameters(described: Json) -> None:
    for path, at_path in described["paths"].items():
        for operation in at_path.values():
            named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path)), operation["operationId"]


def test_no_query_parameter_is_required(operations: list[Json]) -> None:
    """It would become a part of the path."""
    assert not [one for operation in operations for one in operation["parameters"] if _is_required_query(one)]


def test_reads_have_no_body(described: Json) -> None:
    assert not [path for path, at_path in described["paths"].items() if "requestBody" in at_path.get("get", {})]


def test_operations_have_no_servers_security_callbacks_or_links(described: Json, operations: list[Json]) -> None:
    refused = {"servers", "security", "callbacks", "externalDocs"}
    for operation in operations:
        assert not refused & set(operation), operation["operationId"]
        assert not [one for one in operation["responses"].values() if "links" in one], operation["operationId"]
    assert not {"security", "externalDocs"} & set(described)
    assert "summary" not in described["info"]
    assert all(set(at_path) <= {"get", "post", "put", "delete"} for at_path in described["paths"].values())


def test_operation_ids_are_taken_as_they_are(operations: list[Json]) -> None:
    """API Management makes them lower-case words with single dashes, and cuts them: these stay what they are."""
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    for name in names:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert len(name) <= LONGEST_OPERATION_ID


def test_summaries_fit(operations: list[Json]) -> None:
    assert all(len(operation["summary"]) <= LONGEST_SUMMARY for operation in operations)


def _is_required_query(parameter: Json) -> bool:
    return bool(parameter["in"] == "query" and parameter.get("required"))
