"""What is particular to projects: the customer shown with each, and which of them a list holds."""

import asyncio
from collections.abc import Mapping
from typing import Any

from shared.catalog import store
from shared.catalog.routes import Shown, show_plainly
from shared.catalog.store import CUSTOMERS, PROJECTS, status_of
from shared.cosmos import items
from shared.cosmos.items import Document


async def list_projects(tenant_id: str, query: Mapping[str, Any]) -> list[Shown]:
    """The projects, of active customers or of none, that pass the query's filters."""
    projects, customers = await asyncio.gather(
        store.everything(PROJECTS, tenant_id), store.everything(CUSTOMERS, tenant_id)
    )
    active = {customer["id"]: customer for customer in customers if status_of(customer) == "active"}
    return [
        await _shown(project, active.get(project.get("customer_id") or ""))
        for project in projects
        if (not project.get("customer_id") or project["customer_id"] in active) and _passes(project, query)
    ]


async def show_project(project: Document, tenant_id: str) -> Shown:
    """One project, with its customer as it is now."""
    customer_id = project.get("customer_id")
    return await _shown(
        project, await items.read(CUSTOMERS.container_id, customer_id, tenant_id) if customer_id else None
    )


def _passes(project: Document, query: Mapping[str, Any]) -> bool:
    return query["status"] in {None, status_of(project)} and all(
        query[name] is None or project.get(name) in query[name] for name in ("customer_id", "project_type_id")
    )


async def _shown(project: Document, customer: Document | None) -> Shown:
    described: dict[str, Any] = {"name": "", "description": None}
    if customer:
        described = {"name": customer["name"], "description": customer.get("description")}
    return {
        **await show_plainly(project, project["tenant_id"]),
        "customer_id": project.get("customer_id"),
        "project_type_id": project.get("project_type_id"),
        "technologies": project.get("technologies") or [],
        "customer": described,
        "customer_name": described["name"],
        "project_type": None,
    }
