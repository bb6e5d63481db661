"""What an event says of a write."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.auth.caller import Caller
from shared.events.outbox import changes, outbox_document, stamped
from shared.logs import correlation_id

CALLER = Caller("user", "tenant")
NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
values: st.SearchStrategy[Any] = st.none() | st.integers(0, 2) | st.just([])
documents = st.dictionaries(st.sampled_from(["a", "b", "c", "_d"]), values)


@pytest.fixture(autouse=True)
def within_a_request() -> Iterator[None]:
    before = correlation_id.set("session")
    yield
    correlation_id.reset(before)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, {}),
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2}, {"a": [1, 2]}),
        ({}, {"a": 1}, {"a": [None, 1]}),
        ({"a": 1}, {}, {"a": [1, None]}),
        ({"a": None}, {}, {}),
        ({}, {"a": None}, {}),
        ({"a": [1]}, {"a": [1, 2]}, {"a": [[1], [1, 2]]}),
        ({"_etag": 1}, {"_etag": 2, "_ts": 3}, {}),
        ({"a": ""}, {"a": None}, {"a": ["", None]}),
    ],
)
def test_changes_are_what_differs(before: dict[str, Any], after: dict[str, Any], expected: dict[str, Any]) -> None:
    assert changes(before, after) == expected


@given(documents, documents)
def test_changes_lead_from_before_to_after(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = changes(before, after)

    for name in ("a", "b", "c"):
        old, new = found.get(name, [before.get(name)] * 2)
        assert (old, new) == (before.get(name), after.get(name))
        assert (name in found) == (before.get(name) != after.get(name))
    assert "_d" not in found
    assert changes(after, before) == {name: pair[::-1] for name, pair in found.items()}


def test_the_context_stays_on_the_item() -> None:
    after = stamped({"id": "1"}, CALLER, "customer", "create", "Create a customer")

    assert after == {
        "id": "1",
        "_last_event_ctx": {
            "user_id": "user",
            "tenant_id": "tenant",
            "action": "create",
            "description": "Create a customer",
            "container_id": "customer",
            "session_id": "session",
        },
    }


def test_an_outbox_document_carries_the_whole_event() -> None:
    item = {"id": "1", "tenant_id": "tenant", "owner_id": "owner", "name": "b"}
    after = stamped(item, CALLER, "time_entry", "update", "Update a time entry")

    outbox = outbox_document({**item, "name": "a"}, after, NOW)

    assert outbox["event"] == {
        "id": outbox["id"],
        "date": "2026-01-02T03:04:05.6780000Z",
        "user_id": "user",
        "owner_id": "owner",
        "action": "update",
        "description": "Update a time entry",
        "item_id": "1",
        "container_id": "time_entry",
        "session_id": "session",
        "tenant_id": "tenant",
        "changes": {"name": ["a", "b"]},
    }
    assert (outbox["kind"], outbox["tenant_id"], outbox["owner_id"]) == ("event", "tenant", "owner")
    assert outbox["ttl"] == 30 * 24 * 3600


def test_each_write_has_an_event_of_its_own() -> None:
    after = stamped({"id": "1", "tenant_id": "tenant"}, CALLER, "customer", "create", "Create a customer")

    one, other = outbox_document(None, after, NOW), outbox_document(None, after, NOW)

    assert one["id"] != other["id"]
    assert one["event"]["owner_id"] is None
    assert one["event"]["changes"] == {"id": [None, "1"], "tenant_id": [None, "tenant"]}
    # `deleted` keeps outbox documents clear of the unique keys of names, and of one another.
    assert one["deleted"] != other["deleted"]
