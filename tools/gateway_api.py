"""Writes `infra/gateway_api.json`: what API Management imports, made of `docs/openapi.json`.

API Management answers 404 to every method that the document does not list. The contract promises HEAD wherever there is
GET, and 405 with `Allow` for the rest. The backend keeps both promises, so every method of a path goes through to it.
Left out are what only people read, because a template can load a million characters at most, and `servers`, because
the template says where the backend is.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "docs" / "openapi.json"
FILE = ROOT / "infra" / "gateway_api.json"
# API Management does not import TRACE, and its CORS policy answers OPTIONS.
METHODS = ("get", "head", "post", "put", "patch", "delete")
# Its rule for operation ids: a longer one is cut off.
LONGEST_ID = 76


def gateway_api(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with every method of every path, and without prose."""
    paths = {path: _methods(path, item) for path, item in document["paths"].items()}
    kept = {name: value for name, value in document.items() if name not in {"paths", "servers", "tags"}}
    made: dict[str, Any] = _without_prose({**kept, "paths": paths})
    return made


def _methods(path: str, item: Mapping[str, Any]) -> dict[str, Any]:
    listed = {method: item[method] for method in METHODS if method in item}
    if "get" in listed:
        listed["head"] = _like(listed["get"], f"head-{listed['get']['operationId']}")
    parameters = [one for one in next(iter(listed.values())).get("parameters", []) if one["in"] == "path"]
    slug = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    refused = {
        method: {
            "operationId": f"no-{method}-{slug}"[:LONGEST_ID],
            "summary": "Refused by the backend, which says what is allowed",
            "parameters": parameters,
            "responses": {"405": {"description": "Method not allowed"}},
        }
        for method in METHODS
        if method not in listed
    }
    return listed | refused


def _like(operation: Mapping[str, Any], operation_id: str) -> dict[str, Any]:
    """An operation that takes the same, and answers without a body."""
    responses = {status: {"description": "Without a body"} for status in operation["responses"]}
    return {**operation, "operationId": operation_id, "responses": responses}


def _without_prose(value: Any, named: bool = False) -> Any:
    """`value` without descriptions and examples; those of responses stay, for OpenAPI asks for them."""
    if isinstance(value, list):
        return [_without_prose(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_prose(one, named=name in {"properties", "responses", "schemas", "paths"} and not named)
        for name, one in value.items()
        if named or not _is_prose(name, value)
    }


def _is_prose(name: str, owner: Mapping[str, Any]) -> bool:
    is_response = not owner.keys() & {"type", "$ref", "in", "operationId", "allOf", "anyOf", "items", "schema", "title"}
    return name in {"example", "examples"} or (name == "description" and not is_response)


def text(document: Mapping[str, Any]) -> str:
    """What the file must hold."""
    return json.dumps(gateway_api(document), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(json.loads(SOURCE.read_text(encoding="utf-8"))), encoding="utf-8")
