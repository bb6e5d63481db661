"""Checks, made when something is written, that what it refers to exists.

Projects and activities are looked up in this worker's copy of the names, and read only if they are unknown there: so
what was made elsewhere a second ago counts. What was deleted elsewhere counts for as long as the copy may be used (15
seconds). What is inactive may be used.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from shared.catalog.names import names_for
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
# What the copy of the names holds and entries refer to. Whoever writes one of the others has the copy dropped anyway.
COPIED = frozenset({"project_id", "activity_id"})


async def require_references(tenant_id: str, fields: Mapping[str, Any]) -> dict[str, Document]:
    """What `fields` refer to, by field. Raises ApiError 400 unless the tenant has it all.

    One point read, side by side, for each that the copy of the names does not know to be live.
    """
    given = {name: fields[name] for name in REFERENCES if fields.get(name)}
    documents = await asyncio.gather(*(_live(tenant_id, name, item_id) for name, item_id in given.items()))
    found: dict[str, Document] = {}
    for name, document in zip(given, documents, strict=True):
        if document is None:
            container_id, noun = REFERENCES[name]
            message = f"There is no such {noun}"
            raise ApiError(400, f"{container_id}_not_found", message, errors={name: [f"{message}."]})
        found[name] = document
    return found


async def _live(tenant_id: str, field: str, item_id: str) -> Document | None:
    if field in COPIED:
        # Where the copy is too old, it is read here instead of when the answer needs the names.
        names = await names_for(tenant_id, ())
        if known := names.live(field, item_id, time.monotonic()):
            return known
    return await items.read_live(REFERENCES[field][0], item_id, tenant_id)
