"""How work by hand reaches the database: whatever there is of it, those who clock in go first."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from azure.core.pipeline.transport import AioHttpTransport

from shared.clients import container
from shared.cosmos.items import PAGE_SIZE, Document

IS_BATCH = "x-ms-cosmos-is-batch-request"


class Pace(AioHttpTransport):  # type: ignore[misc] # azure-core loads it late, without a type
    """Sends one request at a time, and the next when what was charged until then has been earned.

    It lies below the SDK, so that every request counts, whoever makes it: a page of a query, a batch of `settle`, an
    event that is delivered, a second try. What a pause leaves unused is not made up for.

    Only a batch goes at once: held back, it would lose every race against those who clock in. It and the reads that it
    rests on are earned before the next read.
    """

    def __init__(self, units_per_second: float) -> None:
        super().__init__()
        self._units_per_second = units_per_second
        self._turn = asyncio.Lock()
        self._earned_at = 0.0

    async def send(self, request: Any, **options: Any) -> Any:
        """Send a request when it is time."""
        async with self._turn:
            if IS_BATCH not in request.headers:
                await asyncio.sleep(self._earned_at - time.monotonic())
            began = time.monotonic()
            response = await super().send(request, **options)
            charge = float(response.headers.get("x-ms-request-charge") or 0)
            self._earned_at = max(began, self._earned_at) + charge / self._units_per_second
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
