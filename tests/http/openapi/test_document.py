"""The document says what the code does: it is the committed one, complete, valid, and its names never change."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from embedded_cosmos.testing import CosmosAccount
from functions.http_trigger import HTTP_FUNCTIONS
from local.host.host import Host
from local.host.triggers import HttpTrigger
from shared.http.routing import IF_MATCH, Route
from tests.application import application
from tests.calling import send

ROOT = Path(__file__).parents[3]
COMMITTED = ROOT / "docs" / "openapi.json"
PINNED = Path(__file__).with_name("operation_ids.json")
PROBLEM = "application/problem+json"
# Global names of JavaScript, of browsers, of Python, of C#'s System and of Kiota's abstractions, in lower case.
TAKEN = """
    action array attribute blob boolean buffer console date datetime delegate duration enum error event exception file
    function guid headers index list location map math method module node number object option parameter promise proxy
    range record request response set string symbol task text time timespan tuple type uri version void
"""

Json = dict[str, Any]
ROUTES = [(function.path, route) for function in HTTP_FUNCTIONS for route in function.routes.all]


def operations(described: Json) -> Iterator[tuple[str, Json]]:
    for path, at_path in described["paths"].items():
        for method, operation in at_path.items():
            yield f"{method.upper()} {path}", operation


def operation_of(described: Json, path: str, route: Route) -> Json:
    whole = "/" + "/".join(filter(None, (path, route.path)))
    found: Json = described["paths"][whole][route.method.lower()]
    return found


def test_the_committed_document_is_the_one_that_the_code_makes(described: Json) -> None:
    assert json.loads(COMMITTED.read_text()) == described, "run `make openapi` and commit docs/openapi.json"


def test_it_is_valid_openapi(described: Json) -> None:
    assert described["openapi"] == "3.0.3"
    assert [error.message for error in OpenAPIV30SpecValidator(described).iter_errors()] == []


def test_operation_ids_are_those_that_were_published(described: Json) -> None:
    """API Management deletes an operation whose id is gone, with its policies; clients lose a method."""
    names = {name: operation["operationId"] for name, operation in operations(described)}
    assert names == json.loads(PINNED.read_text())


async def test_every_http_function_is_described(described: Json) -> None:
    settings = {"COSMOS_CONNECTION": "AccountEndpoint=http://nowhere;AccountKey=none;", "COSMOS_DATABASE": "none"}
    host = await Host.load(ROOT, settings)
    served = {one.trigger.route for one in host.functions if isinstance(one.trigger, HttpTrigger)}
    # The function of this route answers whatever no other function answers.
    assert {f"{path.split('/')[1]}/{{*path}}" for path in described["paths"]} == served - {"{*path}"}


def test_every_operation_says_what_it_is_for(described: Json) -> None:
    known = {tag["name"] for tag in described["tags"]}
    for name, operation in operations(described):
        assert operation["summary"], name
        assert operation["description"].endswith("."), name
        assert set(operation["tags"]) <= known, name
        assert all(one["description"] for one in operation["parameters"]), name


def test_every_field_is_described_and_has_an_example(described: Json) -> None:
    for name, schema in described["components"]["schemas"].items():
        assert "properties" not in schema or schema["description"], name
        for field, one in schema.get("properties", {}).items():
            assert one["description"], (name, field)


def test_schemas_have_names_that_generated_clients_can_use(described: Json) -> None:
    """A class of such a name would hide one of the language, or of the client's own library."""
    assert not set(TAKEN.split()) & {name.lower() for name in described["components"]["schemas"]}


def test_an_enum_has_one_schema_that_fields_refer_to(described: Json) -> None:
    """Written out at each field, it would become a class of its own for each."""
    schemas = described["components"]["schemas"]
    enums = {name: tuple(schema["enum"]) for name, schema in schemas.items() if "enum" in schema}
    assert len(set(enums.values())) == len(enums)
    for name, schema in schemas.items():
        for field, one in schema.get("properties", {}).items():
            assert "enum" not in one, (name, field)
            assert "enum" not in one.get("items", {}), (name, field)


def test_no_enum_of_a_query_holds_null(described: Json) -> None:
    for name, operation in operations(described):
        for one in operation["parameters"]:
            assert None not in one["schema"].get("enum", []), (name, one["name"])


@pytest.mark.parametrize(("path", "route"), ROUTES, ids=[route.operation_id for _, route in ROUTES])
def test_every_status_of_an_operation_is_described(described: Json, path: str, route: Route) -> None:
    responses = operation_of(described, path, route)["responses"]
    wanted = {route.status, *route.otherwise, *route.refusals, 411, 500, 503}
    wanted |= set() if route.public else {401, 429}
    wanted |= {403} if route.admin_only else set()
    wanted |= {404, 422} if "{id}" in route.path else set()
    wanted |= {400} if route.query or route.body else set()
    wanted |= {413, 415} if route.body or route.file else set()
    wanted |= {409, 412} if IF_MATCH in route.headers else set()
    assert set(responses) == {str(status) for status in wanted}
    for status in sorted(wanted - {route.status, *route.otherwise}):
        response = responses[str(status)]
        assert response["content"][PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert response["content"][PROBLEM]["example"]["status"] == status


@pytest.mark.parametrize(("path", "route"), ROUTES, ids=[route.operation_id for _, route in ROUTES])
def test_examples_are_what_they_are_examples_of(described: Json, path: str, route: Route) -> None:
    operation = operation_of(described, path, route)
    contents = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in contents:
        for media in content.get("content", {}).values():
            if "example" in media:
                root = {**media["schema"], "components": described["components"]}
                assert [error.message for error in OAS30Validator(root).iter_errors(media["example"])] == []


async def test_a_deployment_says_where_it_is_and_changes_nothing_else(
    cosmos_account: CosmosAccount, http: aiohttp.ClientSession, described: dict[str, Any]
) -> None:
    address = "https://time.example.com/api"

    async with application(cosmos_account, API_URL=address) as app:
        answer = await send(http, "GET", f"{app.url}/api/openapi.json")

    assert answer.ok() == {**described, "servers": [{"url": address}]}


def test_a_list_that_goes_on_says_so_and_a_file_has_a_name(described: Json) -> None:
    lists, report = ("/time-entries", "/time-entries/paginated"), "/reports/entries"
    assert all("Link" in described["paths"][path]["get"]["responses"]["200"]["headers"] for path in lists)
    assert "Content-Disposition" in described["paths"][report]["get"]["responses"]["200"]["headers"]
    assert "headers" not in described["paths"]["/events"]["get"]["responses"]["200"]
