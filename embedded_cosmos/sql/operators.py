"""What the operators do to values; an operand of a wrong type makes the result undefined."""

import math
import operator
from collections.abc import Callable
from typing import Any

from embedded_cosmos.sql import pattern
from embedded_cosmos.sql.errors import Unsupported
from embedded_cosmos.sql.functions_math import is_integer
from embedded_cosmos.sql.values import UNDEFINED, comparable, differs, double, equals, is_number, same, tidy


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


INT32 = range(-(2**31), 2**31)


def bitwise(compute: Callable[[int, int], int]) -> Callable[[Any, Any], Any]:
    """On 32-bit integers, as JavaScript has it; what would have to be cut to 32 bits is refused."""

    def apply(left: Any, right: Any) -> Any:
        if not (is_number(left) and is_number(right)):
            return UNDEFINED
        return checked(compute(checked(left), checked(right)))

    return apply


def checked(value: float) -> int:
    if not is_integer(value) or int(value) not in INT32:
        raise Unsupported("a bitwise operator beyond integers of 32 bits")
    return int(value)


def shift(compute: Callable[[int, int], int]) -> Callable[[Any, Any], Any]:
    def by_less_than_32(left: int, right: int) -> int:
        if not 0 <= right < 32:
            raise Unsupported("a shift by less than 0 or more than 31 bits")
        return compute(left, right)

    return bitwise(by_less_than_32)


def negation(value: Any) -> Any:
    return not value if type(value) is bool else UNDEFINED


def minus(value: Any) -> Any:
    return tidy(-float(double(value))) if is_number(value) else UNDEFINED


def plus(value: Any) -> Any:
    return value if is_number(value) else UNDEFINED


def complement(value: Any) -> Any:
    return ~checked(value) if is_number(value) else UNDEFINED


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
