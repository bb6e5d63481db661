"""Partial updates: the operations of a patch request, applied to a document."""

import math
from typing import Any

from embedded_cosmos.errors import bad_request
from embedded_cosmos.partition import KeyDefinition

_MAX_OPERATIONS = 10
_SYSTEM = frozenset(("id", "_rid", "_self", "_etag", "_ts", "_attachments", "_lsn"))
KINDS = {
    "add": "add",
    "set": "set",
    "replace": "replace",
    "remove": "remove",
    "incr": "incr",
    "increment": "incr",
    "move": "move",
}


def patch(document: dict[str, Any], operations: Any, key: KeyDefinition) -> None:
    """Apply all operations to the document, in their order. One that is refused leaves it half changed."""
    if not isinstance(operations, list) or not operations:
        raise bad_request("A patch request needs at least one operation.")
    if len(operations) > _MAX_OPERATIONS:
        raise bad_request(f"The number of patch operations can't exceed '{_MAX_OPERATIONS}'.")
    for number, operation in enumerate(operations, start=1):
        if not isinstance(operation, dict) or str(operation.get("op", "")).lower() not in KINDS:
            raise bad_request(f"For Operation({number}): the patch operation is not one of {', '.join(KINDS)}.")
        _Operation(document, number, operation, key).apply()


class _Operation:
    def __init__(self, document: dict[str, Any], number: int, operation: dict[str, Any], key: KeyDefinition) -> None:
        self._document = document
        self._number = number
        self._operation = operation
        self._kind = KINDS[str(operation["op"]).lower()]
        self._key = key

    def apply(self) -> None:
        if self._kind == "move":
            value = self._taken(*self._target("from"))
            self._put(*self._target("path"), value)
        elif self._kind == "remove":
            self._taken(*self._target("path"))
        elif "value" in self._operation:
            self._put(*self._target("path"), self._operation["value"])
        else:
            raise self._refused("'value' is missing")

    def _refused(self, why: str) -> Exception:
        return bad_request(f"For Operation({self._number}): {self._kind} cannot be applied: {why}.")

    def _no_node(self, name: str) -> Exception:
        return bad_request(
            f"For Operation({self._number}): {self._kind.capitalize()} Operation can only create a child object of an"
            f" existing node(array or object) and cannot create path recursively, no path found beyond: '{name}'."
        )

    def _names(self, field: str) -> tuple[str, ...]:
        path = self._operation.get(field)
        if not isinstance(path, str) or not path.startswith("/") or len(path) < 2:
            raise self._refused(f"'{field}' must be a path like '/name'")
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))

    def _target(self, field: str) -> tuple[dict[str, Any] | list[Any], str]:
        names = self._names(field)
        if len(names) == 1 and names[0] in _SYSTEM:
            raise self._refused(f"the system property '{names[0]}' cannot be patched")
        if any(path[: len(names)] == names for path in self._key.paths):
            raise self._refused("a partition key cannot be patched")
        node: Any = self._document
        for name in names[:-1]:
            node = self._child(node, name)
        if not isinstance(node, dict | list):
            raise self._no_node(names[-2])
        return node, names[-1]

    def _child(self, node: Any, name: str) -> Any:
        if isinstance(node, dict) and name in node:
            return node[name]
        if isinstance(node, list):
            return node[self._index(name, len(node) - 1)]
        raise self._no_node(name)

    def _index(self, name: str, last: int) -> int:
        if not name.isdecimal() or (name != "0" and name.startswith("0")) or int(name) > last:
            raise self._refused(f"'{name}' is no index of the array")
        return int(name)

    def _taken(self, parent: dict[str, Any] | list[Any], name: str) -> Any:
        if isinstance(parent, list):
            return parent.pop(self._index(name, len(parent) - 1))
        if name not in parent:
            raise self._refused(f"the path '{name}' does not exist")
        return parent.pop(name)

    def _put(self, parent: dict[str, Any] | list[Any], name: str, value: Any) -> None:
        if isinstance(parent, list):
            self._put_into_array(parent, name, value)
        elif self._kind == "incr":
            parent[name] = self._sum(parent.get(name, 0), value)
        elif self._kind == "replace" and name not in parent:
            raise self._refused(f"the path '{name}' does not exist")
        else:
            parent[name] = value

    def _put_into_array(self, parent: list[Any], name: str, value: Any) -> None:
        if name == "-" and self._kind in ("add", "set", "move"):
            parent.append(value)
        elif self._kind in ("add", "move"):
            parent.insert(self._index(name, len(parent)), value)
        elif self._kind == "set" and name == str(len(parent)):
            parent.append(value)
        else:
            index = self._index(name, len(parent) - 1)
            parent[index] = self._sum(parent[index], value) if self._kind == "incr" else value

    def _sum(self, old: Any, step: Any) -> int | float:
        for value in (old, step):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise self._refused("both the value and the step must be numbers")
        total: int | float = old + step
        if isinstance(total, float) and not math.isfinite(total):
            raise self._refused("the result is out of range")
        return total
