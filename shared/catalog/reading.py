"""Reading the catalog: one item, or all of a tenant's."""

from shared.catalog.resources import Resource
from shared.catalog.rules import list_order
from shared.cosmos import items
from shared.cosmos.items import IS_ITEM, LIVE, Document
from shared.errors import ApiError

ALL = f"SELECT * FROM c WHERE {LIVE}"
WITH_DELETED = f"SELECT * FROM c WHERE {IS_ITEM}"


async def get(resource: Resource, tenant_id: str, item_id: str) -> Document:
    """One live item. Raises ApiError 404."""
    document = await items.read_live(resource.container_id, item_id, tenant_id)
    if document is None:
        raise ApiError(404, f"{resource.container_id}_not_found", f"There is no such {resource.noun}")
    return document


async def everything(resource: Resource, tenant_id: str) -> list[Document]:
    """All live items of a tenant, active ones first, then by name."""
    return sorted(await items.query(resource.container_id, ALL, {}, tenant_id), key=list_order)


async def with_deleted(resource: Resource, tenant_id: str) -> dict[str, Document]:
    """All items of a tenant by id, soft-deleted ones included: whatever refers to one still shows its name."""
    return {item["id"]: item for item in await items.query(resource.container_id, WITH_DELETED, {}, tenant_id)}
