"""The OpenAPI document as a Postman collection (format 2.1): a folder for each tag, a request for each operation.

There is no maintained library for this in Python; what is read here is only what our own document holds.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def collection_of(document: Mapping[str, Any], base_url: str) -> Json:
    """The collection; `token` is a variable to be filled in, sent with every request that needs one."""
    info = document["info"]
    return {
        "info": {"name": info["title"], "description": info["description"], "schema": FORMAT},
        "auth": _auth("Authorization", "{{token}}"),
        "variable": [
            {"key": "base_url", "value": base_url.rstrip("/")},
            {"key": "token", "value": "", "description": "The whole header: Bearer <JWT>"},
        ],
        "item": [_folder(document, tag) for tag in document["tags"]],
    }


def _auth(header: str, value: str) -> Json:
    parts = {"key": header, "value": value, "in": "header"}
    return {"type": "apikey", "apikey": [{"key": k, "value": v, "type": "string"} for k, v in parts.items()]}


def _folder(document: Mapping[str, Any], tag: Mapping[str, str]) -> Json:
    requests = [
        _item(path, method, operation)
        for path, method, operation in _operations(document)
        if tag["name"] in operation["tags"]
    ]
    return {"name": tag["name"], "description": tag["description"], "item": requests}


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Json]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def _item(path: str, method: str, operation: Json) -> Json:
    request = {
        "method": method.upper(),
        "description": operation.get("description", ""),
        "url": _url(path, operation),
        "header": [{**_off(one), "value": ""} for one in _parameters(operation, "header")],
    }
    if "requestBody" in operation:
        request["body"], media_type = _body(operation["requestBody"]["content"])
        request["header"].append({"key": "Content-Type", "value": media_type})
    if "401" not in operation["responses"]:
        request["auth"] = {"type": "noauth"}
    return {"name": operation["summary"], "request": request, "response": []}


def _body(content: Json) -> tuple[Json, str]:
    """An example as JSON, or a file to be chosen, and its media type."""
    if "application/json" not in content:
        return {"mode": "file", "file": {"src": ""}}, next(iter(content))
    example = content["application/json"]["example"]
    text = json.dumps(example, indent=2, ensure_ascii=False)
    return {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}, "application/json"


def _url(path: str, operation: Json) -> Json:
    segments = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/")]
    return {
        "raw": "/".join(["{{base_url}}", *segments]),
        "host": ["{{base_url}}"],
        "path": segments,
        "query": [
            {**_off(one), "value": str(one["schema"].get("default", ""))} for one in _parameters(operation, "query")
        ],
        "variable": [
            {"key": one["name"], "value": "", "description": one["description"]}
            for one in _parameters(operation, "path")
        ],
    }


def _parameters(operation: Json, place: str) -> list[Json]:
    return [one for one in operation["parameters"] if one["in"] == place]


def _off(parameter: Json) -> Json:
    """An optional parameter is there to be switched on."""
    return {"key": parameter["name"], "description": parameter["description"], "disabled": True}
