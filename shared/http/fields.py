"""The marshmallow fields and the base schemas that every resource's schemas are made of, and what text may hold.

Unknown and read-only fields are ignored. In an optional field, `""` means null. A value of the wrong JSON type is
refused, not converted. Lengths are checked first: what is far too long costs no more work than that.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from unicodedata import combining, normalize

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing, post_load, pre_load, validate

from shared.ids import uuid_in
from shared.instants import DEFAULT_TIMEZONE_OFFSET, format_instant, parse_instant, whole_milliseconds

# Unicode's property White_Space. Python's `strip` would also take four control characters.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
    "\u202f\u205f\u3000"
)
# In a name, nothing ends a line; in other text, tab, LF, CR, U+0085, U+2028 and U+2029 are good.
CONTROLS_IN_NAMES = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
# Embeddings, overrides and isolates reorder the text around them.
DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
JOINERS = "\u200c\u200d"
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
# Unicode's property Default_Ignorable_Code_Point, and the anchors of annotations.
_INVISIBLE = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
SELECTOR = re.compile(f"[{_SELECTORS}]")
NEVER_SEEN = re.compile(f"(?![{JOINERS}{_SELECTORS}])[{_INVISIBLE}]")
# U+2800 is the empty cell of Braille: a space that is no white space.
SEEN = re.compile(f"[^{_INVISIBLE}{WHITE_SPACE}\u2800]")
# The longest run in Unicode's Stream-Safe Text Format. Python sorts a run in quadratic time: 6,000 take 0.2 s.
LONGEST_RUN_OF_MARKS = 30
# Text may be so many times longer than its NFC: no character decomposes into more.
LONGEST_DECOMPOSITION = 4

STATUSES = ("active", "inactive")
LONGEST_TIMEZONE_OFFSET = 840
LONGEST_NAME = 50
# For text whose field names no length, so that none is worth work without end.
LONGEST_TEXT = 2000
# Room for a date and time with an offset and any number of decimals that somebody may send.
LONGEST_INSTANT = 100
# What counts as absent in a query, because that is how clients write a variable that has no value.
ABSENT = {"", "undefined", "null"}


class Body(Schema):
    """A JSON body. In an optional field, null means the field's `load_default`, and so does `""`."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def empty_is_null(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        known = {name: field for name, field in self.load_fields.items() if name in data}
        return {name: None if data[name] == "" and not field.required else data[name] for name, field in known.items()}

    @post_load
    def null_is_default(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: self._default(name) if value is None else value for name, value in data.items()}

    def _default(self, name: str) -> Any:
        default = self.load_fields[name].load_default
        return default() if callable(default) else None if default is missing else default


class Query(Schema):
    """A query string: unknown parameters are ignored."""

    class Meta:
        unknown = EXCLUDE


class Answer(Schema):
    """What a call answers: all its fields and no others. A field without a value is null."""


class Item(Answer):
    """An answer that is one item: it has an ETag."""


def about(description: str, example: Any = missing, *, optional: bool = False) -> dict[str, Any]:
    """The metadata of a field, for the OpenAPI document. An answer may lack an `optional` field."""
    return {"description": description, "optional": optional} | ({} if example is missing else {"example": example})


def clean_text(text: str) -> str:
    """Text of several lines, in Unicode's NFC. Control characters other than tabs and line ends are refused.

    Raises ValueError with a sentence for people.
    """
    if CONTROLS.search(text):
        raise ValueError("Must not hold control characters.")
    return _normal(text)


def clean_name(text: str) -> str:
    """A name: trimmed, in NFC, without invisible characters except where a script or an emoji needs them.

    Otherwise two names could look alike and be different: one with a zero-width space in it, or with an accent of its
    own. What is kept are joiners between visible characters, and variation selectors after one. Refused are control
    characters, bidirectional controls, and what has no visible character.

    Raises ValueError with a sentence for people.
    """
    trimmed = text.strip(WHITE_SPACE)
    if CONTROLS_IN_NAMES.search(trimmed):
        raise ValueError("Must not hold control characters.")
    if DIRECTIONS.search(trimmed):
        raise ValueError("Must not hold characters that change the direction of text.")
    visible = _normal(_without_invisible(_normal(trimmed))).strip(WHITE_SPACE)
    if not SEEN.search(visible):
        raise ValueError("Must not be blank.")
    return visible


def _normal(text: str) -> str:
    if text.isascii():
        return text
    run = 0
    for character in text:
        run = run + 1 if combining(character) else 0
        if run > LONGEST_RUN_OF_MARKS:
            raise ValueError(f"Must not hold more than {LONGEST_RUN_OF_MARKS} combining characters in a row.")
    return normalize("NFC", text)


def _without_invisible(text: str) -> str:
    candidates = NEVER_SEEN.sub("", text)
    kept: list[str] = []
    # The last character that is kept and is no variation selector.
    base = ""
    for character, following in zip(candidates, candidates[1:] + " ", strict=False):
        if SELECTOR.match(character):
            if kept and SEEN.match(kept[-1]):
                kept.append(character)
        elif character not in JOINERS or (SEEN.match(base) and SEEN.match(following)):
            kept.append(character)
            base = character
    return "".join(kept)


