"""How work by hand reaches the database: whatever there is of it, those who clock in go first."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from azure.core.pipeline.transport import AioHttpTransport

from shared.clients import container
from shared.cosmos.items import PAGE_SIZE, Document


class Pace(AioHttpTransport):  # type: ignore[misc] # azure-core loads it late, without a type
    """Sends one request at a time, and the next when what the last one was charged has been earned.

    It lies below the SDK, so that every request counts, whoever makes it: a page of a query, a batch of `settle`, an
    event that is delivered, a second try. What a pause leaves unused is not made up for.
    """

    def __init__(self, units_per_second: float) -> None:
        super().__init__()
        self._units_per_second = units_per_second
        self._turn = asyncio.Lock()

    async def send(self, request: Any, **options: Any) -> Any:
        """Send a request; its answer is handed on when the next request may be sent.

        To wait afterwards keeps what is sent fresh: a request is signed for some minutes only.
        """
        async with self._turn:
            began = time.monotonic()
            response = await super().send(request, **options)
            charge = float(response.headers.get("x-ms-request-charge") or 0)
            await asyncio.sleep(began + charge / self._units_per_second - time.monotonic())
            return response


async def scan(container_id: str, text: str, parameters: Mapping[str, Any]) -> AsyncIterator[Document]:
    """The results of a query of all partitions, however many: a page is read when the one before has been used up."""
    results = container(container_id).query_items(
        text,
        parameters=[{"name": f"@{name}", "value": value} for name, value in parameters.items()],
        max_item_count=PAGE_SIZE,
    )
    async for result in results:
        yield result
