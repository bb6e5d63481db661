"""The pure rules: what a type is, who wants it, when a try follows, and when a webhook is given up."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.webhooks import rules

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID = "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03"
CREATED = {"id": [None, ID], "name": [None, "x"]}
DELETED = {"deleted": [None, ID]}
INACTIVE = {"status": ["active", "inactive"]}


def event(container_id: Any, action: Any, changes: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"container_id": container_id, "action": action, "changes": changes or {}}


@pytest.mark.parametrize(
    ("container_id", "action", "changes", "expected"),
    [
        ("time_entry", "create", CREATED, "time_entry.created"),
        ("time_entry", "import", CREATED, "time_entry.created"),
        ("time_entry", "update", {"end_date": [None, "x"]}, "time_entry.updated"),
        ("time_entry", "restore", {"deleted": [ID, None]}, "time_entry.updated"),
        ("time_entry", "erase", {}, "time_entry.updated"),
        ("time_entry", "delete", DELETED, "time_entry.deleted"),
        ("time_entry", "forgotten", {"proposed_end_date": [None, "x"]}, "time_entry.forgotten"),
        ("customer", "delete", INACTIVE, "customer.updated"),
        ("technology", "delete", DELETED, "technology.deleted"),
        ("project_type", "create", CREATED, "project_type.created"),
        ("timesheet", "submit", CREATED, "timesheet.submitted"),
        ("timesheet", "approve", {"status": ["submitted", "approved"]}, "timesheet.approved"),
        ("timesheet", "reject", {"status": ["submitted", "rejected"]}, "timesheet.rejected"),
        ("timesheet", "withdraw", {"status": ["submitted", "withdrawn"]}, "timesheet.withdrawn"),
        ("timesheet", "reopen", {"status": ["approved", "reopened"]}, "timesheet.reopened"),
        ("timesheet", "update", {}, None),
        ("user", "update", {"roles": [[], ["time-tracker-admin"]]}, "user.updated"),
        # The directory refused it.
        ("user", "update", {}, None),
        ("webhook", "disable", {"enabled": [True, False]}, "webhook.disabled"),
        ("webhook", "update", {"enabled": [True, False]}, None),
        ("webhook", "create", CREATED, None),
        ("rate", "create", CREATED, None),
        ("something", "create", CREATED, None),
        # Of other writers.
        (None, None, {"deleted": None}, None),
        (["time_entry"], {"a": 1}, {}, None),
        ("customer", 7, {"id": "x", "deleted": [None]}, "customer.updated"),
    ],
)
def test_what_happened_has_a_type_or_nobody_is_told(
    container_id: Any, action: Any, changes: dict[str, Any], expected: str | None
) -> None:
    assert rules.type_of(event(container_id, action, changes)) == expected


def test_every_type_of_the_contract_is_there() -> None:
    catalog = ("customer", "project", "project_type", "activity", "technology")
    assert set(rules.TYPES) == {
        *(f"time_entry.{word}" for word in ("created", "updated", "deleted", "forgotten")),
        *(f"{kind}.{word}" for kind in catalog for word in ("created", "updated", "deleted")),
        *(f"timesheet.{word}" for word in ("submitted", "approved", "rejected", "withdrawn", "reopened")),
        "user.updated",
        "webhook.disabled",
    }
    assert set(rules.SUBSCRIPTIONS) - set(rules.TYPES) == {
        "*", *(f"{kind}.*" for kind in ("time_entry", "timesheet", "user", "webhook", *catalog)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("subscription", "wanted"),
    [
        ("*", True),
        ("project.*", True),
        ("project.created", True),
        ("project.updated", False),
        ("project_type.*", False),
    ],
)
def test_a_subscription_covers_a_type(subscription: str, wanted: bool) -> None:
    assert rules.is_wanted(["user.updated", subscription], "project.created") is wanted
    assert rules.is_wanted([], "project.created") is False


def test_the_tries_come_when_the_contract_says() -> None:
    pauses = [
        "0:00:05",
        "0:05:00",
        "0:30:00",
        "2:00:00",
        "5:00:00",
        "10:00:00",
        "14:00:00",
        "20:00:00",
        "1 day, 0:00:00",
    ]
    times = [rules.retry_at(tries, NOW) for tries in range(1, 11)]
    assert [str(at - NOW) for at in times if at] == pauses
    assert times[-1] is None


@pytest.mark.parametrize(
    ("failing_for", "enabled_for", "given_up"),
    [(5.0, 9.0, True), (4.999, 9.0, False), (9.0, 4.999, False), (9.0, 5.0, True)],
)
def test_a_webhook_is_given_up_after_five_days_since_it_was_enabled(
    failing_for: float, enabled_for: float, given_up: bool
) -> None:
    since, enabled = NOW - timedelta(days=failing_for), NOW - timedelta(days=enabled_for)
    assert rules.is_given_up(since, enabled, NOW) is given_up


@pytest.mark.parametrize(
    ("status", "error", "in_trouble"),
    [
        *((status, None, True) for status in (429, 502, 503, 504)),
        *((status, None, False) for status in (200, 204, 301, 400, 401, 404, 410, 413, 500, 501)),
        *(
            (None, error, True)
            for error in ("timeout", "name_not_resolved", "connection_failed", "certificate_invalid")
        ),
        *((None, error, False) for error in ("address_refused", "answer_malformed", "secret_unreadable")),
        (None, "internal_error", False),
    ],
)
def test_a_receiver_is_in_trouble_when_the_next_delivery_would_fare_the_same(
    status: int | None, error: str | None, in_trouble: bool
) -> None:
    assert rules.is_in_trouble(status, error) is in_trouble


def test_a_receiver_is_left_alone_twice_as_long_each_time_up_to_five_minutes() -> None:
    rests = [rules.rest(rests, None, NOW).total_seconds() for rests in range(9)]
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert rules.rest(10**6, None, NOW) == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120),
        ("Sun, 01 Mar 2026 12:02:00 GMT", 120),
        ("Sunday, 01-Mar-26 12:02:00 GMT", 120),
        ("3", 5),
        ("86400", 3600),
        ("9" * 1000, 3600),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 5),
        # Not what RFC 9110 has.
        *((text, 5) for text in ("", "soon", "1.5", "-7", "1200 s", "٣٠٠", "Sun, 01 Mar 2026 13:00:00 -0000")),
        ("Sun, 01 Mar 2026 13:00:00 +99999999999999999999", 5),
    ],
)
def test_what_a_receiver_asks_for_counts_up_to_an_hour(retry_after: str, seconds: int) -> None:
    assert rules.rest(0, retry_after, NOW) == timedelta(seconds=seconds)


def test_a_failure_leaves_one_place_and_successes_take_eight() -> None:
    places = [1]
    for _ in range(12):
        places.append(rules.side_by_side(places[-1], succeeded=True))
    assert places[:3] == [1, 2, 3]
    assert places[-1] == 8
    assert rules.side_by_side(8, succeeded=False) == 1
