"""Projects: the customer and the type that are shown with each, and which projects a list holds."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from shared.catalog import store
from shared.catalog.project_types import PROJECT_TYPES
from shared.catalog.references import is_billable
from shared.catalog.resources import CUSTOMERS, PROJECTS, Shown, passes, status_of
from shared.cosmos import items
from shared.cosmos.containers import CUSTOMER, PROJECT_TYPE
from shared.cosmos.items import Document, is_live


async def list_projects(tenant_id: str, query: Mapping[str, Any]) -> list[Shown]:
    """The projects that pass the query's filters, by three queries side by side.

    They are of active customers, or of none; of the customers that the query names, whatever their status.
    """
    projects, customers, types = await asyncio.gather(
        store.everything(PROJECTS, tenant_id),
        store.with_deleted(CUSTOMERS, tenant_id),
        store.with_deleted(PROJECT_TYPES, tenant_id),
    )
    active = {key for key, customer in customers.items() if is_live(customer) and status_of(customer) == "active"}
    listed = {None, *active, *(query.get("customer_id") or ())}
    return [
        _shown(project, customers.get(project.get("customer_id", "")), types.get(project.get("project_type_id", "")))
        for project in projects
        if project.get("customer_id") in listed and passes(project, query)
    ]


async def list_recent(tenant_id: str, project_ids: Sequence[str]) -> list[Shown]:
    """The active projects of active customers among these, in their order."""
    of_active = await list_projects(tenant_id, {"status": "active"})
    by_id = {project["id"]: project for project in of_active}
    return [by_id[project_id] for project_id in dict.fromkeys(project_ids) if project_id in by_id]


async def show_project(project: Document, tenant_id: str) -> Shown:
    """One project, with its customer and type as they are now."""
    customer, project_type = await asyncio.gather(
        _referred(CUSTOMER, project.get("customer_id"), tenant_id),
        _referred(PROJECT_TYPE, project.get("project_type_id"), tenant_id),
    )
    return _shown(project, customer, project_type)


def own_shown(project: Document) -> Shown:
    """A project with its own fields alone."""
    return {
        **PROJECTS.shown(project),
        "technologies": project.get("technologies") or [],
        "billable": is_billable(project),
    }


async def _referred(container_id: str, item_id: str | None, tenant_id: str) -> Document | None:
    return await items.read(container_id, item_id, tenant_id) if item_id else None


def _shown(project: Document, customer: Document | None, project_type: Document | None) -> Shown:
    described = _described(customer) if customer else {"name": "", "description": None}
    return {
        **own_shown(project),
        "customer": described,
        "customer_name": described["name"],
        "project_type": _described(project_type) if project_type else None,
    }


def _described(document: Document) -> dict[str, Any]:
    return {"name": document["name"], "description": document.get("description")}
