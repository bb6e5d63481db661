"""`Idempotency-Key`: a POST that is sent again makes no second entry.

The entry's id is made of the owner and the key, so two calls with one key collide on it, in whatever instances they
are. The entry keeps a digest of what the call meant, in a field that is not its own: it is never answered, and is no
part of its ETag or its events.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID, uuid5

from shared.auth.caller import Caller
from shared.cosmos import items
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import Document
from shared.errors import ApiError
from shared.instants import format_instant
from shared.time_entries.entry import DEFAULTS, MEANING


@dataclass(frozen=True, slots=True)
class Key:
    """A key of one caller: the id of its entry, and a digest of what the call means."""

    entry_id: str
    meaning: str

    @classmethod
    def of(cls, caller: Caller, key: str, fields: Mapping[str, Any]) -> "Key":
        """The key as it came with these fields of an entry, as they were read from the body."""
        return cls(str(uuid5(UUID(caller.user_id), key)), _digest(fields))

    @property
    def mark(self) -> dict[str, str]:
        """What the entry keeps."""
        return {MEANING: self.meaning}

    async def made(self, caller: Caller) -> Document | None:
        """The entry that this key has made, as it is now: one point read. None when it has made none yet.

        Raises ApiError 422 when the key came with another meaning, 409 when the entry has been deleted since.
        """
        entry = await items.read(TIME_ENTRY, self.entry_id, [caller.tenant_id, caller.user_id])
        if entry is None:
            return None
        # An entry has no mark if an older version made or changed it, or if its text was erased.
        if entry.get(MEANING, self.meaning) != self.meaning:
            raise ApiError(
                422,
                "idempotency_key_reused",
                "This Idempotency-Key was used for a different time entry",
            )
        if not items.is_live(entry):
            raise ApiError(
                409,
                "idempotency_key_spent",
                "The time entry of this Idempotency-Key was deleted",
            )
        return entry


def _digest(fields: Mapping[str, Any]) -> str:
    # Without what is null: a field that a later version adds changes no digest.
    told = {name: value for name, value in fields.items() if name in DEFAULTS and value is not None}
    text = json.dumps(told, sort_keys=True, default=_text, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=12).hexdigest()


def _text(value: datetime) -> str:
    return format_instant(value)
