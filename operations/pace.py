"""Limits the request units of commands, so that people who clock in are never throttled by them."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from shared.clients import container
from shared.cosmos.items import PAGE_SIZE, Document
from shared.cosmos.transport import IS_BATCH, Transport


class Pace(Transport):
    """Sends one request at a time, and the next once the budget per second covers what was charged before.

    It sits below the SDK, so that every request counts: a page of a query, a batch of `settle`, a delivered event, a
    retry. Budget that a pause leaves unused is lost.

    Only a batch is sent at once: if it waited, it would lose every race against people who clock in. Its charge, and
    that of the reads before it, delay the next read.
    """

    def __init__(self, units_per_second: float) -> None:
        super().__init__()
        self._units_per_second = units_per_second
        self._turn = asyncio.Lock()
        self._earned_at = 0.0
        self._batch_went = False

    async def send(self, request: Any, **options: Any) -> Any:
        """Send a request when it is time."""
        async with self._turn:
            is_batch = IS_BATCH in request.headers
            if self._batch_went or not is_batch:
                await asyncio.sleep(self._earned_at - time.monotonic())
            self._batch_went = is_batch
            began = time.monotonic()
            response = await super().send(request, **options)
            charge = float(response.headers.get("x-ms-request-charge") or 0)
            self._earned_at = max(began, self._earned_at) + charge / self._units_per_second
            return response


async def scan(container_id: str, text: str, parameters: Mapping[str, Any]) -> AsyncIterator[Document]:
    """The results of a query of all partitions. A page is read when the one before is used up."""
    results = container(container_id).query_items(
        text,
        parameters=[{"name": f"@{name}", "value": value} for name, value in parameters.items()],
        max_item_count=PAGE_SIZE,
    )
    async for result in results:
        yield result
