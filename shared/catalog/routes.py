"""The five operations that every catalog resource has, as its route table."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from shared.catalog import store
from shared.catalog.references import REFERENCES
from shared.catalog.store import Resource, status_of
from shared.cosmos.items import Document
from shared.http.etags import etag_of
from shared.http.fields import Body, Item, Query
from shared.http.routing import IF_MATCH, NO_CONTENT, Reply, Request, Route

LIST_ORDER = "Active ones first, then by name."

Shown = dict[str, Any]
# One item of a tenant as it is answered.
Show = Callable[[Document, str], Awaitable[Shown]]
# The items of a tenant that pass a query, as they are answered.
List = Callable[[str, Mapping[str, Any]], Awaitable[list[Shown]]]


def catalog_routes(  # noqa: PLR0913, PLR0917 - what sets one resource apart from the others
    path: str, resource: Resource, body: Body, query: Query, item: type[Item], listed: List, show: Show
) -> tuple[Route, ...]:
    """List, create, get, change and make inactive."""

    async def list_items(request: Request) -> Reply:
        return Reply(await listed(request.caller.tenant_id, request.query))

    async def create(request: Request) -> Reply:
        made = await store.create(resource, request.caller, request.now, request.body)
        return await answer(request, made, {"Location": f"/api/{path}/{made['id']}"})

    async def get(request: Request) -> Reply:
        return await answer(request, await store.get(resource, request.caller.tenant_id, request.id))

    async def update(request: Request) -> Reply:
        return await answer(
            request,
            await store.update(resource, request.caller, request.now, request.id, request.body, request.precondition),
        )

    async def retire(request: Request) -> Reply:
        await store.retire(resource, request.caller, request.now, request.id, request.precondition)
        return NO_CONTENT

    async def answer(request: Request, document: Document, headers: Mapping[str, str] | None = None) -> Reply:
        shown = await show(document, request.caller.tenant_id)
        return Reply(shown, headers={"ETag": etag_of(document), **(headers or {})})

    noun, many = resource.noun, path.replace("-", " ")
    name, names = noun.replace(" ", "-"), path
    gone = "It is soft-deleted" if resource.soft_delete else "It is made inactive"
    taken = {409: f"There is a {noun} of that name already."}
    refers = {400: "What it refers to does not exist."} if REFERENCES.keys() & set(resource.fields) else {}
    return (
        Route("GET", "", list_items, f"List {many}", f"list-{names}", LIST_ORDER, query=query, answer=item(many=True)),
        Route(
            "POST",
            "",
            create,
            f"Create a {noun}",
            f"create-{name}",
            "For administrators. Its name is trimmed.",
            body=body,
            answer=item(),
            status=201,
            refusals={**taken, **refers},
            admin_only=True,
        ),
        Route("GET", "{id}", get, f"Get a {noun}", f"get-{name}", f"One {noun} of the tenant.", answer=item()),
        Route(
            "PUT",
            "{id}",
            update,
            f"Change a {noun}",
            f"update-{name}",
            "For administrators. What is not given stays as it is.",
            body=body,
            partial=True,
            headers=(IF_MATCH,),
            answer=item(),
            refusals={**taken, **refers},
            admin_only=True,
        ),
        Route(
            "DELETE",
            "{id}",
            retire,
            f"Delete a {noun}",
            f"delete-{name}",
            f"For administrators. {gone}: what refers to it keeps its name.",
            headers=(IF_MATCH,),
            status=204,
            admin_only=True,
        ),
    )


def list_by_status(resource: Resource) -> List:
    """The list of customers or activities."""

    async def listed(tenant_id: str, query: Mapping[str, Any]) -> list[Shown]:
        return [
            await show_with_status(item, tenant_id)
            for item in await store.everything(resource, tenant_id)
            if query["status"] in {None, status_of(item)}
        ]

    return listed


async def show_with_status(item: Document, _tenant_id: str) -> Shown:
    """A customer or an activity."""
    return shown(item, "description") | {"status": status_of(item)}


def shown(item: Document, *names: str) -> Shown:
    """What every catalog item is answered with, and these fields; null where there is no value."""
    return {name: item.get(name) for name in ("id", "tenant_id", "name", *names, "deleted")}
