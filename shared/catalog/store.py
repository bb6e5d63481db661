"""The catalog's items: one set of operations over what each resource says of itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from shared.auth.caller import Caller
from shared.catalog import names
from shared.catalog.references import require_references
from shared.cosmos import items, transactions
from shared.cosmos.containers import ACTIVITY, CUSTOMER, PROJECT, TECHNOLOGY
from shared.cosmos.items import Document
from shared.cosmos.transactions import Attempt, Change, Operation
from shared.errors import ApiError
from shared.events.outbox import outbox_document, stamped
from shared.http.etags import Precondition

EVERYTHING = f"SELECT * FROM c WHERE {items.LIVE}"


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of catalog item: its container, what a person calls it, and the fields that a client may write.

    DELETE makes an item inactive, or soft-deletes it. `guard` is given an item before and after a write; it raises what
    speaks against it, and adds operations to its batch.
    """

    container_id: str
    noun: str
    fields: tuple[str, ...]
    soft_delete: bool = False
    guard: Callable[[Document | None, Document], Awaitable[list[Operation]]] | None = None

    @property
    def a_noun(self) -> str:
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"


class Write(NamedTuple):
    """What was read (None for a new item), what it becomes, and the event's action."""

    before: Document | None
    item: Document
    action: str


CUSTOMERS = Resource(CUSTOMER, "customer", ("name", "description", "status"))
ACTIVITIES = Resource(ACTIVITY, "activity", ("name", "description", "status"))
TECHNOLOGIES = Resource(
    TECHNOLOGY, "technology", ("name", "first_use_time_entry_id", "creation_date"), soft_delete=True
)
PROJECTS = Resource(
    PROJECT, "project", ("name", "description", "customer_id", "project_type_id", "technologies", "status", "billable")
)


async def everything(resource: Resource, tenant_id: str) -> list[Document]:
    """All live items of a tenant, active ones first, then by name."""
    documents = await items.query(resource.container_id, EVERYTHING, {}, tenant_id)
    return sorted(documents, key=lambda item: (status_of(item) != "active", item["name"].casefold(), item["id"]))


async def get(resource: Resource, tenant_id: str, item_id: str) -> Document:
    """One live item; raises ApiError 404."""
    document = await items.read_live(resource.container_id, item_id, tenant_id)
    if document is None:
        raise ApiError(404, f"{resource.container_id}_not_found", f"There is no such {resource.noun}")
    return document


async def create(resource: Resource, caller: Caller, now: datetime, fields: Mapping[str, Any]) -> Document:
    """A new item; raises ApiError 409 when the name is taken."""
    item_id = str(uuid4())

    async def attempt() -> Change[Document]:
        await require_references(caller.tenant_id, fields)
        after = {"id": item_id, "tenant_id": caller.tenant_id, **{name: fields[name] for name in resource.fields}}
        return await _change(resource, caller, now, Write(None, after, "create"))

    return await _settle(resource, caller, attempt)


async def update(  # noqa: PLR0913, PLR0917 - who, when, which item, and what becomes of it
    resource: Resource, caller: Caller, now: datetime, item_id: str, given: Mapping[str, Any], wanted: Precondition
) -> Document:
    """Change what is given; what changes nothing writes nothing. Raises ApiError 409 when the name is taken."""

    async def attempt() -> Change[Document]:
        before = await get(resource, caller.tenant_id, item_id)
        wanted.check(before)
        changed = {n: given[n] for n in resource.fields if n in given and given[n] != before.get(n)}
        if not changed:
            return Change(before)
        await require_references(caller.tenant_id, changed)
        return await _change(resource, caller, now, Write(before, before | changed, "update"))

    return await _settle(resource, caller, attempt)


async def retire(resource: Resource, caller: Caller, now: datetime, item_id: str, wanted: Precondition) -> None:
    """Make an item inactive, or soft-delete it: what refers to it keeps its name."""

    async def attempt() -> Change[Document]:
        before = await get(resource, caller.tenant_id, item_id)
        wanted.check(before)
        if not resource.soft_delete and status_of(before) == "inactive":
            return Change(before)
        gone = {"deleted": str(uuid4())} if resource.soft_delete else {"status": "inactive"}
        return await _change(resource, caller, now, Write(before, before | gone, "delete"))

    await _settle(resource, caller, attempt)


def status_of(document: Mapping[str, Any]) -> str:
    """A document without a status is active."""
    return document.get("status") or "active"


def is_billable(document: Mapping[str, Any]) -> bool:
    """Of a project or a time entry: one without the field is billable."""
    return document.get("billable") is not False


async def _settle(resource: Resource, caller: Caller, attempt: Attempt[Document]) -> Document:
    document = await transactions.settle(resource.container_id, caller.tenant_id, attempt)
    names.forget(caller.tenant_id)
    return document


async def _change(resource: Resource, caller: Caller, now: datetime, write: Write) -> Change[Document]:
    before, item, action = write
    own = items.own_fields(item)
    after = stamped(own, caller, resource.container_id, action, f"{action.capitalize()} {resource.noun}")
    taken = ApiError(
        409,
        f"{resource.container_id}_exists",
        f"{resource.a_noun.capitalize()} with that name already exists",
        errors={"name": ["Already in use."]},
    )
    operation = transactions.replace(after, before) if before else transactions.create(after)
    guards = await resource.guard(before, after) if resource.guard else []
    return Change(own, [operation, *guards], [outbox_document(before, after, now)], taken)
