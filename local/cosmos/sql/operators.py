"""What the operators do to values; an operand of a wrong type makes the result undefined."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from . import pattern
from .errors import Unsupported
from .functions_math import is_integer
from .values import EXACT, UNDEFINED, comparable, differs, double, equals, is_number, same, tidy


def index(holder: Any, key: Any) -> Any:
    """`holder[key]`: a name in an object, a position in an array."""
    if type(holder) is dict and type(key) is str:
        return holder.get(key, UNDEFINED)
    if type(holder) is list and is_number(key):
        if not is_integer(key) or key < 0:
            raise Unsupported("an array index that is negative or no integer")
        return holder[int(key)] if key < len(holder) else UNDEFINED
    return UNDEFINED


def ordering(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        if not comparable(left, right):
            return UNDEFINED
        if is_number(left):
            return compare(double(left), double(right))
        if left is None:
            return compare(0, 0)
        return compare(left, right)

    return apply


def arithmetic(compute: Callable[[float, float], float]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            return UNDEFINED
        return tidy(compute(float(double(left)), float(double(right))))

    return apply


def divide(left: float, right: float) -> float:
    if right == 0:
        return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)
    return left / right


def modulo(left: float, right: float) -> float:
    return math.nan if right == 0 or math.isinf(left) else math.fmod(left, right)


def int32(value: float) -> int:
    """A number as JavaScript's bitwise operators see it."""
    if not math.isfinite(value):
        return 0
    low = int(value) & 0xFFFFFFFF
    return low - 0x100000000 if low & 0x80000000 else low


def bitwise(compute: Callable[[int, int], int]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            return UNDEFINED
        if not (is_integer(left) and is_integer(right) and max(abs(left), abs(right)) < EXACT):
            raise Unsupported("a bitwise operator on a number that is no integer, or too large")
        return compute(int32(left), int32(right))

    return apply


def negation(value: Any) -> Any:
    return not value if type(value) is bool else UNDEFINED


def minus(value: Any) -> Any:
    return tidy(-float(double(value))) if is_number(value) else UNDEFINED


def plus(value: Any) -> Any:
    return value if is_number(value) else UNDEFINED


def complement(value: Any) -> Any:
    return ~int32(value) if is_number(value) else UNDEFINED


def unsupported(symbol: str) -> Callable[[Any, Any], Any]:
    def apply(_left: Any, _right: Any) -> Any:
        raise Unsupported(f"the operator {symbol}")

    return apply


def concatenate(left: Any, right: Any) -> Any:
    return left + right if type(left) is str and type(right) is str else UNDEFINED


def logic(parts: list[Callable[[Any], Any]], deciding: bool, row: Any) -> Any:
    """OR if true decides, AND if false does; else undefined, or anything that is no boolean, wins."""
    result: Any = not deciding
    for part in parts:
        value = part(row)
        if value is deciding:
            return deciding
        if type(value) is not bool:
            result = UNDEFINED
    return result


def contained(value: Any, items: list[Any]) -> Any:
    if value is UNDEFINED:
        return UNDEFINED
    return any(item is not UNDEFINED and same(value, item) for item in items)


def like(value: Any, wanted: Any, escape: str | None) -> Any:
    if type(value) is not str or type(wanted) is not str:
        return UNDEFINED
    return pattern.matches(value, wanted, escape)


UNARY: dict[str, Callable[[Any], Any]] = {"NOT": negation, "-": minus, "+": plus, "~": complement}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "=": equals,
    "!=": differs,
    "<": ordering(operator.lt),
    "<=": ordering(operator.le),
    ">": ordering(operator.gt),
    ">=": ordering(operator.ge),
    "+": arithmetic(operator.add),
    "-": arithmetic(operator.sub),
    "*": arithmetic(operator.mul),
    "/": arithmetic(divide),
    "%": arithmetic(modulo),
    "&": bitwise(operator.and_),
    "|": bitwise(operator.or_),
    "^": bitwise(operator.xor),
    "||": concatenate,
    "<<": unsupported("<<"),
    ">>": unsupported(">>"),
    ">>>": unsupported(">>>"),
}
