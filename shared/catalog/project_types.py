"""What is particular to project types: they form a tree, at any depth, without cycles.

Two moves at once may each be fine and make a cycle together. So every write of a project type also replaces one `tree`
document of the tenant, in the same batch, on the condition that it is still what was read with the types.
"""

from collections.abc import Mapping

from shared.catalog import store
from shared.catalog.store import Resource
from shared.cosmos import items, transactions
from shared.cosmos.containers import PROJECT_TYPE
from shared.cosmos.items import Document
from shared.cosmos.transactions import Operation
from shared.errors import ApiError

TREE_ID = "tree"


async def keep_a_tree(before: Document | None, item: Document) -> list[Operation]:
    """The operation that guards the write of `item`; raises ApiError 400 when its new parent is unknown or below it."""
    tenant_id = item["tenant_id"]
    # The tree first: what is written after it was read makes the batch fail, so that the types can't be older.
    tree = await items.read(PROJECT_TYPE, TREE_ID, tenant_id)
    if item.get("parent_id") and item["parent_id"] != (before or {}).get("parent_id"):
        types = await store.everything(PROJECT_TYPES, tenant_id)
        _require_parent(item, {one["id"]: one.get("parent_id") for one in types})
    document: Document = {"id": TREE_ID, "kind": "tree", "tenant_id": tenant_id, "deleted": TREE_ID}
    return [transactions.replace(document, tree) if tree else transactions.create(document)]


def _require_parent(item: Document, parents: Mapping[str, str | None]) -> None:
    parent: str | None = item["parent_id"]
    if parent not in parents and parent != item["id"]:
        raise _refused("parent_not_found", "There is no such project type")
    for _ in parents:
        if parent == item["id"]:
            raise _refused("project_type_cycle", "A project type can't lie below itself")
        parent = parents.get(parent or "")


def _refused(code: str, message: str) -> ApiError:
    return ApiError(400, code, message, errors={"parent_id": [f"{message}."]})


PROJECT_TYPES = Resource(
    PROJECT_TYPE,
    "project type",
    ("name", "description", "customer_id", "parent_id"),
    soft_delete=True,
    guard=keep_a_tree,
)
