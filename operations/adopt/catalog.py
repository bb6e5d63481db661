"""Brings over the catalog of a tenant: customers, project types, projects, activities, technologies, in this order.

Ids stay, so that references do. Names that are taken here get a number. What an administrator has changed here since
stays as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import NAMESPACE_URL, uuid5

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

from operations.adopt.documents import Known, OldItem, id_of, item_of
from operations.adopt.entries import NOBODY
from operations.adopt.planning import ACTION, is_untouched
from operations.adopt.remarks import KEPT, LEFT_OUT, Remark, Row
from operations.adopt.source import OldDatabase
from shared import instants
from shared.auth.caller import Caller
from shared.catalog import store
from shared.catalog.project_types import PROJECT_TYPES
from shared.catalog.resources import ACTIVITIES, CUSTOMERS, PROJECTS, TECHNOLOGIES, Resource
from shared.cosmos import transactions
from shared.cosmos.items import Document, is_live, own_fields
from shared.cosmos.transactions import Change
from shared.errors import ApiError
from shared.events.outbox import outbox_document, stamped
from shared.http.fields import LONGEST_NAME

# What something refers to comes first.
RESOURCES = (CUSTOMERS, PROJECT_TYPES, PROJECTS, ACTIVITIES, TECHNOLOGIES)
# A batch holds 100 operations: an item takes two, and what guards a tree of them one or more.
MOST_WRITES = 45
# So often administrators may be faster, eight times in a row each.
MOST_LOST_RACES = 20

Key = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class CatalogPlan:
    """What is to be there, by id, and what there is to tell."""

    targets: Mapping[str, Document]
    rows: Sequence[Row]


@dataclass(slots=True)
class Catalog:
    """The adoption of a tenant's catalog; `known` grows by the ids of each kind."""

    tenant_id: str
    old: Mapping[str, Sequence[Document]]
    known: dict[str, frozenset[str]] = field(default_factory=dict)
    written: int = 0

    @classmethod
    async def read(cls, source: OldDatabase, spellings: Iterable[str], tenant_id: str) -> "Catalog":
        """All of the old catalog; the tenant's id may be written in several ways there."""
        old = {
            resource.container_id: [
                document for spelling in spellings for document in await source.items(resource.container_id, spelling)
            ]
            for resource in RESOURCES
        }
        return cls(tenant_id, old)

    async def bring(self, resource: Resource, *, dry_run: bool) -> Sequence[Row]:
        """Bring over one kind, or only say what would be told."""
        old = self.old[resource.container_id]
        self.known[resource.container_id] = frozenset(
            {str(id_of(resource.container_id, document["id"])) for document in old}
            | (await store.with_deleted(resource, self.tenant_id)).keys()
        )
        while not dry_run and (count := await self._write_batch(resource)):
            self.written += count
        present = await store.with_deleted(resource, self.tenant_id)
        return plan_of(self.tenant_id, resource, old, present, self.known).rows

    async def _write_batch(self, resource: Resource) -> int:
        conflict = retry_if_exception(lambda error: isinstance(error, ApiError) and error.code == "write_conflict")

        async def attempt() -> Change[int]:
            guards = await resource.guard(None, self._any(resource)) if resource.guard else []
            present = await store.with_deleted(resource, self.tenant_id)
            plan = plan_of(self.tenant_id, resource, self.old[resource.container_id], present, self.known)
            writes = next_writes(resource, present, plan.targets)
            operations, outbox = [], []
            for target in writes:
                before = present.get(target["id"])
                caller = Caller(NOBODY, self.tenant_id)
                after = stamped(target, caller, resource.container_id, ACTION, f"Adopt {resource.a_noun}")
                operations.append(transactions.replace(after, before) if before else transactions.create(after))
                outbox.append(outbox_document(before, after, instants.now()))
            return Change(len(writes), [*operations, *guards] if writes else [], outbox)

        count: int = await AsyncRetrying(retry=conflict, stop=stop_after_attempt(MOST_LOST_RACES), reraise=True)(
            store.settle, resource.container_id, self.tenant_id, attempt
        )
        return count

    def _any(self, resource: Resource) -> Document:
        """An item that refers to none: what guards the others is replaced, so that no other write goes unseen."""
        return {"tenant_id": self.tenant_id, "id": "", **dict.fromkeys(resource.fields)}


