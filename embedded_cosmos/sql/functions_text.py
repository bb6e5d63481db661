"""String functions. Whatever counts characters is refused beyond the basic plane, where services and Python differ."""

import json
import re
from collections.abc import Callable
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from embedded_cosmos.sql.errors import SqlError, Unsupported
from embedded_cosmos.sql.functions_math import is_integer
from embedded_cosmos.sql.values import EXACT, UNDEFINED, is_number, tidy

LONGEST = 10_000


def on_text(apply: Callable[..., Any]) -> Callable[..., Any]:
    """All arguments have to be strings."""

    def checked(*arguments: Any) -> Any:
        return apply(*arguments) if all(type(argument) is str for argument in arguments) else UNDEFINED

    return checked


def counted(text: str) -> str:
    if not text.isascii() and max(text) > "\uffff":
        raise Unsupported("counting characters in a string with characters beyond U+FFFF")
    return text


def lower(text: str) -> str:
    return text.lower() if text.isascii() else "".join(simple(c, c.lower()) for c in text)


def upper(text: str) -> str:
    return text.upper() if text.isascii() else "".join(simple(c, c.upper()) for c in text)


def simple(character: str, changed: str) -> str:
    """Case is changed one character for one, as .NET does it."""
    return changed if len(changed) == 1 else character


def test(compare: Callable[[str, str], bool]) -> Callable[..., Any]:
    """CONTAINS and its like: two strings, and whether to ignore case."""

    def apply(value: Any, part: Any, ignore_case: Any = False) -> Any:
        if type(value) is not str or type(part) is not str or type(ignore_case) is not bool:
            return UNDEFINED
        return compare(lower(value), lower(part)) if ignore_case else compare(value, part)

    return apply


FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}


def matches(text: Any, pattern: Any, flags: Any = "") -> Any:
    """REGEXMATCH: whether the pattern occurs in the text."""
    if not all(type(argument) is str for argument in (text, pattern, flags)) or not set(flags) <= FLAGS.keys():
        return UNDEFINED
    return expression_of(pattern, flags).search(text) is not None


@lru_cache(maxsize=256)
def expression_of(pattern: str, flags: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, reduce(or_, (FLAGS[flag] for flag in flags), re.RegexFlag(0)))
    except re.error as error:
        raise SqlError(f"The regular expression '{pattern}' is invalid: {error}") from None


def concat(*parts: Any) -> Any:
    return "".join(parts) if all(type(part) is str for part in parts) else UNDEFINED


def replace(text: Any, old: Any, new: Any) -> Any:
    if not all(type(argument) is str for argument in (text, old, new)) or not old:
        return UNDEFINED
    return text.replace(old, new)


def substring(text: Any, start: Any, length: Any) -> Any:
    if type(text) is not str or not is_number(start) or not is_number(length):
        return UNDEFINED
    if not is_integer(start) or not is_integer(length):
        return UNDEFINED if text else ""
    if start < 0 or length <= 0:
        return ""
    return counted(text)[int(start) : int(start + length)]


def left(text: Any, length: Any) -> Any:
    return substring(text, 0, length)


def right(text: Any, length: Any) -> Any:
    if type(text) is not str or not is_number(length) or not is_integer(length):
        return UNDEFINED
    return substring(text, max(len(counted(text)) - length, 0), len(text))


def index_of(text: Any, part: Any, start: Any = 0) -> Any:
    if type(text) is not str or type(part) is not str or not is_number(start) or not is_integer(start):
        return UNDEFINED
    if start < 0:
        raise Unsupported("INDEX_OF with a negative start")
    return counted(text).find(counted(part), int(start))


def replicate(text: Any, count: Any) -> Any:
    if type(text) is not str or not is_number(count) or not is_integer(count):
        return UNDEFINED
    return text * int(count) if count >= 0 and len(text) * count <= LONGEST else UNDEFINED


def to_string(value: Any) -> Any:
    if value is UNDEFINED or type(value) is str:
        return value
    if type(value) is bool or value is None:
        return json.dumps(value)
    if not is_number(value):
        raise Unsupported("TOSTRING of an array or an object")
    if is_integer(value) and abs(value) <= EXACT:
        return str(int(value))
    shown = repr(value)
    if "e" in shown or len(shown.strip("-")) > 16:
        raise Unsupported("TOSTRING of a number with more than 15 digits")
    return shown


def parsed(*kinds: type) -> Callable[[str], Any]:
    """A string read as JSON of one type; undefined if it is something else."""

    def apply(text: str) -> Any:
        try:
            value = json.loads(text, parse_constant=refuse_constant)
        except ValueError:
            return UNDEFINED
        if type(value) not in kinds:
            return UNDEFINED
        return tidy(value) if type(value) is float else value

    return apply


def refuse_constant(name: str) -> float:
    """Python would read NaN and Infinity, which are no JSON."""
    raise ValueError(name)


def split(text: str, separator: str) -> list[str]:
    if not separator:
        raise Unsupported("STRINGSPLIT by an empty string")
    return text.split(separator)


def join(items: Any, separator: Any) -> Any:
    if type(items) is not list or type(separator) is not str or not all(type(item) is str for item in items):
        return UNDEFINED
    return separator.join(items)


TESTS: dict[str, Callable[..., Any]] = {
    "CONTAINS": test(lambda value, part: part in value),
    "STARTSWITH": test(str.startswith),
    "ENDSWITH": test(str.endswith),
    "STRINGEQUALS": test(lambda value, other: value == other),
}
OF_ONE: dict[str, Callable[..., Any]] = {
    "LENGTH": on_text(lambda text: len(counted(text))),
    "LOWER": on_text(lower),
    "UPPER": on_text(upper),
    "LTRIM": on_text(str.lstrip),
    "RTRIM": on_text(str.rstrip),
    "TRIM": on_text(str.strip),
    "REVERSE": on_text(lambda text: counted(text)[::-1]),
    "TOSTRING": to_string,
    "STRINGTONUMBER": on_text(parsed(int, float)),
    "STRINGTOBOOLEAN": on_text(parsed(bool)),
    "STRINGTONULL": on_text(parsed(type(None))),
    "STRINGTOARRAY": on_text(parsed(list)),
    "STRINGTOOBJECT": on_text(parsed(dict)),
}
OF_TWO: dict[str, Callable[..., Any]] = {
    "LEFT": left,
    "RIGHT": right,
    "REPLICATE": replicate,
    "STRINGSPLIT": on_text(split),
    "STRINGJOIN": join,
}
