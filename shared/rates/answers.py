"""What the rates calls answer, and how a rate is shown."""

from typing import Any

from shared.cosmos.items import Document
from shared.http.fields import Id, Item, about
from shared.rates.schemas import RateBody

FIELDS = ("amount", "currency", "user_id", "project_id", "customer_id", "activity_id", "valid_from")


class Rate(Item, RateBody):
    """An hourly rate: what it applies to, and from which day."""

    id = Id(metadata=about("The id of the rate, set by the server.", "3f6c1c1e-2d0b-4a7e-9c47-3a2b1d0f9e08"))
    tenant_id = Id(
        metadata=about("The tenant (organisation) that it belongs to.", "5f1d6a3e-7c0b-4d29-9b57-2f4f1f0c9a11")
    )
    deleted = Id(allow_none=True, metadata=about("Null, or a UUID if it is deleted.", None))


def shown(rate: Document) -> dict[str, Any]:
    """A rate as it is answered."""
    return {
        "id": rate["id"],
        "tenant_id": rate["tenant_id"],
        "kind": rate["rate_kind"],
        **{name: rate.get(name) for name in FIELDS},
        "deleted": rate.get("deleted"),
    }
