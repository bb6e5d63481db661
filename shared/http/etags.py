"""ETags of single items, and the If-Match header that makes a write conditional."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from shared.cosmos.items import own_fields
from shared.errors import ApiError

# Made once: `json.dumps` with options makes one for each call.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def etag_of(document: Mapping[str, Any]) -> str:
    """The entity tag of an item as stored: a digest of its own fields.

    The database's `_etag` can't be used. The running entry is answered from its copy in the timeline document, and of a
    write whose answer was lost nobody knows the `_etag`.
    """
    text = _ENCODER.encode(own_fields(document))
    return f'"{blake2b(text.encode(), digest_size=12).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class Precondition:
    """The condition of If-Match: the item must have one of these entity tags. None: there is no condition."""

    tags: frozenset[str] | None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Precondition":
        header = headers.get("if-match", "").strip()
        return cls(frozenset(tag.strip() for tag in header.split(",")) if header else None)

    def check(self, document: Mapping[str, Any]) -> None:
        """Raises ApiError 412 if the item has changed since the client read it."""
        if self.tags is not None and not self.tags & {"*", etag_of(document)}:
            raise ApiError(412, "precondition_failed", "The item has changed since you read it")


# What holds for a call that takes no If-Match.
UNCONDITIONAL = Precondition(None)