class Text(fields.String):
    """Text of at most `longest` characters, by the rules of `clean_text`.

    It can be written as UTF-8: JSON can spell half of a surrogate pair, which is no text.
    """

    rules: Callable[[str], str] = staticmethod(clean_text)
    shortest: int | None = None

    def __init__(self, *, longest: int | None = None, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(self.shortest, longest), **kwargs)
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        given = super()._deserialize(value, attr, data, **kwargs)
        longest = LONGEST_TEXT if self.longest is None else self.longest
        if len(given) > longest * LONGEST_DECOMPOSITION:
            raise ValidationError(f"Longer than maximum length {longest}.")
        try:
            given.encode()
        except UnicodeEncodeError as error:
            raise ValidationError("Not valid Unicode text.") from error
        try:
            return self.rules(given)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Name(Text):
    """A name of 1 to `longest` characters, at least one of them visible, by the rules of `clean_name`."""

    rules: Callable[[str], str] = staticmethod(clean_name)
    shortest = 1

    def __init__(self, *, longest: int = LONGEST_NAME, **kwargs: Any) -> None:
        super().__init__(longest=longest, **kwargs)


class Choice(fields.String):
    """One of a few words. Generated clients know them by `enum`, the name of their schema in the OpenAPI document."""

    def __init__(self, enum: str, words: Sequence[str], **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(words), **kwargs)
        self.enum = enum
        self.words = words


class Id(fields.Field[str]):
    """A UUID of any version, in any case; kept in lower case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ARG002
        uuid = uuid_in(value)
        if uuid is None:
            raise ValidationError("Not a UUID.")
        return uuid


class Instant(fields.Field[datetime]):
    """An ISO 8601 date and time, as an aware UTC datetime in whole milliseconds; without an offset it is UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:  # noqa: ARG002
        try:
            text = value if isinstance(value, str) and len(value) <= LONGEST_INSTANT else ""
            return whole_milliseconds(parse_instant(text))
        except ValueError as error:
            raise ValidationError("Not an ISO 8601 date and time.") from error


class KeptInstant(Instant):
    """The same, as it is kept."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # type: ignore[override]
        return format_instant(super()._deserialize(value, attr, data, **kwargs))


class QueryInteger(fields.Integer):
    """A whole number in plain decimal digits: Python would also read `1_0`, and the digits of other scripts."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        text = str(value).strip()
        if not (text.isascii() and text.removeprefix("-").isdecimal()):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(text, attr, data, **kwargs)


class QueryBoolean(fields.Field[bool]):
    """`true` or `false` in a query."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:  # noqa: ARG002
        if value not in {"true", "false"}:
            raise ValidationError("Not true or false.")
        return bool(value == "true")


class Separator(fields.String):
    """A character that separates, in a query. A comma is a separator here, not an empty list."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        # The `$` of a pattern also stands before a line end, which nothing separates by.
        if text.endswith("\n"):
            raise self.make_error("invalid")
        return text


class Boolean(fields.Boolean):
    """JSON's true or false. Numbers and texts are refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:  # noqa: ARG002
        if not isinstance(value, bool):
            raise ValidationError("Not a boolean.")
        return value


class BoundedList(fields.List[Any]):
    """A list of at most `most` items. A longer one is refused before its items are looked at."""

    def __init__(self, inner: fields.Field[Any], *, most: int, **kwargs: Any) -> None:
        super().__init__(inner, **kwargs)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list) and len(value) > self.most:
            raise ValidationError(f"Longer than maximum length {self.most}.")
        return super()._deserialize(value, attr, data, **kwargs)


class Technologies(BoundedList):
    """At most 10 distinct names. Repeated and empty ones are dropped."""

    def __init__(self, **kwargs: Any) -> None:
        # A client may repeat each of them a few times.
        super().__init__(Name(longest=100), most=100, validate=validate.Length(max=10), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        given = [name for name in value if name != ""] if isinstance(value, list) and len(value) <= self.most else value
        return list(dict.fromkeys(super()._deserialize(given, attr, data, **kwargs)))


def given_parts(value: str) -> list[str]:
    """The parts of a comma list, without those that count as absent: empty, `undefined` and `null`."""
    parts = (part.strip() for part in value.split(","))
    return [part for part in parts if part not in ABSENT]


class CommaList(fields.Field[list[str]]):
    """A comma list in a query parameter, of ids or of the words given."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:  # noqa: ARG002
        parts = [part if part in self.words else uuid_in(part) for part in given_parts(str(value))]
        ids = [part for part in parts if part is not None]
        if len(ids) < len(parts):
            raise ValidationError("Not a UUID.")
        return ids


def offset_in_body() -> fields.Integer:
    """Minutes from local time to UTC in a body, as JavaScript's `getTimezoneOffset()` gives."""
    return fields.Integer(
        strict=True,
        allow_none=True,
        load_default=DEFAULT_TIMEZONE_OFFSET,
        validate=_OFFSETS,
        metadata=about(_OFFSET, DEFAULT_TIMEZONE_OFFSET),
    )


def offset_in_query() -> fields.Integer:
    """The same in a query; 300 when absent."""
    return QueryInteger(
        load_default=DEFAULT_TIMEZONE_OFFSET, validate=_OFFSETS, metadata=about(_OFFSET, DEFAULT_TIMEZONE_OFFSET)
    )


def status(description: str = "Whether it is in use.", **kwargs: Any) -> Choice:
    """`active` or `inactive`."""
    return Choice("Status", STATUSES, metadata=about(description), **kwargs)


_OFFSETS = validate.Range(-LONGEST_TIMEZONE_OFFSET, LONGEST_TIMEZONE_OFFSET)
_OFFSET = (
    "Minutes from local time to UTC, as JavaScript's `getTimezoneOffset()` returns: 300 in Ecuador, -60 in Berlin."
)