def plan_of(
    tenant_id: str, resource: Resource, old: Iterable[Document], present: Mapping[str, Document], known: Known
) -> CatalogPlan:
    """What is to be there of one kind. `present`: what there is, deleted items included, by id."""
    read: dict[str, OldItem] = {}
    rows: list[Row] = []

    def tell(item_id: str, remarks: Iterable[Remark]) -> None:
        rows.extend(Row(resource.container_id, tenant_id, None, item_id, remark) for remark in remarks)

    for item in (item_of(document, resource, known) for document in old):
        if read.setdefault(item.id, item) is not item:
            tell(item.id, [Remark("id_taken", LEFT_OUT)])
    kept = {item_id for item_id in read if item_id in present and not is_untouched(present[item_id])}
    for item_id, item in read.items():
        if item_id in kept and _wanted(tenant_id, item) != own_fields(present[item_id]):
            tell(item_id, [Remark("changed_here", KEPT)])
    stays = {
        item_id: one for item_id, one in present.items() if is_live(one) and (item_id not in read or item_id in kept)
    }
    taken = {_key(resource, one) for item_id, one in present.items() if item_id not in read or item_id in kept}
    items = [item for item_id, item in read.items() if item_id not in kept]
    orphans = _orphans(items, stays)
    targets: dict[str, Document] = {}
    for item in sorted(items, key=partial(_turn, present)):
        remarks = [*item.remarks]
        target = _wanted(tenant_id, item)
        if item.id in orphans:
            remarks.append(Remark("parent_invalid", "dropped", target["parent_id"]))
            target["parent_id"] = None
        name = target["name"]
        targets[item.id] = target = _unique(resource, target, taken)
        if target["name"] != name:
            remarks.append(Remark("name_taken", "renamed", name, target["name"]))
        tell(item.id, remarks)
    return CatalogPlan(targets, sorted(rows, key=lambda row: row.item_id))


def next_writes(resource: Resource, present: Mapping[str, Document], targets: Mapping[str, Document]) -> list[Document]:
    """A batch of what differs. A name that another item has until it is renamed as well waits for that."""
    differing = [target for target in targets.values() if own_fields(present.get(target["id"], {})) != target]
    holders = {_key(resource, one): item_id for item_id, one in present.items()}
    ready = [target for target in differing if holders.get(_key(resource, target), target["id"]) == target["id"]]
    if differing and not ready:
        # They wait for one another in a circle: one of them is given a name of its own for as long as that takes.
        first = differing[0]
        return [first | {"name": f"{first['name'][: LONGEST_NAME - 9]} {first['id'][:8]}"}]
    return ready[:MOST_WRITES]


def _wanted(tenant_id: str, item: OldItem) -> Document:
    own = {"id": item.id, "tenant_id": tenant_id, **item.fields}
    return own | ({"deleted": item.deleted} if item.deleted else {})


def _key(resource: Resource, item: Document) -> Key:
    """What is unique among the items of a kind."""
    return item["name"], item.get("customer_id") if "customer_id" in resource.fields else None, item.get("deleted")


def _turn(present: Mapping[str, Document], item: OldItem) -> tuple[bool, bool, int, str, bool, str]:
    """When an item may choose its name: who has its own here first, then who has a numbered one, by that number.

    So nobody loses a name to what comes later. Those that are new here follow: who needs no other name, then by the id.
    """
    name = present.get(item.id, {}).get("name", "")
    return not name, name != item.fields["name"], len(name), name, bool(item.remarks), item.id


def _unique(resource: Resource, item: Document, taken: set[Key]) -> Document:
    """The item, with a number after its name where another has it; of deleted ones, with a mark of its own."""
    name, number = item["name"], 2
    while _key(resource, item) in taken:
        if not is_live(item):
            # Two of one name were deleted with one mark.
            item |= {"deleted": str(uuid5(NAMESPACE_URL, f"deleted/{item['id']}/{number}"))}
        else:
            suffix = f" ({number})"
            item |= {"name": f"{name[: LONGEST_NAME - len(suffix)].rstrip()}{suffix}"}
        number += 1
    taken.add(_key(resource, item))
    return item


def _orphans(items: Iterable[OldItem], stays: Mapping[str, Document]) -> set[str]:
    """The items whose parent is gone, or lies below them; `stays` are the live items that stay as they are."""
    live = stays.keys() | {item.id for item in items if not item.deleted}
    parents = {item_id: one.get("parent_id") for item_id, one in stays.items()}
    orphans: set[str] = set()
    for item in sorted(items, key=lambda item: item.id):
        parent_id = None if item.deleted else item.fields.get("parent_id")
        if parent_id and (parent_id not in live or _leads_to(item.id, parent_id, parents)):
            orphans.add(item.id)
            parent_id = None
        parents[item.id] = parent_id
    return orphans


def _leads_to(item_id: str, parent_id: str, parents: Mapping[str, str | None]) -> bool:
    """Whether an item lies above itself, if its parent is this one; `parents` are those of the items seen so far."""
    above: str | None = parent_id
    for _ in range(len(parents) + 1):
        if above is None or above == item_id:
            break
        above = parents.get(above)
    return above == item_id
