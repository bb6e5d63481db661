"""Marks the entries that are longer than a week, so that lists of a whole tenant find them by their index."""

from azure.cosmos.exceptions import CosmosAccessConditionFailedError, CosmosResourceNotFoundError

from shared.clients import container
from shared.cosmos import items
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import LIVE, Document
from shared.time_entries.entry import OVER_A_WEEK, length_mark

UNMARKED = (
    "SELECT c.id, c.tenant_id, c.owner_id, c.start_date, c.end_date FROM c"
    f" WHERE {LIVE} AND IS_STRING(c.end_date) AND NOT IS_DEFINED(c.{OVER_A_WEEK})"
)


async def run() -> None:
    """Mark each, unless it has just been written: then it carries the mark if it must."""
    async for page in items.pages(TIME_ENTRY, UNMARKED, {}):
        for entry in page:
            if length_mark(entry):
                await _mark(entry)


async def _mark(entry: Document) -> None:
    """Set the mark if the dates are still those that were read."""
    unchanged = " AND ".join(f'c.{name} = "{entry[name]}"' for name in ("start_date", "end_date"))
    mark = [{"op": "set", "path": f"/{OVER_A_WEEK}", "value": True}]
    try:
        await container(TIME_ENTRY).patch_item(
            entry["id"], [entry["tenant_id"], entry["owner_id"]], mark, filter_predicate=f"FROM c WHERE {unchanged}"
        )
    except (CosmosAccessConditionFailedError, CosmosResourceNotFoundError):
        return
