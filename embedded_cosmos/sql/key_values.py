"""Which values of the partition key a query's condition leaves: a client need not ask the other ranges."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.columns import Path, path_of
from embedded_cosmos.sql.parser import parse
from embedded_cosmos.sql.scope import Scope
from embedded_cosmos.sql.selection import root_of
from embedded_cosmos.sql.values import UNDEFINED, canonical

# A query that names more keys than this asks every range.
MOST_KEYS = 1000
_Values = dict[str, Any] | None


def key_values(text: str, parameters: Mapping[str, Any], paths: Sequence[Path]) -> list[list[Any]] | None:
    """The keys, or prefixes of a hierarchical key, that matching items can have; None where any key can match."""
    query = parse(text)
    if not query.bindings:
        return []
    root = root_of(query)
    if query.where is None or not root:
        return None
    known = [_Finder(Scope({}, parameters, 0), root, path).values(query.where) for path in paths]
    if {} in known:
        return []
    leading: list[list[Any]] = []
    for values in known:
        if values is None:
            break
        leading.append(list(values.values()))
    keys = [list(key) for key in product(*leading)] if leading else None
    return keys if keys is not None and len(keys) <= MOST_KEYS else None


class _Finder:
    """The values that one path can have where a condition is true, by their canonical texts; None for any."""

    def __init__(self, scope: Scope, root: str, path: Path) -> None:
        self._scope = scope
        self._root = root
        self._path = path

    def values(self, condition: nodes.Expr) -> _Values:  # noqa: PLR0911 - one return for each kind of condition
        match condition:
            case nodes.Parenthesis():
                return self.values(condition.inner)
            case nodes.Constant():
                return None if condition.value is True else {}
            case nodes.Logic():
                found = [self.values(part) for part in condition.parts]
                return _common(found) if condition.operator == "AND" else _either(found)
            case nodes.Binary(operator="="):
                if self._is_key(condition.left):
                    return self._known([condition.right])
                return self._known([condition.left]) if self._is_key(condition.right) else None
            case nodes.In():
                return self._known(condition.items) if self._is_key(condition.operand) else None
            case nodes.Call(function="ARRAY_CONTAINS", arguments=(nodes.ArrayOf() as known, item)):
                return self._known(known.items) if self._is_key(item) else None
        return None

    def _is_key(self, expression: nodes.Expr) -> bool:
        return path_of(expression, self._root) == self._path

    def _known(self, expressions: Sequence[nodes.Expr]) -> _Values:
        try:
            values = [self._scope.constant(expression) for expression in expressions]
        except KeyError:
            return None
        if any(isinstance(value, list | dict) for value in values):
            return None
        return {canonical(value): value for value in values if value is not UNDEFINED}


def _common(found: list[_Values]) -> _Values:
    known = [values for values in found if values is not None]
    if not known:
        return None
    return {text: value for text, value in known[0].items() if all(text in other for other in known[1:])}


def _either(found: list[_Values]) -> _Values:
    merged: dict[str, Any] = {}
    for values in found:
        if values is None:
            return None
        merged |= values
    return merged
