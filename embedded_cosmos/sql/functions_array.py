"""Functions of arrays."""

from typing import Any

from embedded_cosmos.sql.functions_math import is_integer
from embedded_cosmos.sql.values import UNDEFINED, canonical, is_number, same


def length(array: Any) -> Any:
    return len(array) if type(array) is list else UNDEFINED


def contains(array: Any, wanted: Any, partial: Any = False) -> Any:
    """`partial`: an object is found if an element has all of its fields."""
    if type(array) is not list or wanted is UNDEFINED or type(partial) is not bool:
        return UNDEFINED
    if partial and type(wanted) is dict:
        return any(
            type(item) is dict and all(key in item and same(item[key], value) for key, value in wanted.items())
            for item in array
        )
    return any(same(item, wanted) for item in array)


def contains_any(array: Any, *wanted: Any) -> Any:
    if type(array) is not list or UNDEFINED in wanted:
        return UNDEFINED
    return any(contains(array, value) for value in wanted)


def contains_all(array: Any, *wanted: Any) -> Any:
    if type(array) is not list or UNDEFINED in wanted:
        return UNDEFINED
    return all(contains(array, value) for value in wanted)


def concat(*arrays: Any) -> Any:
    if not all(type(array) is list for array in arrays):
        return UNDEFINED
    return [item for array in arrays for item in array]


def piece(array: Any, start: Any, count: Any = None) -> Any:
    """A negative start counts from the end."""
    if type(array) is not list or not is_number(start) or not is_integer(start):
        return UNDEFINED
    if count is None:
        count = len(array)
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
    return [item for item in unique(left) if contains(right, item)]


def union(left: Any, right: Any) -> Any:
    return unique(left + right) if type(left) is list and type(right) is list else UNDEFINED


def choose(place: Any, *items: Any) -> Any:
    """The item at a place, counted from 1."""
    if not is_number(place) or not is_integer(place) or not 1 <= place <= len(items):
        return UNDEFINED
    return items[int(place) - 1]


def pairs(value: Any) -> Any:
    return [{"k": key, "v": item} for key, item in value.items()] if type(value) is dict else UNDEFINED
