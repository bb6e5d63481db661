"""A bound on request charge: work by hand must leave the database to those who clock in."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from shared.clients import container
from shared.cosmos.items import PAGE_SIZE, Document, Partition


class Pace:
    """Spends at most so many request units a second, on average since it began."""

    def __init__(self, units_per_second: float) -> None:
        self._units_per_second = units_per_second
        self._began = time.monotonic()
        self.spent = 0.0

    def note(self, headers: Mapping[str, str], _body: Any) -> None:
        """Count what a call has cost: the SDK's `response_hook`."""
        self.spent += float(headers.get("x-ms-request-charge") or 0)

    async def keep(self) -> None:
        """Wait until what was spent is within the bound."""
        ahead = self.spent / self._units_per_second - (time.monotonic() - self._began)
        if ahead > 0:
            await asyncio.sleep(ahead)

    async def query(
        self, container_id: str, text: str, parameters: Mapping[str, Any], partition: Partition | None = None
    ) -> AsyncIterator[Document]:
        """The results of a query, page after page at this pace."""
        where: dict[str, Any] = {} if partition is None else {"partition_key": partition}
        results = container(container_id).query_items(
            text,
            parameters=[{"name": f"@{name}", "value": value} for name, value in parameters.items()],
            max_item_count=PAGE_SIZE,
            response_hook=self.note,
            **where,
        )
        async for result in results:
            await self.keep()
            yield result

    async def read(self, container_id: str, item_id: str, partition: Partition) -> Document | None:
        """A document, if it is there."""
        found = [one async for one in self.query(container_id, BY_ID, {"id": item_id}, partition)]
        return found[0] if found else None

    async def upsert(self, container_id: str, document: Document) -> None:
        """Write a document as it is."""
        await container(container_id).upsert_item(document, response_hook=self.note)
        await self.keep()


BY_ID = "SELECT * FROM c WHERE c.id = @id"
