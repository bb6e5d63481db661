"""Project types: they form a tree, at any depth, without cycles.

Two moves at once may each be allowed and make a cycle together. So every write of a project type also replaces one
`tree` document of the tenant, in the same batch, on the condition that it is still what was read with the types.
"""

from shared.catalog import store
from shared.catalog.resources import Resource
from shared.catalog.rules import forbid_children, forbid_cycle
from shared.cosmos import items, transactions
from shared.cosmos.containers import PROJECT_TYPE
from shared.cosmos.items import Document, is_live
from shared.cosmos.transactions import Operation

TREE_ID = "tree"


async def keep_a_tree(before: Document | None, item: Document) -> list[Operation]:
    """The operation that guards the write of `item`.

    Raises ApiError 400 when its new parent is unknown or below it, 409 when it is deleted and others are below it.
    """
    tenant_id = item["tenant_id"]
    # The tree first: a write after this makes the batch fail, so the types that are read next can't be out of date.
    tree = await items.read(PROJECT_TYPE, TREE_ID, tenant_id)
    if item.get("parent_id") and item["parent_id"] != (before or {}).get("parent_id"):
        forbid_cycle(item["id"], item["parent_id"], await _parents(tenant_id))
    if not is_live(item):
        forbid_children(item["id"], await _parents(tenant_id))
    document: Document = {"id": TREE_ID, "kind": "tree", "tenant_id": tenant_id, "deleted": TREE_ID}
    return [transactions.replace(document, tree) if tree else transactions.create(document)]


async def _parents(tenant_id: str) -> dict[str, str | None]:
    return {one["id"]: one.get("parent_id") for one in await store.everything(PROJECT_TYPES, tenant_id)}


PROJECT_TYPES = Resource(
    PROJECT_TYPE,
    "project type",
    ("name", "description", "customer_id", "parent_id"),
    soft_delete=True,
    guard=keep_a_tree,
)
