"""The built-in functions by name: how many arguments each takes, and what it does to their values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from embedded_cosmos.sql import functions_array as arrays
from embedded_cosmos.sql import functions_date as dates
from embedded_cosmos.sql import functions_math as maths
from embedded_cosmos.sql import functions_text as texts
from embedded_cosmos.sql.values import UNDEFINED, is_number

ANY_NUMBER = 1000


@dataclass(frozen=True)
class Function:
    """`once` is for what has one value throughout a query: the current time."""

    apply: Callable[..., Any]
    least: int
    most: int
    once: bool = False


def taking(least: int, most: int, functions: dict[str, Callable[..., Any]]) -> dict[str, Function]:
    return {name: Function(apply, least, most) for name, apply in functions.items()}


def choose(when: Any, then: Any, otherwise: Any) -> Any:
    return then if when is True else otherwise


TYPE_TESTS: dict[str, Callable[..., Any]] = {
    "IS_DEFINED": lambda value: value is not UNDEFINED,
    "IS_NULL": lambda value: value is None,
    "IS_BOOL": lambda value: type(value) is bool,
    "IS_NUMBER": is_number,
    "IS_FINITE_NUMBER": lambda value: is_number(value) and maths.is_finite(value),
    "IS_INTEGER": lambda value: is_number(value) and maths.is_integer(value),
    "IS_STRING": lambda value: type(value) is str,
    "IS_ARRAY": lambda value: type(value) is list,
    "IS_OBJECT": lambda value: type(value) is dict,
    "IS_PRIMITIVE": lambda value: value is None or type(value) in (bool, int, float, str),
}

FUNCTIONS: dict[str, Function] = {
    **taking(1, 1, TYPE_TESTS),
    **taking(3, 3, {"IIF": choose}),
    **taking(1, 1, texts.OF_ONE),
    **taking(2, 2, texts.OF_TWO),
    **taking(2, 3, texts.TESTS),
    **taking(2, 3, {"REGEXMATCH": texts.matches}),
    **taking(2, ANY_NUMBER, {"CONCAT": texts.concat}),
    **taking(3, 3, {"REPLACE": texts.replace, "SUBSTRING": texts.substring}),
    **taking(1, 2, texts.TRIMS),
    **taking(2, 3, {"INDEX_OF": texts.index_of}),
    **taking(0, 0, {"PI": maths.pi}),
    **taking(1, 1, maths.OF_ONE),
    **taking(2, 2, maths.OF_TWO),
    **taking(1, 2, {"LOG": maths.logarithm, "ROUND": maths.rounded_to}),
    **taking(1, 1, {"ARRAY_LENGTH": arrays.length}),
    **taking(1, 3, {"OBJECTTOARRAY": arrays.pairs}),
    **taking(2, 2, {"SETINTERSECT": arrays.intersection, "SETUNION": arrays.union}),
    **taking(2, 3, {"ARRAY_CONTAINS": arrays.contains, "ARRAY_SLICE": arrays.piece}),
    **taking(2, ANY_NUMBER, {"ARRAY_CONCAT": arrays.concat, "CHOOSE": arrays.choose}),
    **taking(2, ANY_NUMBER, {"ARRAY_CONTAINS_ANY": arrays.contains_any, "ARRAY_CONTAINS_ALL": arrays.contains_all}),
    **taking(1, 1, dates.OF_ONE),
    **taking(2, 2, {"DATETIMEPART": dates.part_of}),
    **taking(3, 3, {"DATETIMEADD": dates.add, "DATETIMEDIFF": dates.difference}),
    **taking(3, 7, {"DATETIMEFROMPARTS": dates.from_parts}),
    **{name: Function(apply, 0, 0, once=True) for name, apply in dates.NOW.items()},
}
