"""The one error body."""

from http import HTTPStatus

import pytest

from shared.errors import ApiError, unavailable


@pytest.mark.parametrize(
    ("status", "title"),
    [
        (400, "Bad Request"),
        (401, "Unauthorized"),
        (404, "Not Found"),
        (405, "Method Not Allowed"),
        (409, "Conflict"),
        (412, "Precondition Failed"),
        (413, "Content Too Large"),
        (415, "Unsupported Media Type"),
        (422, "Unprocessable Content"),
        (503, "Service Unavailable"),
    ],
)
def test_a_status_has_the_title_that_http_gives_it_on_every_python(status: int, title: str) -> None:
    assert ApiError(status, "some_code", "Something").body("7") == {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": "some_code",
        "message": "Something",
        "correlation_id": "7",
    }


def test_errors_and_conflicts_are_there_only_where_they_apply() -> None:
    conflict = {"id": "1", "start_date": "a", "end_date": None}

    body = ApiError(422, "x", "y", errors={"start_date": ["z"]}, conflicts=[conflict]).body("7")

    assert (body["errors"], body["conflicts"]) == ({"start_date": ["z"]}, [conflict])


def test_what_is_away_says_when_to_come_again() -> None:
    error = unavailable("away", "Away")

    assert error.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(error.headers["Retry-After"]) >= 1
