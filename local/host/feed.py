"""Reads the change feed of one feed range, page by page."""

from collections.abc import Mapping
from typing import Any, Literal

from azure.cosmos.aio import ContainerProxy


class FeedReader:
    """Where reading stands in one feed range."""

    def __init__(
        self,
        container: ContainerProxy,
        feed_range: Mapping[str, Any],
        start: Literal["Now", "Beginning"],
        continuation: str | None,
        batch_size: int,
    ) -> None:
        self._container = container
        self._feed_range = dict(feed_range)
        self._start = start
        self._batch_size = batch_size
        self.continuation = continuation

    async def next_page(self) -> tuple[list[dict[str, Any]], str]:
        """Give the changes after the last `continuation`, and the one after them; an empty page means none for now."""
        seen: list[Mapping[str, Any]] = []
        # The paging object reads the continuation off the client, where a concurrent call may have put another's.
        options: dict[str, Any] = {
            "max_item_count": self._batch_size,
            "response_hook": lambda headers, _body: seen.append(headers),
        }
        if self.continuation is None:
            options |= {"feed_range": self._feed_range, "start_time": self._start}
        else:
            options |= {"continuation": self.continuation}
        documents: list[dict[str, Any]] = []
        async for page in self._container.query_items_change_feed(**options).by_page():
            documents = [document async for document in page]
            break
        return documents, str(seen[-1]["etag"])
