"""What a list's query asks for: a range of instants, from dates with and without offsets, or from a local month."""

from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import ValidationError

from shared.time_entries.lists import ListFilters, filters_of
from shared.time_entries.schemas import ListQuery, PageQuery, SummaryQuery

NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)


def filters(**query: str) -> ListFilters:
    return filters_of(ListQuery().load(query), NOW)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "first", "beyond"),
    [
        # At 02:00 UTC on the first of March it is still February in Ecuador.
        ({}, "2026-02-01T05:00", "2026-03-01T05:00"),
        ({"timezone_offset": "0"}, "2026-03-01T00:00", "2026-04-01T00:00"),
        ({"timezone_offset": "-60"}, "2026-02-28T23:00", "2026-03-31T23:00"),
        ({"month": "12"}, "2026-12-01T05:00", "2027-01-01T05:00"),
        ({"month": "2", "year": "2024", "timezone_offset": "0"}, "2024-02-01T00:00", "2024-03-01T00:00"),
        ({"year": "2025", "timezone_offset": "0"}, "2025-03-01T00:00", "2025-04-01T00:00"),
    ],
)
def test_a_month_is_local(query: dict[str, str], first: str, beyond: str) -> None:
    found = filters(**query)

    assert (found.first, found.beyond) == (utc(first), utc(beyond))


@pytest.mark.parametrize("offset", ["300", "-120", "0"])
@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00"),
        ("2026-01-01T10:00:00+02:00", "2026-01-01T08:00"),
        ("2026-01-01T10:00:00-02:00", "2026-01-01T12:00"),
        ("2026-01-01T10:00:00 02:00", "2026-01-01T08:00"),
        ("2026-01-01T10:00:00.250 05:30", "2026-01-01T04:30:00.250"),
    ],
)
def test_a_date_with_an_offset_is_not_shifted(text: str, instant: str, offset: str) -> None:
    assert filters(start_date=text, timezone_offset=offset).first == utc(instant)


@pytest.mark.parametrize(("offset", "instant"), [("300", "15:00"), ("-120", "08:00"), ("0", "10:00")])
def test_a_date_without_an_offset_is_local(offset: str, instant: str) -> None:
    query = {"start_date": "2026-01-01T10:00:00", "end_date": "2026-01-02T10:00:00", "timezone_offset": offset}

    found = filters(**query)

    assert (found.first, found.beyond) == (utc(f"2026-01-01T{instant}"), utc(f"2026-01-02T{instant}"))


def test_a_date_without_an_offset_is_local_time_of_ecuador_by_default() -> None:
    assert filters(start_date="2026-01-01T10:00:00").first == utc("2026-01-01T15:00")


def test_dates_go_before_months() -> None:
    assert filters(start_date="2026-01-01T00:00:00Z", month="5", year="2020").first == utc("2026-01-01T00:00")


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "yesterday"},
        {"end_date": "2026-01-01T10:00:00 +02:00:99"},
        {"start_date": "2026-01-02T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
        {"month": "0"},
        {"month": "13"},
        {"month": "May"},
        {"year": "0"},
        {"year": "10000"},
        {"limit": "0"},
        {"limit": "10000"},
        {"limit": "-1"},
        {"limit": "many"},
        {"limit": "1.5"},
        {"timezone_offset": "841"},
        {"timezone_offset": "-841"},
        {"timezone_offset": "x"},
        {"user_id": "me"},
        {"user_id": "*x"},
        {"project_id": "*"},
        {"project_id": "7"},
        {"activity_id": "7"},
    ],
)
def test_a_bad_parameter_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        filters(**query)


@pytest.mark.parametrize("query", [{"start": "-1"}, {"start": "x"}, {"length": "0"}, {"length": "10000"}])
def test_a_bad_page_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        PageQuery().load(query)


def test_ids_come_as_comma_lists_of_any_case() -> None:
    one, other = "0C9F7A34-9F1E-4F63-8D0A-5D9F4F0B5A10", "5f1d6a3e-7c0b-1d29-9b57-2f4f1f0c9a11"

    found = filters(user_id=f"{one},{other}", project_id=other, activity_id=one)

    assert (found.owners, found.projects, found.activities) == ([one.lower(), other], [other], [one.lower()])
    assert filters(user_id="*").owners == ["*"]


@pytest.mark.parametrize("schema", [ListQuery, SummaryQuery, PageQuery])
def test_unknown_parameters_are_ignored(schema: Any) -> None:
    assert schema().load({"code": "function key", "x": "y"}) == schema().load({})
