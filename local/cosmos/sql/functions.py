"""The built-in functions, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .values import UNDEFINED, is_number, same


@dataclass(frozen=True)
class Function:
    apply: Callable[..., Any]
    least: int
    most: int


def text_test(test: Callable[[str, str], bool]) -> Callable[..., Any]:
    """CONTAINS and its like: two strings, and whether to ignore case."""

    def apply(value: Any, part: Any, ignore_case: Any = False) -> Any:
        if type(value) is not str or type(part) is not str or type(ignore_case) is not bool:
            return UNDEFINED
        return test(value.lower(), part.lower()) if ignore_case else test(value, part)

    return apply


def type_test(test: Callable[[Any], bool]) -> Function:
    return Function(test, 1, 1)


def array_contains(array: Any, wanted: Any, partial: Any = False) -> Any:
    if type(array) is not list or wanted is UNDEFINED or type(partial) is not bool:
        return UNDEFINED
    if partial and type(wanted) is dict:
        return any(
            type(item) is dict and all(key in item and same(item[key], value) for key, value in wanted.items())
            for item in array
        )
    return any(same(item, wanted) for item in array)


FUNCTIONS: dict[str, Function] = {
    "IS_DEFINED": type_test(lambda value: value is not UNDEFINED),
    "IS_NULL": type_test(lambda value: value is None),
    "IS_BOOL": type_test(lambda value: type(value) is bool),
    "IS_NUMBER": type_test(is_number),
    "IS_STRING": type_test(lambda value: type(value) is str),
    "IS_ARRAY": type_test(lambda value: type(value) is list),
    "IS_OBJECT": type_test(lambda value: type(value) is dict),
    "IS_PRIMITIVE": type_test(lambda value: value is None or type(value) in (bool, int, float, str)),
    "CONTAINS": Function(text_test(lambda value, part: part in value), 2, 3),
    "STARTSWITH": Function(text_test(str.startswith), 2, 3),
    "ENDSWITH": Function(text_test(str.endswith), 2, 3),
    "STRINGEQUALS": Function(text_test(lambda value, other: value == other), 2, 3),
    "ARRAY_CONTAINS": Function(array_contains, 2, 3),
}
