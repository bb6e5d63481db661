"""A request taken apart, and a reply put together: the HTTP side of the protocol, without any meaning."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import quote, unquote

from embedded_cosmos.errors import CosmosError, bad_request, unsupported

MAX_NESTING = 128
_BINARY_JSON = b"\x80"


@dataclass(slots=True)
class Call:
    """One request: the path's segments are decoded, the header names compare without case."""

    verb: str
    path: tuple[str, ...]
    headers: Mapping[str, str]
    body: bytes
    origin: str

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    def flag(self, name: str) -> bool:
        return self.headers.get(name, "").lower() == "true"

    @property
    def is_relaxed(self) -> bool:
        """Whether it asks for less than the two strongest levels, which are charged for a second replica."""
        return self.header("x-ms-consistency-level") in CONSISTENCY_LEVELS[2:]

    def json(self) -> Any:
        return parsed(self.body)

    def json_object(self) -> dict[str, Any]:
        value = self.json()
        if not isinstance(value, dict):
            raise bad_request("The request body must be a JSON object.")
        return value


@dataclass(slots=True)
class Reply:
    """One answer: the body is JSON text, already made, or bytes in the form of a binary request."""

    status: int
    body: str | bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


CONSISTENCY_LEVELS = ("Strong", "BoundedStaleness", "Session", "ConsistentPrefix", "Eventual")


def path_segments(raw_path: str) -> tuple[str, ...]:
    path = raw_path.partition("?")[0].strip("/")
    if "%" not in path:
        return tuple(path.split("/")) if path else ()
    return tuple(unquote(segment) for segment in path.split("/"))


def content_path(*names: str) -> str:
    return quote("/".join(names))


def parsed(body: bytes) -> Any:
    """JSON as the service takes it: no NaN, no endless nesting, no numbers beyond a double."""
    if body.startswith(_BINARY_JSON):
        raise unsupported("Cosmos' binary form of JSON")
    try:
        value = json.loads(body, parse_constant=_refused_constant, parse_float=_finite)
    except CosmosError:
        raise
    except (ValueError, RecursionError) as error:
        raise bad_request(f"The request body is not valid JSON: {error}") from error
    if body.count(b"[") + body.count(b"{") > MAX_NESTING:
        _check_depth(value)
    return value


def _refused_constant(name: str) -> NoReturn:
    raise bad_request(f"The request body is not valid JSON: {name}")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise bad_request(f"The number {text} is out of range.")
    return value


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_NESTING):
        parts = (part for part in level if isinstance(part, dict | list))
        level = [child for part in parts for child in (part.values() if isinstance(part, dict) else part)]
        if not level:
            return
    raise bad_request(f"The request body is nested more than {MAX_NESTING} levels deep.")


# Made once: `json.dumps` makes an encoder for each call that has options.
json_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def feed(name: str, rid: str, rows: list[str]) -> str:
    """A page of a feed; the rows are JSON texts already."""
    return f'{{"_rid":"{rid}","{name}":[{",".join(rows)}],"_count":{len(rows)}}}'


def error_reply(error: CosmosError) -> Reply:
    headers = {"x-ms-substatus": str(error.substatus), **error.headers}
    return Reply(error.status, json_text({"code": error.code, "message": error.message, **error.details}), headers)
