"""`/api/technologies`: what work is done with."""

from collections.abc import Mapping
from typing import Any

from shared.catalog import store
from shared.catalog.answers import Technology
from shared.catalog.routes import CatalogApi, Shown, catalog_routes, shown
from shared.catalog.schemas import TechnologyBody
from shared.catalog.store import TECHNOLOGIES
from shared.cosmos.items import Document
from shared.http.fields import Query


async def list_technologies(tenant_id: str, _query: Mapping[str, Any]) -> list[Shown]:
    return [await show_technology(item, tenant_id) for item in await store.everything(TECHNOLOGIES, tenant_id)]


async def show_technology(item: Document, _tenant_id: str) -> Shown:
    return shown(item, "first_use_time_entry_id", "creation_date")


ROUTES = catalog_routes(
    CatalogApi(
        path="technologies",
        description="What work is done with.",
        resource=TECHNOLOGIES,
        body=TechnologyBody(),
        query=Query(),
        answer=Technology,
        list_items=list_technologies,
        show=show_technology,
    )
)
