"""Which paths and composite indexes would serve a query: what the indexing policy has of them, and what it lacks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.aggregates import is_aggregate
from embedded_cosmos.sql.columns import Path, path_of
from embedded_cosmos.sql.computed import with_computed
from embedded_cosmos.sql.keyset import Key
from embedded_cosmos.sql.narrowing import MIRRORED
from embedded_cosmos.sql.nodes import Expr
from embedded_cosmos.sql.order import order_paths
from embedded_cosmos.sql.parser import parse
from embedded_cosmos.sql.policy import is_indexed, serves
from embedded_cosmos.sql.printing import printed
from embedded_cosmos.sql.reading import Source
from embedded_cosmos.sql.selection import root_of


class Single(NamedTuple):
    """An index of one path; `filter` is the condition that it serves, empty for an ORDER BY or the partition key."""

    path: Path
    filter: str = ""


@dataclass
class Utilization:
    """What served the query (`used`), and what would (`missing`)."""

    used: list[Single] = field(default_factory=list)
    missing: list[Single] = field(default_factory=list)
    used_composites: list[tuple[Key, ...]] = field(default_factory=list)
    missing_composites: list[tuple[Key, ...]] = field(default_factory=list)


def utilization(source: Source, text: str, key_paths: tuple[Path, ...]) -> Utilization:
    """`key_paths` are those of the partition key, where the request names one."""
    found = Utilization([Single(path) for path in key_paths])
    query = with_computed(parse(text), source.computed)
    root = root_of(query) if query.bindings else ""
    if not root:
        return found
    filters = list(_filters(query.where, root))
    # Groups and totals are not sorted by an index.
    order = [] if is_aggregate(query) else order_paths(query, root)
    for single in dict.fromkeys([*filters, *(Single(key.path) for key in order)]):
        (found.used if is_indexed(source.policy, single.path) else found.missing).append(single)
    _add_composite(found, source.policy, _equal_paths(query.where, root), order)
    return found


def _filters(condition: Expr | None, root: str) -> Iterator[Single]:
    """Every comparison and function of the condition that is about a path of the item."""
    match condition:
        case nodes.Parenthesis(inner=inner) | nodes.Unary(operand=inner):
            yield from _filters(inner, root)
        case nodes.Logic(parts=parts):
            for part in parts:
                yield from _filters(part, root)
        case nodes.Binary(operator=operator, left=left, right=right) if operator in MIRRORED:
            yield from _singles((left, right), condition, root)
        case nodes.In(operand=operand) | nodes.Between(operand=operand) | nodes.Like(operand=operand):
            yield from _singles((operand,), condition, root)
        case nodes.Call(arguments=arguments):
            yield from _singles(arguments, condition, root)


def _singles(expressions: tuple[Expr, ...], condition: Expr, root: str) -> Iterator[Single]:
    for expression in expressions:
        path = path_of(expression, root)
        if path is not None:
            yield Single(path, printed(condition))


def _equal_paths(condition: Expr | None, root: str) -> list[Path]:
    """The paths that all of the condition holds to one value."""
    match condition:
        case nodes.Parenthesis(inner=inner):
            return _equal_paths(inner, root)
        case nodes.Logic(operator="AND", parts=parts):
            return list(dict.fromkeys(path for part in parts for path in _equal_paths(part, root)))
        case nodes.Binary(operator="=", left=left, right=right):
            paths = (path_of(left, root), path_of(right, root))
            return [path for path in paths if path is not None]
    return []


def _add_composite(found: Utilization, policy: Mapping[str, Any], equal: list[Path], order: list[Key]) -> None:
    """One index over what is held to a value and what is sorted by, where that is more than one path."""
    sorted_by = [key for key in order if key.path not in equal]
    wanted = [*(Key(path, descending=False) for path in equal), *sorted_by]
    if len(order) > 1 and any(serves(index, order) for index in policy.get("compositeIndexes", [])):
        found.used_composites.append(tuple(order))
    elif len(wanted) > 1:
        served = any(serves(index, wanted) for index in policy.get("compositeIndexes", []))
        (found.used_composites if served else found.missing_composites).append(tuple(wanted))
