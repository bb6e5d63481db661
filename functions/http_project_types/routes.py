"""`/api/project-types`: the types of project, which form a tree."""

from collections.abc import Mapping
from typing import Any

from shared.catalog import store
from shared.catalog.answers import ProjectType
from shared.catalog.project_types import PROJECT_TYPES
from shared.catalog.routes import CatalogApi, Shown, catalog_routes, shown
from shared.catalog.schemas import ProjectTypeBody, ProjectTypeQuery
from shared.cosmos.items import Document


async def list_types(tenant_id: str, query: Mapping[str, Any]) -> list[Shown]:
    return [
        await show_type(item, tenant_id)
        for item in await store.everything(PROJECT_TYPES, tenant_id)
        if all(query[name] is None or item.get(name) in query[name] for name in ("customer_id", "parent_id"))
    ]


async def show_type(item: Document, _tenant_id: str) -> Shown:
    return shown(item, "description", "customer_id", "parent_id")


ROUTES = catalog_routes(
    CatalogApi(
        path="project-types",
        description="The types of project, which form a tree.",
        resource=PROJECT_TYPES,
        body=ProjectTypeBody(),
        query=ProjectTypeQuery(),
        answer=ProjectType,
        list_items=list_types,
        show=show_type,
    )
)
