"""What a container's properties mean: defaults, checks, and the parts that later requests need parsed."""

import json
from dataclasses import dataclass
from typing import Any

from embedded_cosmos.errors import bad_request, unsupported
from embedded_cosmos.partition import MISSING, NO_KEY, canonical, split_path, value_at
from embedded_cosmos.sql import query as sql

_ILLEGAL_IN_IDS = ("/", "\\", "?", "#")
MAX_RESOURCE_ID_BYTES = 255
MAX_ITEM_ID_BYTES = 1023
_SYSTEM_PROPERTIES = frozenset(
    ("_rid", "_self", "_etag", "_ts", "_docs", "_sprocs", "_triggers", "_udfs", "_conflicts", "_colls", "_users")
)
_MOST_COMPUTED = 20
_NEVER_COMPUTED = frozenset(("id", "_rid", "_ts", "_etag", "_self", "_attachments", "ttl"))
_DEFAULT_INDEXING: dict[str, Any] = {
    "indexingMode": "consistent",
    "automatic": True,
    "includedPaths": [{"path": "/*"}],
    "excludedPaths": [{"path": '/"_etag"/?'}],
}
_REFUSED_POLICIES = {
    "vectorEmbeddingPolicy": "A vector embedding policy",
    "fullTextPolicy": "A full text policy",
    "analyticalStorageTtl": "The analytical store",
    "materializedViewDefinition": "A materialized view",
    "clientEncryptionPolicy": "Client-side encryption",
}
_ALLOWED = {
    "id",
    "partitionKey",
    "indexingPolicy",
    "uniqueKeyPolicy",
    "defaultTtl",
    "conflictResolutionPolicy",
    "changeFeedPolicy",
    "computedProperties",
}


def checked_item_id(value: Any) -> str:
    """An item's id may hold control characters and end in a blank, which a database's may not."""
    return _checked_text(value, MAX_ITEM_ID_BYTES, named=MAX_ITEM_ID_BYTES + 1)


def checked_id(value: Any) -> str:
    """The id of a database or a container."""
    text = _checked_text(value, MAX_RESOURCE_ID_BYTES, named=MAX_RESOURCE_ID_BYTES)
    if text[-1] == " " or any(char < " " for char in text):
        raise bad_request(f"The input name '{text}' is invalid: it holds a character that an id may not have.")
    return text


def _checked_text(value: Any, most: int, *, named: int) -> str:
    if not isinstance(value, str) or not value:
        raise bad_request("The input name is invalid: 'id' must be a string that is not empty.")
    if any(char in value for char in _ILLEGAL_IN_IDS):
        raise bad_request(f"The input name '{value}' is invalid: it holds a character that an id may not have.")
    if len(value) * 4 > most < len(value.encode(errors="replace")):
        raise bad_request(
            "The input name is invalid: the id is too long. Ensure to provide a unique non-empty string less than"
            f" '{named}' characters."
        )
    return value


def container_properties(given: dict[str, Any], *, keyless: bool = False) -> dict[str, Any]:
    """The properties as they are kept: what the client set, with the service's defaults.

    `keyless` takes a definition without a partition key, as old clients send it.
    """
    for name, label in _REFUSED_POLICIES.items():
        if given.get(name):
            raise unsupported(label)
    default_ttl(given)
    kept = {name: value for name, value in given.items() if name not in _SYSTEM_PROPERTIES and value is not None}
    kept = {name: value for name, value in kept.items() if name not in _REFUSED_POLICIES}
    if unknown := sorted(kept.keys() - _ALLOWED - {"geospatialConfig"}):
        raise unsupported(f"The container property '{unknown[0]}'")
    checked_id(kept.get("id"))
    if not isinstance(kept.setdefault("partitionKey", dict(NO_KEY) if keyless else None), dict):
        raise bad_request("The definition of a container needs a 'partitionKey'.")
    kept["indexingPolicy"] = _indexing_policy(kept.get("indexingPolicy"))
    UniqueKeys(kept.get("uniqueKeyPolicy"))
    retention_seconds(kept)
    _check_computed(kept.get("computedProperties", []))
    conflicts = {"mode": "LastWriterWins", "conflictResolutionPath": "/_ts", "conflictResolutionProcedure": ""}
    kept.setdefault("conflictResolutionPolicy", conflicts)
    kept.setdefault("geospatialConfig", {"type": "Geography"})
    return kept


