"""The five operations that every catalog resource has, and what sets one resource apart from the others."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.catalog import store
from shared.catalog.references import REFERENCES
from shared.catalog.resources import Resource, Shown, passes
from shared.cosmos.items import Document
from shared.http.etags import etag_of
from shared.http.fields import Body, Item, Query
from shared.http.routing import IF_MATCH, NO_CONTENT, Reply, Request, Route, Routes, path_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogApi:
    """How a catalog resource is offered over HTTP: below which path, with which schemas, and how it is shown.

    `list_items` gives the items of a tenant that pass a query, as they are answered; `show` gives one item as it is
    answered. Without them, an item is shown with its own fields.
    """

    path: str
    description: str
    resource: Resource
    body: Body
    query: Query
    answer: type[Item]
    list_items: Callable[[str, Mapping[str, Any]], Awaitable[list[Shown]]] | None = None
    show: Callable[[Document, str], Awaitable[Shown]] | None = None
    # How DELETE is refused, where that means something particular.
    delete_refusals: Mapping[int, str] = field(default_factory=dict)

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
        if api.list_items:
            return Reply(await api.list_items(request.caller.tenant_id, request.query))
        items = await store.everything(resource, request.caller.tenant_id)
        return Reply([resource.shown(item) for item in items if passes(item, request.query)])

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
        return await answer(request, made, {"Location": path_of(f"{api.path}/{made['id']}")})

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
        refusals=api.delete_refusals,
        admin_only=True,
    )
    async def retire(request: Request) -> Reply:
        """Delete {a_noun}.

        For administrators. The {noun} is {fate}. Whatever refers to it still shows its name.
        """
        await store.retire(resource, request.caller, request.now, request.id, request.precondition)
        return NO_CONTENT

    async def answer(request: Request, document: Document, headers: Mapping[str, str] | None = None) -> Reply:
        body = await api.show(document, request.caller.tenant_id) if api.show else resource.shown(document)
        return Reply(body, headers={"ETag": etag_of(document), **(headers or {})})

    return routes
