"""String functions. Whatever counts characters is refused beyond the basic plane, where services and Python differ."""

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from embedded_cosmos.sql.errors import SqlError, Unsupported
from embedded_cosmos.sql.functions_math import is_integer
from embedded_cosmos.sql.values import LEAST, MOST, UNDEFINED, is_number, number_from, number_of, tidy

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
        return UNDEFINED
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
        return -1
    return counted(text).find(counted(part), int(start))


def replicate(text: Any, count: Any) -> Any:
    if type(text) is not str or not is_number(count) or not is_integer(count):
        return UNDEFINED
    return text * int(count) if count >= 0 and len(text) * count <= LONGEST else UNDEFINED


def to_string(value: Any) -> Any:
    return value if value is UNDEFINED or type(value) is str else written(value)


def written(value: Any) -> str:
    """The JSON text of a value, with its numbers as C++ writes them."""
    if type(value) is list:
        return f"[{','.join(map(written, value))}]"
    if type(value) is dict:
        return "{" + ",".join(f"{written(key)}:{written(item)}" for key, item in value.items()) + "}"
    if not is_number(value):
        return json.dumps(value, ensure_ascii=False)
    number = number_of(value)
    if math.isfinite(number) and number == int(number) and LEAST <= number <= MOST:
        return str(int(number))
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    short = f"{number:.15g}"
    return short if float(short) == number else f"{number:.17g}"


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


NUMBER = re.compile(r"[ \t\r\n]*(-?)0*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[ \t\r\n]*", re.ASCII)


def to_number(text: str) -> Any:
    """A number as JSON has it, which may begin with zeros."""
    found = NUMBER.fullmatch(text)
    if found is None:
        return UNDEFINED
    sign, digits = found.groups()
    number = number_from(digits)
    return UNDEFINED if math.isinf(number) else -number if sign else number


def refuse_constant(name: str) -> float:
    """Python would read NaN and Infinity, which are no JSON."""
    raise ValueError(name)


def split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else [text]


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
    "REVERSE": on_text(lambda text: counted(text)[::-1]),
    "TOSTRING": to_string,
    "STRINGTONUMBER": on_text(to_number),
    "STRINGTOBOOLEAN": on_text(parsed(bool)),
    "STRINGTONULL": on_text(parsed(type(None))),
    "STRINGTOARRAY": on_text(parsed(list)),
    "STRINGTOOBJECT": on_text(parsed(dict)),
}
# Not U+001C to U+001F, which Python takes for blanks.
BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u180e\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
# Without a second argument they trim blanks, else each of its characters.
TRIMS: dict[str, Callable[..., Any]] = {
    "LTRIM": on_text(lambda text, characters=BLANKS: text.lstrip(characters)),
    "RTRIM": on_text(lambda text, characters=BLANKS: text.rstrip(characters)),
    "TRIM": on_text(lambda text, characters=BLANKS: text.strip(characters)),
}
OF_TWO: dict[str, Callable[..., Any]] = {
    "LEFT": left,
    "RIGHT": right,
    "REPLICATE": replicate,
    "STRINGSPLIT": on_text(split),
    "STRINGJOIN": join,
}
