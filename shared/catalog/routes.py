"""The five operations that every catalog resource has, as its route table."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from shared.catalog import store
from shared.catalog.store import Resource, status_of
from shared.conditions import etag_of
from shared.cosmos.items import Document
from shared.fields import Body, Query
from shared.http import NO_CONTENT, Reply, Request, Route

Shown = dict[str, Any]
# One item of a tenant as it is answered.
Show = Callable[[Document, str], Awaitable[Shown]]
# The items of a tenant that pass a query, as they are answered.
List = Callable[[str, Mapping[str, Any]], Awaitable[list[Shown]]]


def catalog_routes(  # noqa: PLR0913, PLR0917 - what sets one resource apart from the others
    path: str, resource: Resource, body: Body, query: Query, listed: List, show: Show
) -> tuple[Route, ...]:
    """List, create, get, change and make inactive."""

    async def list_items(request: Request) -> Reply:
        return Reply(await listed(request.caller.tenant_id, request.query))

    async def create(request: Request) -> Reply:
        item = await store.create(resource, request.actor, request.body)
        return await answer(request, item, 201, {"Location": f"/api/{path}/{item['id']}"})

    async def get(request: Request) -> Reply:
        return await answer(request, await store.get(resource, request.caller.tenant_id, request.id))

    async def update(request: Request) -> Reply:
        return await answer(
            request, await store.update(resource, request.actor, request.id, request.body, request.precondition)
        )

    async def retire(request: Request) -> Reply:
        await store.retire(resource, request.actor, request.id, request.precondition)
        return NO_CONTENT

    async def answer(
        request: Request, item: Document, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Reply:
        shown = await show(item, request.caller.tenant_id)
        return Reply(shown, status, {"ETag": etag_of(item), **(headers or {})})

    noun = resource.noun
    return (
        Route("GET", "", list_items, f"List every {noun}", query=query),
        Route("POST", "", create, f"Create a {noun}", body=body, admin_only=True),
        Route("GET", "{id}", get, f"Get a {noun}"),
        Route("PUT", "{id}", update, f"Change a {noun}", body=body, partial=True, admin_only=True),
        Route("DELETE", "{id}", retire, f"Delete a {noun}", admin_only=True),
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
