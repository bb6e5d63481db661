"""ETags of single items, the If-Match header that makes a write conditional, and how a client's tags are read.

A proxy that compresses an answer changes its entity tag: nginx, HAProxy and Varnish make it weak (`W/"…"`), Apache and
Caddy add what they did (`"…-gzip"`, `"…-br"`, `"…-zstd"`), and all hand on what the client then sends. So a tag counts
in whatever form it comes back. RFC 9110 asks for more of If-Match (13.1.1: a strong comparison), because a weak tag may
stand for several states. Ours does not: in each form it holds the digest of one state, whole. So no update can be lost,
while behind such a proxy each conditional write would be refused for ever.
"""

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


def names(tags: str, etag: str) -> bool:
    """Whether the value of an If-Match or If-None-Match header names this entity tag, by a `*` or in any form.

    All tags of ours are digests of one length, so that none begins like another.
    """
    return tags.strip() == "*" or etag.removeprefix("W/").removesuffix('"') in tags


@dataclass(frozen=True, slots=True)
class Precondition:
    """The condition of If-Match: the item must have one of these entity tags. None: there is no condition."""

    tags: str | None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Precondition":
        return cls(headers.get("if-match", "").strip() or None)

    def check(self, document: Mapping[str, Any]) -> None:
        """Raises ApiError 412 if the item has changed since the client read it."""
        if self.tags is not None and not names(self.tags, etag_of(document)):
            raise ApiError(412, "precondition_failed", "The item has changed since you read it")


# What holds for a call that takes no If-Match.
UNCONDITIONAL = Precondition(None)
