"""Errors in the document: their body, and the statuses that an operation can answer with it, by its route."""

from collections.abc import Mapping
from dataclasses import dataclass

from marshmallow import fields, validate

from shared.errors import ApiError
from shared.http.fields import Answer, Id, Instant, Text, about
from shared.http.routing import IF_MATCH, Route

TIMESHEET_ID = "000b4d6c-6a1e-8d57-9f0b-0c3f5a7e1d20"
CORRELATION_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


class Conflict(Answer):
    """A time entry that is in the way."""

    id = Id(metadata=about("The id of the time entry.", "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03"))
    start_date = Instant(metadata=about("When it starts.", "2026-01-05T14:00:00.0000000Z"))
    end_date = Instant(allow_none=True, metadata=about("When it ends; null while it is running.", None))


class Problem(Answer):
    """Why a call was refused (RFC 9457)."""

    type = Text(metadata=about("Always `about:blank`.", "about:blank"))
    title = Text(metadata=about("The name of the status.", "Unprocessable Content"))
    status = fields.Integer(validate=validate.Range(400, 599), metadata=about("The HTTP status.", 422))
    code = fields.String(
        validate=validate.Regexp("^[a-z0-9_]+$"),
        metadata=about("The error code, for programs. It never changes.", "time_entry_overlap"),
    )
    message = Text(metadata=about("What went wrong, for people.", "There is another time entry in that date range"))
    correlation_id = Text(metadata=about("The id of the request, for support.", CORRELATION_ID))
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata=about("What is wrong with each field, if the error is about fields.", optional=True),
    )
    conflicts = fields.List(
        fields.Nested(Conflict), metadata=about("The time entries that are in the way, if any.", optional=True)
    )
    timesheet_id = Id(
        metadata=about("The timesheet that locks the period, if that is the reason.", TIMESHEET_ID, optional=True)
    )
    state = Text(
        metadata=about("The state that the timesheet is in, if that is the reason.", "approved", optional=True)
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a status means in this API, with an example of code and message."""

    description: str
    code: str
    message: str
    errors: Mapping[str, list[str]] | None = None

    def example(self, status: int) -> dict[str, object]:
        return ApiError(status, self.code, self.message, errors=self.errors).body(CORRELATION_ID)


REFUSALS = {
    400: Refusal(
        "The query or the body is invalid; `errors` says what is wrong with each field.",
        "validation_failed",
        "limit: Not a valid integer.",
        {"limit": ["Not a valid integer."]},
    ),
    401: Refusal(
        "The token is missing, malformed, expired, or not valid yet.", "token_expired", "The token has expired"
    ),
    403: Refusal("Only an administrator may do this.", "admin_only", "Only an administrator may do this"),
    404: Refusal(
        "The item does not exist, or belongs to another user or tenant.", "not_found", "There is nothing at this path"
    ),
    409: Refusal(
        "The item is being changed by others; retry.",
        "write_conflict",
        "Others are changing the same item; try again",
    ),
    410: Refusal(
        "What the request names is gone for good.",
        "cursor_gone",
        "This cursor is of a database that has been restored elsewhere; begin without a cursor",
    ),
    411: Refusal(
        "The request is chunked (`Transfer-Encoding`). Send it with `Content-Length`.",
        "length_required",
        "Send the request with Content-Length, not chunked",
    ),
    412: Refusal(
        "The item has changed: its `ETag` is not the one in `If-Match`.",
        "precondition_failed",
        "The item has changed since you read it",
    ),
    413: Refusal(
        "The body is larger than 1 MiB; or, where it is a file, than 5 MiB.",
        "body_too_large",
        "The body is larger than 1 MiB",
    ),
    415: Refusal(
        "The `Content-Type` is none that this call takes, or the body has a `Content-Encoding`.",
        "not_json",
        "The body must be application/json",
    ),
    422: Refusal("The id in the path is not a UUID.", "id_invalid", "The id in the path is not a UUID"),
    429: Refusal("Too many requests; retry later.", "throttled", "There are too many requests; try again later"),
    500: Refusal("An unexpected error.", "internal_error", "Something went wrong on our side"),
    503: Refusal(
        "A dependency is unavailable; retry later.",
        "database_unavailable",
        "The database is unavailable; try again later",
    ),
}
RETRY_AFTER = frozenset({429, 503})


def refusals_of(route: Route) -> dict[int, str]:
    """The statuses that a call of this route can be refused with, each with what it means there."""
    common = {status: REFUSALS[status].description for status in _common(route)}
    told = {
        status: " ".join(filter(None, (route.refusals.get(status), common.get(status))))
        for status in {*common, *route.refusals}
    }
    return dict(sorted(told.items()))


def _common(route: Route) -> set[int]:
    statuses = {411, 500, 503}
    for applies, more in (
        (not route.public, {401, 429}),
        (route.query or route.body, {400}),
        (route.body or route.file, {413, 415}),
        (route.admin_only, {403}),
        ("{id}" in route.path, {404, 422}),
        (IF_MATCH in route.headers, {409, 412}),
    ):
        if applies:
            statuses |= more
    return statuses
