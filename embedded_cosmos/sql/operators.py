"""What the operators do to values; an operand of a wrong type makes the result undefined."""

import math
import operator
from collections.abc import Callable
from typing import Any

from embedded_cosmos.sql import pattern
from embedded_cosmos.sql.values import (
    LEAST,
    MOST,
    UNDEFINED,
    comparable,
    differs,
    equals,
    is_number,
    number_of,
    same,
    tidy,
)


def index(holder: Any, key: Any) -> Any:
    """`holder[key]`: a name in an object, a position in an array."""
    if type(holder) is dict and type(key) is str:
        return holder.get(key, UNDEFINED)
    if type(holder) is list and is_number(key):
        return holder[int(key)] if 0 <= key < len(holder) else UNDEFINED
    return UNDEFINED


def ordering(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    def apply(left: Any, right: Any) -> Any:
        if not comparable(left, right):
            return UNDEFINED
        if is_number(left):
            return compare(number_of(left), number_of(right))
        if left is None:
            return compare(0, 0)
        return compare(left, right)

    return apply


def arithmetic(compute: Callable[[Any, Any], float]) -> Callable[[Any, Any], Any]:
    """On two integers of 64 bits exactly, where the result is one; else on doubles."""

    def apply(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            return UNDEFINED
        one, other = number_of(left), number_of(right)
        if type(one) is int and type(other) is int:
            result = compute(one, other)
            if type(result) is int and LEAST <= result <= MOST:
                return result
        return tidy(compute(float(one), float(other)))

    return apply


def divide(left: float, right: float) -> float:
    if right == 0:
        return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)
    return left // right if type(left) is int and left % right == 0 else left / right


def modulo(left: float, right: float) -> float:
    """The remainder has the sign of what is divided."""
    if right == 0 or math.isinf(left):
        return math.nan
    if type(left) is int:
        return abs(left) % abs(right) if left >= 0 else -(abs(left) % abs(right))
    return math.fmod(left, right)


def bitwise(compute: Callable[[int, int], int]) -> Callable[[Any, Any], Any]:
    """On integers of 32 bits, as JavaScript has it."""

    def apply(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            return UNDEFINED
        return int32(compute(int32(left), int32(right)))

    return apply


def int32(value: float) -> int:
    """The low 32 bits of a double's whole part, with their sign."""
    number = float(number_of(value))
    return ((int(number) + 2**31) & 0xFFFFFFFF) - 2**31 if math.isfinite(number) else 0


def shift(compute: Callable[[int, int], int]) -> Callable[[Any, Any], Any]:
    return bitwise(lambda left, right: compute(left, right & 31))


def negation(value: Any) -> Any:
    return not value if type(value) is bool else UNDEFINED


def minus(value: Any) -> Any:
    return tidy(-number_of(value)) if is_number(value) else UNDEFINED


def plus(value: Any) -> Any:
    return value if is_number(value) else UNDEFINED


def complement(value: Any) -> Any:
    return ~int32(value) if is_number(value) else UNDEFINED


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
    "<<": shift(operator.lshift),
    ">>": shift(operator.rshift),
    ">>>": shift(lambda left, right: (left & 0xFFFFFFFF) >> right),
}
