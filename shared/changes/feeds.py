"""One logical partition's change feed, read page by page through the SDK, from a position that can be kept.

A position is the SDK's continuation: it holds the container's resource id, the partition's range of hashed keys and the
service's own mark, and goes on behind splits and merges of physical partitions. The SDK offers it as an attribute of
its pages, which it takes from the last answer to any request of the client. With several requests side by side that may
be another's, so that it is taken here from the headers of the answer itself, into which the SDK writes it.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.clients import container
from shared.cosmos.items import Document, Partition, database
from shared.errors import ApiError

GONE = ApiError(
    410, "cursor_gone", "This cursor is of a database that has been restored elsewhere; begin without a cursor"
)


class State(StrEnum):
    """What is known of what lies behind a feed's position."""

    AT_ITS_END = "end"
    TO_BE_ASKED = "ask"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class Page:
    """Documents that changed, the earliest change first, each in its latest version, and the position behind them."""

    documents: Sequence[Document]
    behind: str
    numbered_by: str
    is_full: bool


@dataclass(slots=True)
class Feed:
    """The feed of one partition, and how far it has been read.

    `continuation` is None at the feed's beginning. `shown` tells what of the page behind it has been passed on: the
    sequence number of the last document, the ids with that number, and the physical partition that numbers them.
    `asked_at` is the minute (POSIX) in which its end was last seen.
    """

    container_id: str
    partition: Partition
    continuation: str | None = None
    shown: tuple[int, tuple[str, ...], str] | None = None
    state: State = State.TO_BE_ASKED
    asked_at: int = 0

    async def page(self, size: int) -> Page | None:
        """What comes next, or None at the feed's end. It moves the position only there.

        The documents of one transaction come together, though they be more than `size`. Raises ApiError 410 where the
        container is not the one of the continuation, 429 or 503.
        """
        where: dict[str, Any] = {"continuation": self.continuation}
        if self.continuation is None:
            where = {"partition_key": self.partition, "start_time": "Beginning"}
        documents, headers = await self._read(size, where)
        if not documents:
            self.continuation, self.shown = headers["etag"], None
            return None
        numbered_by = str(headers.get("x-ms-documentdb-partitionkeyrangeid"))
        unseen = [document for document in documents if not self._has_shown(document, numbered_by)]
        return Page(unseen, headers["etag"], numbered_by, is_full=len(documents) >= size)

    def pass_by(self, page: Page, count: int) -> None:
        """Move behind the first `count` documents of a page that was read from here."""
        if count == len(page.documents):
            self.continuation, self.shown = page.behind, None
        elif count:
            last = page.documents[count - 1]["_lsn"]
            before = self.shown[1] if self.shown and self.shown[0] == last else ()
            ids = (document["id"] for document in page.documents[:count] if document["_lsn"] == last)
            self.shown = last, (*before, *ids), page.numbered_by

    async def go_to_its_end(self) -> None:
        """Move behind everything that is there now. Raises ApiError 429 or 503."""
        _, headers = await self._read(1, {"partition_key": self.partition, "start_time": "Now"})
        self.continuation, self.state = headers["etag"], State.AT_ITS_END

    def _has_shown(self, document: Document, numbered_by: str) -> bool:
        """Another physical partition numbers anew: then what has been shown comes once more."""
        if self.shown is None or self.shown[2] != numbered_by:
            return False
        last, ids, _ = self.shown
        return bool(document["_lsn"] < last or (document["_lsn"] == last and document["id"] in ids))

    async def _read(self, size: int, where: dict[str, Any]) -> tuple[list[Document], Mapping[str, Any]]:
        answers: list[Mapping[str, Any]] = []
        with database():
            try:
                found = container(self.container_id).query_items_change_feed(
                    max_item_count=size, response_hook=lambda headers, _: answers.append(headers), **where
                )
                page = await anext(found.by_page(), None)
                documents = [dict(document) async for document in page] if page is not None else []
            except ValueError as error:
                # The signature proves that the continuation is one of the SDK's. It refuses another container's.
                raise GONE from error
        if self.continuation and _is_of_another(self.continuation, answers[-1]):
            raise GONE
        return documents, answers[-1]


def _is_of_another(continuation: str, headers: Mapping[str, Any]) -> bool:
    """Whether a container answered that is not the continuation's.

    The SDK compares with what it remembers. Where a container was made anew since, under the same name, the service
    tells it so, and it sends the same request, with the same mark, to the new one.
    """
    answered_by = headers.get("x-ms-content-path")
    return answered_by is not None and answered_by != json.loads(packed(continuation))["containerRid"]


def packed(continuation: str) -> str:
    """A continuation as the JSON in it: what several of them share is compressed then."""
    return base64.b64decode(continuation).decode()


def unpacked(text: str) -> str:
    """The continuation again, letter by letter."""
    return base64.b64encode(text.encode()).decode()
