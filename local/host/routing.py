"""Which function answers a path: route templates as ASP.NET Core reads them, in the order of the Functions host."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import Generic, TypeVar
from urllib.parse import unquote
from uuid import UUID

from local.host.errors import HostError

T = TypeVar("T")

_PARAMETER = re.compile(r"\{(?P<all>\*{0,2})(?P<name>\w+)(?::(?P<constraint>[^{}?]+))?(?P<optional>\?)?\}")
_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)
# What `surrogateescape` makes of a byte that is no UTF-8.
_STRAY_BYTE = re.compile("[\udc80-\udcff]")


def _is_guid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _is_integer(bits: int) -> Callable[[str], bool]:
    limit = 1 << (bits - 1)
    return lambda text: re.fullmatch(r"[+-]?[0-9]{1,19}", text) is not None and -limit <= int(text) < limit


_CONSTRAINTS: dict[str, Callable[[str], bool]] = {
    "guid": _is_guid,
    "int": _is_integer(32),
    "long": _is_integer(64),
    "alpha": lambda text: text.isascii() and text.isalpha(),
    "bool": lambda text: text.lower() in {"true", "false"},
}


@dataclass(frozen=True)
class Segment:
    """One part of a template between slashes: a literal, or a parameter."""

    text: str
    is_parameter: bool = False
    is_optional: bool = False
    is_catch_all: bool = False
    constraint: str | None = None

    @classmethod
    def parse(cls, text: str, template: str) -> "Segment":
        if "{" not in text and "}" not in text:
            return cls(text)
        match = _PARAMETER.fullmatch(text)
        if match is None:
            raise HostError(f"route {template!r}: this host does not support the segment {text!r}")
        constraint = match["constraint"]
        if constraint is not None and constraint not in _CONSTRAINTS:
            raise HostError(f"route {template!r}: this host does not support the constraint {constraint!r}")
        return cls(match["name"], True, bool(match["optional"]), bool(match["all"]), constraint)

    def accepts(self, value: str) -> bool:
        if not self.is_parameter:
            return value.casefold() == self.text.casefold()
        return self.constraint is None or _CONSTRAINTS[self.constraint](value)


@dataclass(frozen=True)
class RequestPath:
    """A path as it came, cut at its slashes; between two of them that touch there is an empty segment."""

    segments: tuple[str, ...]
    has_trailing_slash: bool

    @cached_property
    def folded(self) -> tuple[str, ...]:
        """The segments as literals are compared: whatever their case."""
        return tuple(segment.casefold() for segment in self.segments)

    @classmethod
    def parse(cls, raw_path: str) -> "RequestPath":
        """Read a path. `.` and `..` are resolved first, escaped ones as well. Raises ValueError for a NUL."""
        parts = [_decoded(part) for part in raw_path.removeprefix("/").split("/")]
        segments: list[str] = []
        for part in parts:
            if "\0" in part:
                raise ValueError("a NUL in the path")
            if part == "..":
                del segments[-1:]
            elif part != ".":
                segments.append(part)
        # What ends with a dot segment names a folder, as what ends with a slash does.
        trailing = parts[-1] in {"", ".", ".."}
        if segments and not segments[-1] and parts[-1] == "":
            segments.pop()
        return cls(tuple(segments), trailing and bool(segments))

    def rest(self, start: int) -> str:
        """What a catch-all captures: everything to the end of the path, its trailing slash included, as in Azure."""
        return "/".join(self.segments[start:]) + ("/" if self.has_trailing_slash else "")


def _decoded(part: str) -> str:
    """Unescape a segment. An escaped slash, and bytes that are no UTF-8, stay as they are: Kestrel leaves them so."""
    text = unquote(_ENCODED_SLASH.sub(lambda match: "%25" + match[0][1:], part), errors="surrogateescape")
    return _STRAY_BYTE.sub(lambda match: f"%{ord(match[0]) - 0xDC00:02X}", text)


@dataclass(frozen=True)
class Template:
    """A whole route, prefix included."""

    segments: tuple[Segment, ...]

    @cached_property
    def beginning(self) -> tuple[str, ...]:
        """The literals that it begins with, as a path's are compared."""
        literals = takewhile(lambda segment: not segment.is_parameter, self.segments)
        return tuple(literal.text.casefold() for literal in literals)

    @classmethod
    def parse(cls, prefix: str, route: str) -> "Template":
        text = "/".join(part for part in (prefix, route.strip("/")) if part)
        segments = tuple(Segment.parse(part, text) for part in text.split("/")) if text else ()
        if any(segment.is_catch_all or segment.is_optional for segment in segments[:-1]):
            raise HostError(f"route {text!r}: only the last segment may be optional or take the rest of the path")
        return cls(segments)

    def match(self, path: RequestPath) -> dict[str, str] | None:
        """Give the route parameters, or None when the path is another's."""
        if path.folded[: len(self.beginning)] != self.beginning:
            return None
        found: dict[str, str] = {}
        for index, segment in enumerate(self.segments):
            if index >= len(path.segments):
                return found if segment.is_optional or segment.is_catch_all else None
            if not path.segments[index]:
                return None
            value = path.rest(index) if segment.is_catch_all else path.segments[index]
            if not segment.accepts(value):
                return None
            if segment.is_parameter:
                found[segment.text] = value
            if segment.is_catch_all:
                return found
        return found if len(path.segments) == len(self.segments) else None


@dataclass(frozen=True)
class Entry(Generic[T]):
    """One function's place in the table."""

    name: str
    template: Template
    methods: frozenset[str] | None
    target: T


class RouteTable(Generic[T]):
    """Every route, tried in the alphabetical order of the functions' names, whatever they look like."""

    def __init__(self, entries: Iterable[Entry[T]]) -> None:
        self._entries = sorted(entries, key=lambda entry: entry.name.lower())

    def find(self, method: str, path: RequestPath) -> tuple[T, dict[str, str]] | None:
        for entry in self._entries:
            if entry.methods is not None and method not in entry.methods:
                continue
            parameters = entry.template.match(path)
            if parameters is not None:
                return entry.target, parameters
        return None