def _indexing_policy(given: Any) -> dict[str, Any]:
    if given is None:
        return json.loads(json.dumps(_DEFAULT_INDEXING))  # type: ignore[no-any-return]
    if not isinstance(given, dict):
        raise bad_request("The indexing policy must be an object.")
    for name in ("vectorIndexes", "fullTextIndexes"):
        if given.get(name):
            raise unsupported(f"'{name}' of an indexing policy")
    policy: dict[str, Any] = {"indexingMode": "consistent", "automatic": True, **given}
    mode = policy["indexingMode"] = str(policy["indexingMode"]).lower()
    if mode not in ("consistent", "none"):
        raise unsupported(f"The indexing mode '{mode}'")
    if mode == "consistent":
        # An old client names kinds of indexes for a path. There is one kind now, and answers name none.
        policy["includedPaths"] = [
            {name: value for name, value in path.items() if name != "indexes"}
            for path in _paths(policy, "includedPaths", [{"path": "/*"}])
        ]
        excluded = policy["excludedPaths"] = list(_paths(policy, "excludedPaths", []))
        if {"path": '/"_etag"/?'} not in excluded:
            excluded.append({"path": '/"_etag"/?'})
    return policy


def _paths(policy: dict[str, Any], name: str, default: list[dict[str, Any]]) -> list[dict[str, Any]]:
    paths = default if policy.get(name) is None else policy[name]
    if not isinstance(paths, list) or not all(
        isinstance(one, dict) and isinstance(one.get("path"), str) for one in paths
    ):
        raise bad_request(f"'{name}' of an indexing policy is an array of objects with a 'path'.")
    return paths


def default_ttl(properties: dict[str, Any]) -> int | None:
    return checked_ttl(properties["defaultTtl"], "defaultTtl") if "defaultTtl" in properties else None


def _check_computed(properties: Any) -> None:
    """At most 20, each with a name of its own and a query."""
    if not isinstance(properties, list) or len(properties) > _MOST_COMPUTED:
        raise bad_request(
            f"One of the specified inputs is invalid: 'computedProperties' is an array of at most {_MOST_COMPUTED}."
        )
    names = [one.get("name") if isinstance(one, dict) else None for one in properties]
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise bad_request("Each of the computedProperties has a name of its own.")
    for one in properties:
        if one["name"] in _NEVER_COMPUTED or not isinstance(one.get("query"), str):
            raise bad_request(f"The computed property '{one['name']}' has a name of the system, or no query.")
        try:
            sql.check_definition(one["query"])
        except sql.SqlError as error:
            raise bad_request(
                f"One of the specified inputs is invalid: computed property '{one['name']}': {error}"
            ) from error


def retention_seconds(properties: dict[str, Any]) -> int | None:
    """How long every version of an item is kept for the change feed; None where only the latest counts."""
    policy = properties.get("changeFeedPolicy")
    minutes = policy.get("retentionDuration", 0) if isinstance(policy, dict) else 0 if policy is None else -1
    if not isinstance(minutes, int) or isinstance(minutes, bool) or minutes < 0:
        raise bad_request("The retention duration of a change feed policy is a number of minutes, at least 0.")
    return minutes * 60 or None


def checked_ttl(ttl: Any, name: str) -> int:
    if isinstance(ttl, float) and ttl.is_integer():
        ttl = int(ttl)
    if not isinstance(ttl, int) or isinstance(ttl, bool) or (ttl <= 0 and ttl != -1) or ttl >= 2**31:
        shown = "null" if ttl is None else ttl
        raise bad_request(
            f"The input {name} '{shown}' is invalid. Ensure to provide a nonzero positive integer, or -1 for no expiry."
        )
    return ttl


@dataclass(frozen=True, slots=True)
class _UniqueKey:
    number: int
    paths: tuple[tuple[str, ...], ...]


class UniqueKeys:
    """The unique keys of a container: what a document's values are, as texts that collide when they are the same."""

    def __init__(self, policy: Any) -> None:
        keys = (policy or {}).get("uniqueKeys") or []
        if len(keys) > 10:
            raise bad_request("A container has at most 10 unique keys.")
        self._keys = [_UniqueKey(number, self._paths(key)) for number, key in enumerate(keys)]

    @staticmethod
    def _paths(key: Any) -> tuple[tuple[str, ...], ...]:
        paths = key.get("paths") if isinstance(key, dict) else None
        if not paths or not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise bad_request("A unique key needs 'paths'.")
        return tuple(split_path(path) for path in paths)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def of(self, document: dict[str, Any]) -> list[str]:
        return [self._text(key, document) for key in self._keys]

    @staticmethod
    def _text(key: _UniqueKey, document: dict[str, Any]) -> str:
        values = [value_at(document, path) for path in key.paths]
        # A missing value counts as null, so the second document without one collides with the first.
        known = [None if value is MISSING else _canonical_tree(value) for value in values]
        return f"{key.number}:{json.dumps(known, ensure_ascii=False, separators=(',', ':'), sort_keys=True)}"


def _canonical_tree(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _canonical_tree(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_canonical_tree(part) for part in value]
    return canonical(value)
