"""What an operation is: its entry in a route table, what it is given, and what it answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import Schema

from shared.auth.caller import Caller
from shared.http.etags import Precondition


@dataclass(frozen=True, slots=True)
class Request:
    """What an operation is given: everything in it has been checked.

    `now` is the one instant of this request, so that all its rules see the same clock.
    """

    caller: Caller
    now: datetime
    precondition: Precondition
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.path["id"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What an operation answers: a body (JSON, or bytes of the type given; None for nothing), with the route's status
    unless it names one of the route's others. A long list is best `Streamed`: see `json_body`.
    """

    body: Any
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    mimetype: str = "application/json"


NO_CONTENT = Reply(None, 204)


@dataclass(frozen=True, slots=True)
class Header:
    """A header that an operation heeds."""

    name: str
    description: str


IF_MATCH = Header(
    "If-Match", "The `ETag` of the item as you have seen it: the call is refused if it has changed since."
)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of a resource. `path` is relative to the resource: `""`, `"running"`, `"{id}/stop"`.

    Dispatch, checks and answers go by it, and so does the OpenAPI document, whose operation is `operation_id`: that is
    what API Management and generated clients know it by, and so never changes.
    """

    method: str
    path: str
    operation: Callable[[Request], Awaitable[Reply]]
    summary: str
    operation_id: str = ""
    description: str = ""
    query: Schema | None = None
    body: Schema | None = None
    # For PUT: what is not given stays as it is.
    partial: bool = False
    headers: tuple[Header, ...] = ()
    # What it answers, and with which status; without a schema, nothing, or what is no JSON, of these media types.
    answer: Schema | None = None
    status: int = 200
    media_types: tuple[str, ...] = ()
    # When it answers something else with another status, and when it refuses in a way of its own.
    otherwise: Mapping[int, str] = field(default_factory=dict)
    refusals: Mapping[int, str] = field(default_factory=dict)
    admin_only: bool = False
    # Health and documentation need no token; their operations get no caller.
    public: bool = False
