"""The indexing policy: which paths ORDER BY may use, as Azure refuses the others."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from embedded_cosmos.sql.columns import Path
from embedded_cosmos.sql.errors import SqlError
from embedded_cosmos.sql.keyset import Key

ALWAYS_INDEXED: tuple[Path, ...] = (("id",), ("_ts",))
SYSTEM = frozenset(("_rid", "_self", "_etag", "_attachments", "_ts", "_lsn"))


def check_order(policy: Mapping[str, Any], keys: list[Key]) -> None:
    """Refuse what the policy's indexes do not serve."""
    for key in keys:
        if not is_indexed(policy, key.path):
            raise SqlError("The index path corresponding to the specified order-by item is excluded.")
    if len(keys) > 1 and not any(serves(index, keys) for index in policy.get("compositeIndexes", [])):
        raise SqlError("The order by query does not have a corresponding composite index that it can be served from.")


def serves(index: list[Mapping[str, Any]], keys: list[Key]) -> bool:
    """The same paths in the same sequence, all in the index's directions or all against them."""
    if [tuple(names(part["path"])) for part in index] != [key.path for key in keys]:
        return False
    turned = {
        (part.get("order", "ascending") == "descending") != key.descending
        for part, key in zip(index, keys, strict=True)
    }
    return len(turned) == 1


def is_indexed(policy: Mapping[str, Any], path: Path) -> bool:
    """The most precise of the policy's paths decides."""
    if policy.get("indexingMode", "consistent").lower() == "none":
        return False
    if path in ALWAYS_INDEXED or not ("includedPaths" in policy or "excludedPaths" in policy):
        return True
    included = max((precision(entry["path"], path) for entry in policy.get("includedPaths", [])), default=0)
    excluded = max((precision(entry["path"], path) for entry in policy.get("excludedPaths", [])), default=0)
    return included > excluded


def reaches_indexed(policy: Mapping[str, Any], path: Path) -> bool:
    """Whether the path is included, or one that begins with it. Behind all others, no value is indexed."""
    if policy.get("indexingMode", "consistent").lower() == "none":
        return False
    if not ("includedPaths" in policy or "excludedPaths" in policy):
        return True
    included = (_taken_apart(entry["path"]) for entry in policy.get("includedPaths", []))
    return any(parts[: len(path)] == path or (end == "*" and path[: len(parts)] == parts) for parts, end in included)


def terms(reaches: Callable[[Path], bool], indexed: Callable[[Path], bool], document: Any) -> set[tuple[Path, str]]:
    """The values of a document that are `indexed`, each with its path: what a write is charged for.

    `id` and the system's own properties are part of what every write costs. What `reaches` no indexed path is skipped.
    """
    found: set[tuple[Path, str]] = set()
    waiting: list[tuple[Path, Any]] = [
        ((name,), value) for name, value in document.items() if name != "id" and name not in SYSTEM
    ]
    while waiting:
        path, value = waiting.pop()
        if not reaches(path):
            continue
        if isinstance(value, dict):
            waiting.extend(((*path, name), inner) for name, inner in value.items())
        elif isinstance(value, list):
            waiting.extend(((*path, "[]"), inner) for inner in value)
        elif indexed(path):
            found.add((path, repr(value)))
    return found


def precision(pattern: str, path: Path) -> int:
    """0 if the pattern does not cover the path, more the closer it comes to it."""
    parts, end = _taken_apart(pattern)
    if end == "?":
        return 2 * len(path) + 2 if parts == path else 0
    return 2 * len(parts) + 1 if parts == path[: len(parts)] else 0


def _taken_apart(pattern: str) -> tuple[Path, str]:
    """The names of a pattern, and its end: `?` for the value there, `*` for all behind it."""
    parts = list(names(pattern))
    # Older policies write the root as `/`, without the star.
    default = "?" if parts else "*"
    end = parts.pop() if parts and parts[-1] in ("?", "*") else default
    return tuple(parts), end


def names(pattern: str) -> Iterator[str]:
    """The segments of `/address/"zip code"/?`."""
    rest = pattern
    while rest:
        rest = rest.removeprefix("/")
        if rest[:1] in ('"', "'") and rest.find(rest[0], 1) > 0:
            end = rest.index(rest[0], 1)
            yield rest[1:end]
            rest = rest[end + 1 :]
        elif rest:
            name, _, rest = rest.partition("/")
            yield name
