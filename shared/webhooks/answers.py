"""What the webhooks calls answer, and how webhooks and deliveries are shown."""

from typing import Any

from marshmallow import fields, validate

from shared.cosmos.items import Document
from shared.http.fields import Answer, Choice, Id, Instant, Item, Text, about
from shared.webhooks.deliveries import STATUSES
from shared.webhooks.rules import PING, TYPES
from shared.webhooks.schemas import WebhookBody

FIELDS = ("url", "events", "description", "enabled")
# Why there was no answer.
ERRORS = (
    "timeout",
    "address_refused",
    "name_not_resolved",
    "certificate_invalid",
    "connection_failed",
    "answer_malformed",
    "secret_unreadable",
    "internal_error",
)


class Webhook(Item, WebhookBody):
    """Where events are sent, and which."""

    id = Id(metadata=about("The id of the webhook, set by the server.", "0b9e6c8e-58a7-4a5f-9d0c-6a6f6a0e2c11"))
    tenant_id = Id(
        metadata=about("The tenant (organisation) that it belongs to.", "5f1d6a3e-7c0b-4d29-9b57-2f4f1f0c9a11")
    )
    disabled_reason = Text(
        allow_none=True,
        metadata=about(
            "Why it was disabled: `gone` after an answer of 410, `failing` after 5 days without a success; else null.",
            None,
        ),
    )
    previous_secret_until = Instant(
        allow_none=True, metadata=about("Until when the previous secret signs as well; null if it does not.", None)
    )
    deleted = Id(allow_none=True, metadata=about("Null, or a UUID if it is deleted.", None))


class WebhookWithSecret(Webhook):
    """A webhook, with the secret that is shown this once."""

    secret = Text(
        metadata=about(
            "The key for the signatures: `whsec_` and 32 bytes in base64. It is shown this once.",
            "whsec_" + 43 * "A" + "=",
        )
    )


class LastAnswer(Answer):
    """What came of the last try."""

    date = Instant(metadata=about("When the try ended.", "2026-01-05T15:30:01.0000000Z"))
    status = fields.Integer(
        strict=True, allow_none=True, metadata=about("The status that was answered; null without an answer.", 500)
    )
    body = Text(allow_none=True, metadata=about("The first 1 KiB of what was answered.", "Internal Server Error"))
    error = Text(
        allow_none=True,
        metadata=about(f"Why there was no answer: {', '.join(f'`{word}`' for word in ERRORS)}; else null.", None),
    )


class Delivery(Answer):
    """An event on its way to a webhook."""

    id = Text(metadata=about("The id of the delivery.", "9d3a1c70-2f0e-4a36-a7d9-5f6b8c2e1a07"))
    event_id = Text(
        metadata=about("The id of the event, which is sent as `webhook-id`.", "9d3a1c70-2f0e-4a36-a7d9-5f6b8c2e1a07")
    )
    type = Choice("DeliveryType", (*TYPES, PING), metadata=about("The type of the event.", "time_entry.created"))
    replay = Text(allow_none=True, metadata=about("The id of the replay that it belongs to; null if to none.", None))
    created = Instant(metadata=about("When it was made.", "2026-01-05T15:30:00.0000000Z"))
    status = Choice(
        "DeliveryStatus",
        STATUSES,
        metadata=about("`pending` until it is taken (`delivered`) or given up (`failed`).", "pending"),
    )
    tries = fields.Integer(strict=True, validate=validate.Range(0), metadata=about("How often it has been tried.", 1))
    last_answer = fields.Nested(
        LastAnswer, allow_none=True, metadata=about("What came of the last try; null before the first.")
    )
    next_attempt = Instant(
        allow_none=True,
        metadata=about("When it is tried next, at the earliest; null if never.", "2026-01-05T15:35:00.0000000Z"),
    )


class DeliveryPage(Answer):
    """The deliveries of a webhook."""

    data = fields.List(fields.Nested(Delivery), metadata=about("The deliveries, newest first."))


def shown(webhook: Document) -> dict[str, Any]:
    """A webhook as it is answered, without its secret."""
    return {
        "id": webhook["id"],
        "tenant_id": webhook["tenant_id"],
        **{name: webhook[name] for name in FIELDS},
        "disabled_reason": webhook["disabled_reason"],
        "previous_secret_until": webhook["previous_secret_until"],
        "deleted": webhook.get("deleted"),
    }


def shown_delivery(delivery: Document) -> dict[str, Any]:
    """A delivery as it is answered."""
    names = ("id", "event_id", "type", "replay", "created", "status", "tries", "last_answer", "next_attempt")
    return {name: delivery.get(name) for name in names}
