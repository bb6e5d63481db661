"""JSON values as Cosmos DB compares them: undefined, the order of types, equality, numbers as IEEE doubles."""

import json
import math
from enum import Enum
from typing import Any, Final

from embedded_cosmos.sql.errors import Unsupported


class Missing(Enum):
    """What a path yields that leads nowhere; neither null nor any other value."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Missing.UNDEFINED

UNDEFINED_RANK, NULL_RANK, FALSE_RANK, TRUE_RANK, NUMBER_RANK, STRING_RANK, ARRAY_RANK, OBJECT_RANK = range(8)
RANKS: dict[type, int] = {
    Missing: UNDEFINED_RANK,
    type(None): NULL_RANK,
    int: NUMBER_RANK,
    float: NUMBER_RANK,
    str: STRING_RANK,
    list: ARRAY_RANK,
    dict: OBJECT_RANK,
}
# Up to here every integer is a double.
EXACT: Final = 2**53
# What an integer can be without becoming a double.
LEAST, MOST = -(2**63), 2**63 - 1


def rank(value: Any) -> int:
    """The place of the value's type in the order that ORDER BY gives to types."""
    if value is True:
        return TRUE_RANK
    if value is False:
        return FALSE_RANK
    return RANKS[type(value)]


def is_number(value: Any) -> bool:
    return type(value) in (int, float)


def number_of(value: float) -> float:
    """The number as it is computed with: an integer of 64 bits, or a double."""
    if type(value) is int and not LEAST <= value <= MOST:
        try:
            return float(value)
        except OverflowError:
            return math.copysign(math.inf, value)
    return value


def number_from(text: str) -> float:
    """The number that a decimal text says."""
    # Python refuses to read integers of thousands of digits.
    return number_of(int(text)) if text.isdecimal() and len(text) < 20 else tidy(float(text))


def tidy(value: float) -> float:
    """A computed number as JSON shows it: whole ones without a decimal point."""
    if type(value) is float and value.is_integer() and -EXACT <= value <= EXACT:
        return int(value)
    return value


def same(left: Any, right: Any) -> bool:
    """Deep equality of two defined values; values of different types differ."""
    kind = rank(left)
    if kind != rank(right):
        return False
    if kind == NUMBER_RANK:
        return number_of(left) == number_of(right)
    if kind == ARRAY_RANK:
        return len(left) == len(right) and all(map(same, left, right))
    if kind == OBJECT_RANK:
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def equals(left: Any, right: Any) -> Any:
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    return same(left, right)


def differs(left: Any, right: Any) -> Any:
    if left is UNDEFINED or right is UNDEFINED:
        return UNDEFINED
    return not same(left, right)


def comparable(left: Any, right: Any) -> bool:
    """Whether <, <=, > and >= have an answer: two primitive values of one type."""
    kind, other = rank(left), rank(right)
    if kind == UNDEFINED_RANK or kind >= ARRAY_RANK:
        return False
    return kind == other or {kind, other} == {FALSE_RANK, TRUE_RANK}


def sort_key(value: Any) -> tuple[Any, ...]:
    """A key that sorts any value among all others; arrays and objects in a fixed order of their own."""
    kind = rank(value)
    if kind == NUMBER_RANK:
        return (kind, number_of(value))
    if kind == STRING_RANK:
        return (kind, value)
    if kind in (ARRAY_RANK, OBJECT_RANK):
        return (kind, canonical(value))
    return (kind,)


def canonical(value: Any) -> str:
    """A text that is equal for equal values, and only for those."""
    kind = rank(value)
    if kind == NUMBER_RANK:
        number = number_of(value)
        # A whole number is the same as a double and as an integer, and 0 the same as -0.
        return str(int(number)) if math.isfinite(number) and number == int(number) else repr(number)
    if kind == ARRAY_RANK:
        return f"[{','.join(map(canonical, value))}]"
    if kind == OBJECT_RANK:
        return "{" + ",".join(f"{json.dumps(key)}:{canonical(value[key])}" for key in sorted(value)) + "}"
    if kind == UNDEFINED_RANK:
        return "undefined"
    return json.dumps(value)


def write(value: Any) -> str:
    """The JSON text of a result."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError:
        raise Unsupported("a result that is not a finite number") from None
