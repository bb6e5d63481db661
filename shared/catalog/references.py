"""Checks, made when something is written, that what it refers to exists: always read, never from the cache.

What was made elsewhere a second ago counts; what was deleted there does not; what is inactive may be used.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from shared.cosmos import items
from shared.cosmos.containers import ACTIVITY, CUSTOMER, PROJECT, PROJECT_TYPE
from shared.cosmos.items import Document
from shared.errors import ApiError

# Which container a field refers to, and what a person calls what lies in it.
REFERENCES = {
    "project_id": (PROJECT, "project"),
    "activity_id": (ACTIVITY, "activity"),
    "customer_id": (CUSTOMER, "customer"),
    "project_type_id": (PROJECT_TYPE, "project type"),
}


async def require_references(tenant_id: str, fields: Mapping[str, Any]) -> dict[str, Document]:
    """What `fields` refer to, by field. Raises ApiError 400 unless the tenant has it all.

    One point read each, side by side.
    """
    given = {name: fields[name] for name in REFERENCES if fields.get(name)}
    documents = await asyncio.gather(*(items.read_live(REFERENCES[name][0], given[name], tenant_id) for name in given))
    found: dict[str, Document] = {}
    for name, document in zip(given, documents, strict=True):
        if document is None:
            container_id, noun = REFERENCES[name]
            message = f"There is no such {noun}"
            raise ApiError(400, f"{container_id}_not_found", message, errors={name: [f"{message}."]})
        found[name] = document
    return found
