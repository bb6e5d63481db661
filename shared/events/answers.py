"""What the audit trail answers, and how an event is shown."""

from typing import Any

from marshmallow import fields, validate

from shared.cosmos.items import Document
from shared.events.outbox import EVENT_FIELDS
from shared.http.fields import Answer, Id, Instant, Text, about


class AuditEvent(Answer):
    """A change of an item: who made it, when, and what changed."""

    id = Id(metadata=about("The id of the event.", "9d3a1c70-2f0e-4a36-a7d9-5f6b8c2e1a07"))
    date = Instant(metadata=about("When the change was made.", "2026-01-05T15:30:00.0000000Z"))
    user_id = Id(metadata=about("The user who made the change.", "2d9f7b61-9e0f-4f0a-8f43-1b6c5e7a8d06"))
    owner_id = Id(
        allow_none=True,
        metadata=about("The owner of the item; null if it has none.", "2d9f7b61-9e0f-4f0a-8f43-1b6c5e7a8d06"),
    )
    action = Text(
        metadata=about(
            "What was done: `create`, `update`, `delete`, or a word of the kind of item, such as `approve`.", "update"
        )
    )
    description = Text(metadata=about("The change in words.", "Stop a time entry"))
    item_id = Id(metadata=about("The id of the item.", "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03"))
    container_id = Text(metadata=about("The kind of item.", "time_entry"))
    session_id = Text(
        metadata=about("The correlation id of the request that made the change.", "4bf92f3577b34da6a3ce929d0e0e4736")
    )
    tenant_id = Id(
        metadata=about("The tenant (organisation) that it belongs to.", "5f1d6a3e-7c0b-4d29-9b57-2f4f1f0c9a11")
    )
    changes = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Raw(allow_none=True), validate=validate.Length(equal=2)),
        metadata=about(
            "For each changed field, its values before and after: `[before, after]`.",
            {"end_date": [None, "2026-01-05T15:30:00.0000000Z"]},
        ),
    )


class AuditEventPage(Answer):
    """A page of events."""

    data = fields.List(fields.Nested(AuditEvent), metadata=about("The events, newest first."))
    continuation = Text(
        allow_none=True, metadata=about("The value of `continuation` for the next page; null on the last page.", None)
    )


def shown(event: Document) -> dict[str, Any]:
    """An event with the contract's fields, null where it has no value."""
    return {name: event.get(name) for name in EVENT_FIELDS}
