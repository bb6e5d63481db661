"""Where a client that merges several ranges left off in one of them: the `resumeFilter` of a query's body.

The .NET SDK sends it when ORDER BY is resumed from a continuation token: the values of ORDER BY's expressions in the
last row that it gave out and, for the range that this row came from, the row's own `_rid`.
"""

from dataclasses import dataclass
from typing import Any

from embedded_cosmos.sql.continuation import Rest
from embedded_cosmos.sql.errors import SqlError, Unsupported
from embedded_cosmos.sql.keyset import Key, Place
from embedded_cosmos.sql.values import ARRAY_RANK, UNDEFINED, rank

_LAST_ROW = 2**62


@dataclass(frozen=True)
class ResumeFilter:
    """`exclude`: only rows behind the values; else rows from them on, or, with a row, from that one on."""

    values: tuple[Any, ...]
    row: int | None
    exclude: bool

    def token(self, keys: list[Key]) -> Any:
        """The same as the token of a page that ended right before the first row wanted."""
        if len(self.values) != len(keys):
            raise SqlError("The resume filter does not have a value for each expression of ORDER BY.")
        descending = bool(keys) and keys[0].descending
        place = Place(tuple(_ranked(value) for value in self.values), self._row_before(descending=descending))
        return Rest(place, 0, None).token()

    def _row_before(self, *, descending: bool) -> int:
        first, last = (_LAST_ROW, 0) if descending else (0, _LAST_ROW)
        if self.row is not None:
            if self.exclude:
                return self.row
            return self.row + 1 if descending else self.row - 1
        return last if self.exclude else first


def _ranked(value: Any) -> tuple[int, Any]:
    kind = rank(value)
    if kind >= ARRAY_RANK:
        raise Unsupported("resuming ORDER BY at an array or an object")
    if value is UNDEFINED or value is None or isinstance(value, bool):
        return (kind, 0 if value is not True else 1)
    return (kind, value)
