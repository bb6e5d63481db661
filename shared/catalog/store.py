"""Writing catalog items: one set of operations for every kind."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from shared.auth.caller import Caller
from shared.catalog import announcements, names, reading
from shared.catalog.references import require_references
from shared.catalog.resources import Resource
from shared.catalog.rules import status_of
from shared.cosmos import transactions
from shared.cosmos.items import Document, own_fields
from shared.cosmos.transactions import Attempt, Change
from shared.errors import ApiError
from shared.events.outbox import outbox_document, stamped
from shared.http.etags import Precondition


class Write(NamedTuple):
    """What was read (None for a new item), what it becomes, and the event's action."""

    before: Document | None
    item: Document
    action: str


async def create(resource: Resource, caller: Caller, now: datetime, fields: Mapping[str, Any]) -> Document:
    """A new item. Raises ApiError 409 when the name is taken."""
    item_id = str(uuid4())

    async def attempt() -> Change[Document]:
        await require_references(caller.tenant_id, fields)
        item = {"id": item_id, "tenant_id": caller.tenant_id, **{name: fields[name] for name in resource.fields}}
        return await _change(resource, caller, now, Write(None, item, "create"))

    return await _settle(resource, caller, attempt)


async def update(  # noqa: PLR0913, PLR0917 - who, when, which item, and what becomes of it
    resource: Resource, caller: Caller, now: datetime, item_id: str, given: Mapping[str, Any], wanted: Precondition
) -> Document:
    """Change what is given. A call that changes nothing writes nothing. Raises ApiError 404, 409 or 412."""

    async def attempt() -> Change[Document]:
        before = await reading.get(resource, caller.tenant_id, item_id)
        wanted.check(before)
        changed = {n: given[n] for n in resource.fields if n in given and given[n] != before.get(n)}
        if not changed:
            return Change(before)
        await require_references(caller.tenant_id, changed)
        return await _change(resource, caller, now, Write(before, before | changed, "update"))

    return await _settle(resource, caller, attempt)


async def retire(resource: Resource, caller: Caller, now: datetime, item_id: str, wanted: Precondition) -> None:
    """Make an item inactive, or soft-delete it. What refers to it keeps its name. Raises ApiError 404 or 412."""

    async def attempt() -> Change[Document]:
        before = await reading.get(resource, caller.tenant_id, item_id)
        wanted.check(before)
        if not resource.soft_delete and status_of(before) == "inactive":
            return Change(before)
        gone = {"deleted": str(uuid4())} if resource.soft_delete else {"status": "inactive"}
        return await _change(resource, caller, now, Write(before, before | gone, "delete"))

    await _settle(resource, caller, attempt)


async def _settle(resource: Resource, caller: Caller, attempt: Attempt[Document]) -> Document:
    document = await announcements.settle(resource.container_id, caller.tenant_id, attempt)
    names.forget(caller.tenant_id)
    return document


async def _change(resource: Resource, caller: Caller, now: datetime, write: Write) -> Change[Document]:
    """The batch of this write."""
    own = own_fields(write.item)
    description = f"{write.action.capitalize()} {resource.noun}"
    after = stamped(own, caller, resource.container_id, write.action, description)
    taken = ApiError(
        409,
        f"{resource.container_id}_exists",
        f"{resource.a_noun.capitalize()} with that name already exists",
        errors={"name": ["Already in use."]},
    )
    operation = transactions.replace(after, write.before) if write.before else transactions.create(after)
    guards = await resource.guard(write.before, after) if resource.guard else []
    return Change(own, [operation, *guards], [outbox_document(write.before, after, now)], taken)
