"""The five operations that every catalog resource has, and what sets one resource apart from the others."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.catalog import store
from shared.catalog.references import REFERENCES
from shared.catalog.store import Resource, status_of
from shared.cosmos.items import Document
from shared.http.etags import etag_of
from shared.http.fields import Body, Item, Query
from shared.http.routing import IF_MATCH, NO_CONTENT, Reply, Request, Route, Routes

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogApi:
    """How a catalog resource is offered over HTTP: below which path, with which schemas, and how it is shown.

    `list_items` gives the items of a tenant that pass a query, as they are answered; `show` gives one item as it is
    answered.
    """

    path: str
    description: str
    resource: Resource
    body: Body
    query: Query
    answer: type[Item]
    list_items: Callable[[str, Mapping[str, Any]], Awaitable[list[Shown]]]
    show: Callable[[Document, str], Awaitable[Shown]]

    @property
    def words(self) -> dict[str, str]:
        """What the docstrings below say about this resource."""
        return {
            "noun": self.resource.noun,
            "a_noun": self.resource.a_noun,
            "nouns": self.path.replace("-", " "),
            "fate": "soft-deleted" if self.resource.soft_delete else "made inactive",
        }


def catalog_routes(api: CatalogApi) -> Routes:
    """List, create, get, change and delete."""
    resource = api.resource
    routes = Routes(api.description, words=api.words)
    id_of_one = resource.noun.replace(" ", "-")
    refusals = {409: f"{resource.a_noun.capitalize()} with that name already exists."}
    if REFERENCES.keys() & set(resource.fields):
        refusals[400] = "An item that it refers to does not exist."

    @Route(routes, "GET", "", operation_id=f"list-{api.path}", query=api.query, answer=api.answer(many=True))
    async def list_items(request: Request) -> Reply:
        """List {nouns}.

        Active ones first, then by name.
        """
        return Reply(await api.list_items(request.caller.tenant_id, request.query))

    @Route(
        routes,
        "POST",
        "",
        operation_id=f"create-{id_of_one}",
        body=api.body,
        answer=api.answer(),
        status=201,
        refusals=refusals,
        admin_only=True,
    )
    async def create(request: Request) -> Reply:
        """Create {a_noun}.

        For administrators. White space around the name is removed.
        """
        made = await store.create(resource, request.caller, request.now, request.body)
        return await answer(request, made, {"Location": f"/api/{api.path}/{made['id']}"})

    @Route(routes, "GET", "{id}", operation_id=f"get-{id_of_one}", answer=api.answer())
    async def get(request: Request) -> Reply:
        """Get {a_noun}.

        One {noun} of the tenant, active or inactive.
        """
        return await answer(request, await store.get(resource, request.caller.tenant_id, request.id))

    @Route(
        routes,
        "PUT",
        "{id}",
        operation_id=f"update-{id_of_one}",
        body=api.body,
        partial=True,
        headers=(IF_MATCH,),
        answer=api.answer(),
        refusals=refusals,
        admin_only=True,
    )
    async def update(request: Request) -> Reply:
        """Change {a_noun}.

        For administrators. A field that is not given keeps its value.
        """
        return await answer(
            request,
            await store.update(resource, request.caller, request.now, request.id, request.body, request.precondition),
        )

    @Route(
        routes,
        "DELETE",
        "{id}",
        operation_id=f"delete-{id_of_one}",
        headers=(IF_MATCH,),
        status=204,
        admin_only=True,
    )
    async def retire(request: Request) -> Reply:
        """Delete {a_noun}.

        For administrators. The {noun} is {fate}. Whatever refers to it still shows its name.
        """
        await store.retire(resource, request.caller, request.now, request.id, request.precondition)
        return NO_CONTENT

    async def answer(request: Request, document: Document, headers: Mapping[str, str] | None = None) -> Reply:
        shown = await api.show(document, request.caller.tenant_id)
        return Reply(shown, headers={"ETag": etag_of(document), **(headers or {})})

    return routes


def list_by_status(resource: Resource) -> Callable[[str, Mapping[str, Any]], Awaitable[list[Shown]]]:
    """The list of customers or activities."""

    async def list_items(tenant_id: str, query: Mapping[str, Any]) -> list[Shown]:
        return [
            await show_with_status(item, tenant_id)
            for item in await store.everything(resource, tenant_id)
            if query["status"] in {None, status_of(item)}
        ]

    return list_items


async def show_with_status(item: Document, _tenant_id: str) -> Shown:
    """A customer or an activity."""
    return shown(item, "description") | {"status": status_of(item)}


def shown(item: Document, *names: str) -> Shown:
    """What every catalog item is answered with, and these fields; null where there is no value."""
    return {name: item.get(name) for name in ("id", "tenant_id", "name", *names, "deleted")}
