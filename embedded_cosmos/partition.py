"""Partition keys: their definition, and their values in headers and documents."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from embedded_cosmos.errors import PARTITION_KEY_MISMATCH, CosmosError, bad_request, unsupported
from embedded_cosmos.ring import effective_key

MISSING: dict[str, Any] = {}
# What the service gives a container that was made without a partition key.
NO_KEY: dict[str, Any] = {"paths": ["/_partitionKey"], "kind": "Hash", "version": 2, "systemKey": True}
_KEY_PATH = re.compile(r"""(/([\w-]+|"[^"]+"|'[^']+'))+""")
_MAX_VALUE_BYTES = 2048
_EXACT_INTEGERS = 2**53


@dataclass(frozen=True, slots=True)
class PartitionKey:
    """The value of one logical partition: its canonical text and its effective partition key."""

    text: str
    epk: str
    whole: bool = True


def incomplete_key() -> CosmosError:
    return bad_request(
        "Partition key provided either doesn't correspond to definition in the collection or doesn't match partition"
        " key field values specified in the document.",
        PARTITION_KEY_MISMATCH,
    )


def _check_path(path: str) -> None:
    """A name without quotes holds letters, digits, `_` and `-`; neither a wildcard nor a slash ends the path."""
    if not path.startswith("/"):
        raise bad_request(
            f"The partition key component definition path '{path}' could not be accepted: it does not start with '/'."
        )
    if not _KEY_PATH.fullmatch(path):
        raise bad_request(
            f"The partition key component definition path '{path}' could not be accepted. Partition key paths must"
            " contain only valid characters and not contain a trailing slash or wildcard character."
        )


def split_path(path: str) -> tuple[str, ...]:
    """Takes `/a/b` and `/"a b"/c` apart."""
    if not path.startswith("/"):
        raise bad_request(f"The path '{path}' does not start with '/'.")
    names, rest = [], path
    while rest:
        rest = rest[1:]
        if rest[:1] in ('"', "'"):
            end = rest.find(rest[0], 1)
            if end < 0:
                raise bad_request(f"The path '{path}' has a quote that is not closed.")
            names.append(rest[1:end])
            rest = rest[end + 1 :]
        else:
            end = rest.find("/") if "/" in rest else len(rest)
            names.append(rest[:end])
            rest = rest[end:]
        if rest and not rest.startswith("/"):
            raise bad_request(f"The path '{path}' is malformed.")
    if not all(names):
        raise bad_request(f"The path '{path}' has an empty segment.")
    return tuple(names)


def value_at(document: Any, names: Sequence[str]) -> Any:
    """The value at a path, `MISSING` when there is none."""
    for name in names:
        if not isinstance(document, dict) or name not in document:
            return MISSING
        document = document[name]
    return document


def canonical(value: Any) -> Any:
    """Numbers are doubles: 1 and 1.0 are the same key. Only -0.0 is none but its own: the SDK hashes its bytes."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_INTEGERS:
        return int(value) if value or math.copysign(1, value) > 0 else value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _EXACT_INTEGERS:
        return float(value)
    return value


def new_key(definition: dict[str, Any]) -> "KeyDefinition":
    """The key of a new container. A data file of an earlier edition may hold paths that are refused here."""
    paths = definition.get("paths")
    for path in paths if isinstance(paths, list) else ():
        if isinstance(path, str):
            _check_path(path)
    return KeyDefinition(definition)


class KeyDefinition:
    """A container's partition key: its paths, and how values become a place on the ring."""

    def __init__(self, definition: dict[str, Any]) -> None:
        paths = definition.get("paths")
        if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
            raise bad_request("The partition key definition needs 'paths'.")
        self.hierarchical = definition.get("kind", "Hash") == "MultiHash"
        # A definition that names no version is of the first; only a hierarchical key never is.
        self.version = definition.get("version", 2 if self.hierarchical else 1)
        self._check(definition, paths)
        self.paths = tuple(split_path(path) for path in paths)
        self.keyless = bool(definition.get("systemKey"))
        self._extracted = lru_cache(maxsize=4096)(self._of_text)
        # The place on the ring takes longer to calculate than all else, and each document of a batch has the same.
        self._placed = lru_cache(maxsize=4096)(self._at_place)

    def _check(self, definition: dict[str, Any], paths: list[str]) -> None:
        if definition.get("kind", "Hash") not in ("Hash", "MultiHash"):
            raise unsupported(f"The partition key kind {definition['kind']!r}")
        if self.version not in ((2,) if self.hierarchical else (1, 2)) or isinstance(self.version, bool):
            raise bad_request(f"The partition key version {self.version!r} is invalid (1 or 2; a hierarchy: 2).")
        if definition.get("systemKey") and paths != NO_KEY["paths"]:
            raise bad_request("A system partition key has the one path '/_partitionKey'.")
        if len(paths) > (3 if self.hierarchical else 1):
            raise bad_request("Too many partition key paths: a hierarchical key has at most three, any other has one.")
        if len(set(paths)) != len(paths):
            raise bad_request("The paths of a partition key must differ.")

    def of_header(self, header: str) -> PartitionKey:
        """The key that a request names; of a hierarchical key, it may be a prefix."""
        return self._extracted(header)

    def _of_text(self, header: str) -> PartitionKey:
        try:
            values = json.loads(header)
        except ValueError:
            values = None
        if not isinstance(values, list):
            raise bad_request(f"Partition key {header} is invalid.")
        if not values:
            if not self.keyless:
                raise incomplete_key()
            values = [MISSING]
        if len(values) > len(self.paths):
            raise bad_request("The partition key has more components than the container's definition.")
        return self._of_values(values)

    def of_document(self, document: dict[str, Any]) -> PartitionKey:
        """An object where the key should be counts as none."""
        found = [value_at(document, path) for path in self.paths]
        return self._of_values([MISSING if isinstance(value, dict) else value for value in found])

    def of(self, values: list[Any]) -> PartitionKey:
        """The key of these values, one for each path; of a hierarchical key, fewer make a prefix."""
        return self._of_values(values)

    def _of_values(self, values: list[Any]) -> PartitionKey:
        for value in values:
            if isinstance(value, list) or (isinstance(value, dict) and value):
                raise bad_request("A partition key value is a string, a number, a boolean, null, or missing.")
            if isinstance(value, str) and len(value) * 4 > _MAX_VALUE_BYTES < len(value.encode()):
                raise bad_request("A partition key value has at most 2048 bytes.")
        values = [canonical(value) for value in values]
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        return self._placed(text)

    def _at_place(self, text: str) -> PartitionKey:
        values = json.loads(text)
        return PartitionKey(text, effective_key(values, self.version), len(values) == len(self.paths))

    def checked(self, document: dict[str, Any], named: PartitionKey) -> None:
        """Refuses a document that belongs into another logical partition than the request says."""
        if not named.whole:
            raise incomplete_key()
        if self.of_document(document).text != named.text:
            message = "PartitionKey extracted from document doesn't match the one specified in the header."
            raise bad_request(message, PARTITION_KEY_MISMATCH)
