"""What an operation is: the route that stands above it, what it is given, and what it answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from inspect import cleandoc
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema

from shared.auth.caller import Caller
from shared.config import settings
from shared.http.etags import Precondition


@dataclass(frozen=True, slots=True)
class FileBody:
    """A body that is a file: of which media types it may be, and how large."""

    media_types: tuple[str, ...]
    most_bytes: int


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that came as the body."""

    media_type: str
    content: bytes


NO_FILE = UploadedFile("", b"")


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
    # Of a route that takes a file; empty elsewhere.
    file: "UploadedFile"
    # The `{id}` of the path, a UUID in lower case; empty where the path has none.
    id: str


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


def path_of(resource: str) -> str:
    """The path under which callers reach a resource: `/api/…`, unless the API's address has another path."""
    return f"{urlsplit(settings().api_url or '/api').path}/{resource}"


Operation = Callable[[Request], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Header:
    """A header that an operation reads."""

    name: str
    description: str
    example: str


IF_MATCH = Header(
    "If-Match",
    "The `ETag` of the item as you last read it. If the item has changed since, the call is refused. An `ETag` counts "
    'also in the forms that proxies give it where they compress an answer: `W/"…"`, `"…-gzip"`.',
    '"4807e78cc8aa5d479c26e8b0"',
)


@dataclass(frozen=True, slots=True)
class Routes:
    """The operations of one resource, in the order in which the OpenAPI document shows them.

    `description` is what the document says about the resource. Resources of one `tag` are shown together; without a
    tag, a resource is shown under its path. `words` are filled into the operations' docstrings, for operations that
    several resources share. `ready` raises ApiError 503 while the resource as a whole can't do its work.
    """

    description: str
    tag: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    all: list["Route"] = field(default_factory=list)
    ready: Callable[[], None] | None = None


@dataclass(slots=True)
class Route:
    """The decorator of an operation: adds it to the routes of its resource.

    `path` is relative to the resource: `""`, `"running"`, `"{id}/stop"`. Dispatch, checks and answers go by the route,
    and so does the OpenAPI document. The operation's docstring is public: its first line is the summary, the rest the
    description.
    """

    routes: Routes
    method: str
    path: str
    _: KW_ONLY
    # The name by which API Management and generated clients know the operation. It never changes.
    operation_id: str
    query: Schema | None = None
    body: Schema | None = None
    # For a body that is a file, and no JSON.
    file: FileBody | None = None
    # For PUT: a field that is not given keeps its value.
    partial: bool = False
    headers: tuple[Header, ...] = ()
    # The schema of the answer as JSON; without one, it is empty or of one of these media types. With both, the query
    # says which it is.
    answer: Schema | None = None
    status: int = 200
    media_types: tuple[str, ...] = ()
    # Other statuses that it answers with, and refusals that mean something particular here: what each means.
    otherwise: Mapping[int, str] = field(default_factory=dict)
    refusals: Mapping[int, str] = field(default_factory=dict)
    # Answers that the examples of the schema's fields do not give, by status.
    examples: Mapping[int, Any] = field(default_factory=dict)
    admin_only: bool = False
    # Health and documentation need no token; their operations get no caller.
    public: bool = False
    operation: Operation = field(init=False)

    def __call__(self, operation: Operation) -> Operation:
        self.operation = operation
        self.routes.all.append(self)
        return operation

    @property
    def summary(self) -> str:
        return self._documentation[0].rstrip(".")

    @property
    def description(self) -> str:
        return self._documentation[1]

    @property
    def _documentation(self) -> tuple[str, str]:
        """The first line of the docstring, and the rest, in which only empty lines break a paragraph."""
        text = cleandoc(self.operation.__doc__ or "")
        if self.routes.words:
            text = text.format_map(self.routes.words)
        summary, _, rest = text.partition("\n")
        return summary, "\n\n".join(" ".join(part.split()) for part in rest.strip().split("\n\n"))
