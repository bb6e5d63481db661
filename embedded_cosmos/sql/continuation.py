"""What a page hands to the next one: JSON, checked when it comes back, for it has been in a client's hands."""

from dataclasses import dataclass
from typing import Any

from embedded_cosmos.sql.errors import SqlError
from embedded_cosmos.sql.keyset import Key, Place


@dataclass(frozen=True)
class Rest:
    """Go on behind `place`, of whose results `given` were given; at most `remaining` more."""

    place: Place
    given: int
    remaining: int | None

    def token(self) -> Any:
        return {"k": self.place.keys, "r": self.place.rid, "s": self.given, "n": self.remaining}


def rest_of(token: Any, keys: list[Key]) -> Rest | None:
    if token is None:
        return None
    if not isinstance(token, dict) or token.keys() != {"k", "r", "s", "n"}:
        raise invalid()
    pairs, rid, given, remaining = token["k"], token["r"], token["s"], token["n"]
    if not is_count(rid) or not is_count(given) or not (remaining is None or is_count(remaining)):
        raise invalid()
    if not isinstance(pairs, list | tuple) or len(pairs) != len(keys) or not all(map(is_key, pairs)):
        raise invalid()
    return Rest(Place(tuple((kind, value) for kind, value in pairs), rid), given, remaining)


def group_behind(token: Any) -> str:
    """The name of the last group given; every name comes after the empty one."""
    if token is None:
        return ""
    if not isinstance(token, dict) or not isinstance(token.get("g"), str):
        raise invalid()
    name: str = token["g"]
    return name


def is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def is_key(pair: Any) -> bool:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        return False
    kind, value = pair
    return is_count(kind) and (type(value) in (str, float) or (type(value) is int and -(2**63) <= value < 2**63))


def invalid() -> SqlError:
    return SqlError("The continuation token is not one of this query.")
