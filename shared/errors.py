"""The one error that the code raises, and its body (RFC 9457, with the `message` that the frontend shows)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any


class ApiError(Exception):
    """An error answer: its HTTP status, a stable snake_case `code`, and a message for people.

    `errors` maps field names to lists of sentences; `conflicts` lists `{id, start_date, end_date}` of the time
    entries that are in the way; `members` are further members of the body, such as `timesheet_id`; `headers` are sent
    with the answer.
    """

    def __init__(  # noqa: PLR0913 - each is one member of the error body
        self,
        status: int,
        code: str,
        message: str,
        *,
        errors: Mapping[str, Any] | None = None,
        conflicts: Sequence[Mapping[str, Any]] | None = None,
        members: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = HTTPStatus(status)
        self.code = code
        self.message = message
        self.errors = errors
        self.conflicts = conflicts
        self.members = dict(members or {})
        self.headers = dict(headers or {})

    def body(self, correlation_id: str) -> dict[str, Any]:
        """The error body of the contract; `errors` and `conflicts` only where they apply."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": _TITLES.get(self.status, self.status.phrase),
            "status": int(self.status),
            "code": self.code,
            "message": self.message,
            "correlation_id": correlation_id,
            **self.members,
        }
        if self.errors is not None:
            body["errors"] = self.errors
        if self.conflicts is not None:
            body["conflicts"] = self.conflicts
        return body


# Python 3.13 adopted the names of RFC 9110. The body has the same title on every version.
_TITLES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}


def unavailable(code: str, message: str, retry_after_seconds: int = 1) -> ApiError:
    """503 with `Retry-After`: a dependency is unavailable."""
    return ApiError(503, code, message, headers={"Retry-After": str(retry_after_seconds)})
