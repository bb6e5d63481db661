"""Brings over the catalog of a tenant: customers, project types, projects, activities, technologies, in this order.

Ids stay, so that references do. Names that are taken here get a number. What an administrator has changed here since
stays as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tenacity import AsyncRetrying, retry_if_exception

from operations.adopt.documents import Known, OldItem, id_of, item_of
from operations.adopt.entries import NOBODY
from operations.adopt.planning import ACTION, is_untouched
from operations.adopt.remarks import KEPT, LEFT_OUT, Remark, Row
from operations.adopt.source import OldDatabase
from shared import instants
from shared.auth.caller import Caller
from shared.catalog import announcements, names, reading
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
            | (await reading.with_deleted(resource, self.tenant_id)).keys()
        )
        while not dry_run and (count := await self._write_batch(resource)):
            self.written += count
        present = await reading.with_deleted(resource, self.tenant_id)
        return plan_of(self.tenant_id, resource, old, present, self.known).rows

    async def _write_batch(self, resource: Resource) -> int:
        conflict = retry_if_exception(lambda error: isinstance(error, ApiError) and error.code == "write_conflict")

        async def attempt() -> Change[int]:
            guards = await resource.guard(None, self._any(resource)) if resource.guard else []
            present = await reading.with_deleted(resource, self.tenant_id)
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

        count: int = await AsyncRetrying(retry=conflict)(
            announcements.settle, resource.container_id, self.tenant_id, attempt
        )
        names.forget(self.tenant_id)
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
    taken = {_key(resource, one) for one in stays.values()}
    parents = {item_id: one.get("parent_id") for item_id, one in stays.items()}
    live = stays.keys() | {item_id for item_id, item in read.items() if not item.deleted and item_id not in kept}
    targets: dict[str, Document] = {}
    # Who has a name here keeps it, then who needs no other; the rest come in the order of their ids.
    order = sorted(
        (item for item in read.values() if item.id not in kept),
        key=lambda item: (item.id not in present, bool(item.remarks), item.id),
    )
    for item in order:
        remarks = [*item.remarks]
        target = _wanted(tenant_id, item)
        if is_live(target):
            parent_id = target.get("parent_id")
            if parent_id and (parent_id not in live or _leads_to(item.id, parent_id, parents)):
                remarks.append(Remark("parent_invalid", "dropped", parent_id))
                target["parent_id"] = None
            parents[item.id] = target.get("parent_id")
            name = _free_name(resource, target, taken)
            if name != target["name"]:
                remarks.append(Remark("name_taken", "renamed", target["name"], name))
                target["name"] = name
            taken.add(_key(resource, target))
        targets[item.id] = target
        tell(item.id, remarks)
    return CatalogPlan(targets, rows)


def next_writes(resource: Resource, present: Mapping[str, Document], targets: Mapping[str, Document]) -> list[Document]:
    """A batch of what differs. A name that another item has until it is renamed as well waits for that."""
    differing = [target for target in targets.values() if own_fields(present.get(target["id"], {})) != target]
    holders = {_key(resource, one): item_id for item_id, one in present.items() if is_live(one)}
    ready = [
        target
        for target in differing
        if not is_live(target) or holders.get(_key(resource, target), target["id"]) == target["id"]
    ]
    if differing and not ready:
        # They wait for one another in a circle: one of them is given a name of its own for as long as that takes.
        first = differing[0]
        return [first | {"name": f"{first['name'][: LONGEST_NAME - 9]} {first['id'][:8]}"}]
    return ready[:MOST_WRITES]


def _wanted(tenant_id: str, item: OldItem) -> Document:
    own = {"id": item.id, "tenant_id": tenant_id, **item.fields}
    return own | ({"deleted": item.deleted} if item.deleted else {})


def _key(resource: Resource, item: Document) -> tuple[str, str | None]:
    """What is unique among the live items of a kind."""
    return item["name"], item.get("customer_id") if "customer_id" in resource.fields else None


def _free_name(resource: Resource, item: Document, taken: set[tuple[str, str | None]]) -> str:
    """The item's name, with a number after it where another has it already."""
    name, number = item["name"], 2
    while _key(resource, item | {"name": name}) in taken:
        suffix = f" ({number})"
        name, number = f"{item['name'][: LONGEST_NAME - len(suffix)].rstrip()}{suffix}", number + 1
    return str(name)


def _leads_to(item_id: str, parent_id: str, parents: Mapping[str, str | None]) -> bool:
    """Whether an item lies above itself, if its parent is this one; `parents` are those of the items seen so far."""
    above: str | None = parent_id
    for _ in range(len(parents) + 1):
        if above is None or above == item_id:
            break
        above = parents.get(above)
    return above == item_id
