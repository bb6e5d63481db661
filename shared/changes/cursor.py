"""The cursor of `GET /changes`: how far each feed has been read, signed, and bound to its caller.

It holds the caller and, for each container, the state of its feed. A container that a cursor does not know yet is read
from its beginning, so that a cursor outlives versions which show more.
"""

import json
import zlib
from dataclasses import dataclass
from typing import Any, Self

from shared.auth.caller import Caller
from shared.changes.feeds import Feed, State, packed, unpacked
from shared.cosmos.containers import ACTIVITY, ADMINISTRATION, CUSTOMER, PROJECT, PROJECT_TYPE, TECHNOLOGY, TIME_ENTRY
from shared.errors import ApiError
from shared.http import cursors
from shared.secrets_key import NotOursError, Purpose, payload_of, signed

CATALOG = (CUSTOMER, PROJECT_TYPE, ACTIVITY, TECHNOLOGY, PROJECT)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The feeds: of the caller's own partition, of what announces catalog writes, and of the catalog's partitions."""

    own: Feed
    announced: Feed
    catalog: tuple[Feed, ...]

    @classmethod
    def first(cls, caller: Caller) -> Self:
        """Where everything is still to come."""
        return cls(
            Feed(TIME_ENTRY, [caller.tenant_id, caller.user_id]),
            Feed(ADMINISTRATION, caller.tenant_id),
            tuple(Feed(container_id, caller.tenant_id) for container_id in CATALOG),
        )

    @classmethod
    def of(cls, caller: Caller, text: str) -> Self:
        """Raises ValidationError for a text that `text` has not made, ApiError 403 for another caller's cursor."""
        try:
            payload = json.loads(zlib.decompress(payload_of(Purpose.CHANGES_CURSORS, text)))
        except NotOursError as error:
            raise cursors.malformed("cursor") from error
        if payload["of"] != [caller.tenant_id, caller.user_id]:
            raise ApiError(403, "cursor_of_another", "This cursor belongs to another user")
        cursor = cls.first(caller)
        for feed in cursor.feeds:
            _restore(feed, payload["feeds"].get(feed.container_id))
        return cursor

    @property
    def feeds(self) -> tuple[Feed, ...]:
        return self.own, self.announced, *self.catalog

    def text(self, caller: Caller) -> str:
        """The cursor as a text that needs no escaping in a query."""
        payload = {
            "of": [caller.tenant_id, caller.user_id],
            "feeds": {feed.container_id: _kept(feed) for feed in self.feeds},
        }
        text = json.dumps(payload, separators=(",", ":"))
        return signed(Purpose.CHANGES_CURSORS, zlib.compress(text.encode(), level=9))


def _kept(feed: Feed) -> list[Any]:
    return [feed.continuation and packed(feed.continuation), feed.shown, feed.state, feed.asked_at]


def _restore(feed: Feed, kept: list[Any] | None) -> None:
    if kept:
        continuation, shown, state, feed.asked_at = kept
        feed.continuation, feed.state = continuation and unpacked(continuation), State(state)
        feed.shown = shown and (shown[0], tuple(shown[1]), shown[2])
