"""Reading a tenant's webhooks. The change feed handler needs no more than this, and imports no more."""

from shared.cosmos import items
from shared.cosmos.containers import ADMINISTRATION
from shared.cosmos.items import Document
from shared.webhooks.rules import is_wanted

WEBHOOK = "webhook"
# The encrypted secrets lie beside a webhook, in a document of their own, so that neither its events nor its ETag, nor
# whoever lists webhooks, ever gets to see them.
SECRETS = "webhook_secrets"

LIVE_WEBHOOKS = f"SELECT * FROM c WHERE c.kind = @kind AND {items.NOT_DELETED}"


async def webhooks_of(tenant_id: str) -> list[Document]:
    """All live webhooks of a tenant, the oldest first. Raises ApiError 429 or 503."""
    webhooks = await items.query(ADMINISTRATION, LIVE_WEBHOOKS, {"kind": WEBHOOK}, tenant_id)
    return sorted(webhooks, key=lambda webhook: (webhook["created"], webhook["id"]))


async def live_webhook(tenant_id: str, webhook_id: str) -> Document | None:
    """One live webhook; None if there is none. Raises ApiError 429 or 503."""
    document = await items.read(ADMINISTRATION, webhook_id, tenant_id)
    return document if document and document.get("kind") == WEBHOOK and "deleted" not in document else None


def secrets_id(webhook_id: str) -> str:
    """The id of the document with a webhook's secrets."""
    return f"{webhook_id}.secrets"


def is_told(webhook: Document, event_type: str, event_date: str) -> bool:
    """Whether a webhook is told of a new event: it is enabled, asks for the type, and is no younger than the event.

    Both dates are those at which the requests began. Nobody can make an event after the webhook's answer before that,
    unless the clocks of two instances differ by more than the answer takes.
    """
    return webhook["enabled"] and is_wanted(webhook["events"], event_type) and event_date >= webhook["created"]
