"""Functions of arrays."""

from typing import Any

from embedded_cosmos.sql.functions_math import is_integer
from embedded_cosmos.sql.values import MOST, UNDEFINED, canonical, is_number, same


def length(array: Any) -> Any:
    return len(array) if type(array) is list else UNDEFINED


def contains(array: Any, wanted: Any, partial: Any = False) -> Any:
    """`partial`: an object is found if an element has all of its fields, and so on inside of it."""
    if type(array) is not list or wanted is UNDEFINED or type(partial) is not bool:
        return UNDEFINED
    return any(has(item, wanted) if partial else same(item, wanted) for item in array)


def has(item: Any, wanted: Any) -> bool:
    if type(item) is dict and type(wanted) is dict:
        return all(key in item and has(item[key], value) for key, value in wanted.items())
    if type(item) is list and type(wanted) is list:
        return len(item) == len(wanted) and all(map(has, item, wanted))
    return same(item, wanted)


def contains_any(array: Any, *wanted: Any) -> Any:
    """True if one is found, whatever the others are."""
    if type(array) is not list:
        return UNDEFINED
    found = [contains(array, value) for value in wanted]
    return True if True in found else UNDEFINED if UNDEFINED in found else False


def contains_all(array: Any, *wanted: Any) -> Any:
    """False if one is not found, whatever the others are."""
    if type(array) is not list:
        return UNDEFINED
    found = [contains(array, value) for value in wanted]
    return False if False in found else UNDEFINED if UNDEFINED in found else True


def concat(*arrays: Any) -> Any:
    if not all(type(array) is list for array in arrays):
        return UNDEFINED
    return [item for array in arrays for item in array]


def piece(array: Any, start: Any, count: Any = MOST) -> Any:
    """A negative start counts from the end."""
    if type(array) is not list or not is_number(start) or not is_integer(start):
        return UNDEFINED
    if not is_number(count) or not is_integer(count):
        return UNDEFINED
    first = int(start) if start >= 0 else max(len(array) + int(start), 0)
    return array[first : first + max(int(count), 0)]


def unique(items: list[Any]) -> list[Any]:
    first: dict[str, Any] = {}
    for item in items:
        first.setdefault(canonical(item), item)
    return list(first.values())


def intersection(left: Any, right: Any) -> Any:
    if type(left) is not list or type(right) is not list:
        return UNDEFINED
    shorter, longer = (left, right) if len(left) <= len(right) else (right, left)
    return [item for item in unique(shorter) if contains(longer, item)]


def union(left: Any, right: Any) -> Any:
    return unique(left + right) if type(left) is list and type(right) is list else UNDEFINED


def choose(place: Any, *items: Any) -> Any:
    """The item at a place, counted from 1."""
    if not is_number(place) or not is_integer(place) or not 1 <= place <= len(items):
        return UNDEFINED
    return items[int(place) - 1]


def pairs(value: Any, key_name: Any = "k", value_name: Any = "v") -> Any:
    if type(value) is not dict or type(key_name) is not str or type(value_name) is not str:
        return UNDEFINED
    return [{key_name: key, value_name: item} for key, item in value.items()]
