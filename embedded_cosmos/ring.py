"""The ring of effective partition keys: where a partition key value falls, and how the ring is cut into ranges.

Both versions of the hash follow Microsoft's open-source SDKs (`PartitionKeyInternal` of the .NET SDK). Version 1 hashes
to 32 bits and keeps the value behind its hash; version 2 hashes to 128 bits. A hierarchical key is always of version 2,
one hash for each level.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from embedded_cosmos.murmur import hash_32, hash_128

MIN_EPK = ""
MAX_EPK = "FF"
_V1_RING = (1 << 32) - 1
_V2_RING = 1 << 126
_V1_KEPT_BYTES = 100
_SIGN = 1 << 63


@dataclass(frozen=True, slots=True)
class KeyRange:
    """One physical partition: the part of the ring from `low` up to, and without, `high`."""

    id: str
    low: str
    high: str
    parents: tuple[str, ...] = ()

    def resource(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "minInclusive": self.low,
            "maxExclusive": self.high,
            "ridPrefix": int(self.id),
            "throughputFraction": 1,
            "status": "online",
            "parents": list(self.parents),
        }


def prefix_end(epk: str) -> str:
    """The first place behind every key that starts with this one."""
    return epk + "FF"


def evenly_split(count: int, version: int) -> list[KeyRange]:
    """The ring in `count` parts of the same size."""
    ring = _V1_RING if version == 1 else _V2_RING
    cuts = [_cut(ring * part // count, version) for part in range(1, count)]
    bounds = [MIN_EPK, *cuts, MAX_EPK]
    return [KeyRange(str(at), bounds[at], bounds[at + 1]) for at in range(count)]


def split(ranges: list[KeyRange], count: int, version: int) -> list[KeyRange]:
    """At least `count` ranges, in the ring's order: the widest are cut in halves, whose ids are new."""
    found = list(ranges)
    next_id = 1 + max(int(one.id) for one in found)
    while len(found) < count:
        widest = max(found, key=lambda one: _position(one.high, version) - _position(one.low, version))
        middle = _cut((_position(widest.low, version) + _position(widest.high, version)) // 2, version)
        parents = (*widest.parents, widest.id)
        halves = [
            KeyRange(str(next_id), widest.low, middle, parents),
            KeyRange(str(next_id + 1), middle, widest.high, parents),
        ]
        at = found.index(widest)
        found[at : at + 1] = halves
        next_id += 2
    return found


def _cut(position: int, version: int) -> str:
    return _ordered_number(float(position)).hex().upper() if version == 1 else f"{position:032X}"


def _position(bound: str, version: int) -> int:
    """Where on the ring a bound lies, as a number."""
    if bound in (MIN_EPK, MAX_EPK):
        return 0 if bound == MIN_EPK else _V1_RING if version == 1 else _V2_RING
    return int(_number_of(bytes.fromhex(bound))) if version == 1 else int(bound, 16)


def effective_key(values: Sequence[Any], version: int) -> str:
    """The place of one logical partition, or the start of all places below a prefix of a hierarchical key.

    A value is a string, a number, a boolean, None, or `{}` for a path that the document lacks.
    """
    return _v1(values) if version == 1 else "".join(_v2(value) for value in values)


def _v1(values: Sequence[Any]) -> str:
    cut = [value[:_V1_KEPT_BYTES] if isinstance(value, str) else value for value in values]
    number = hash_32(b"".join(_hashed_bytes(value, b"\x00") for value in cut))
    return (_ordered_number(float(number)) + b"".join(map(_ordered, cut))).hex().upper()


def _v2(value: Any) -> str:
    low, high = hash_128(_hashed_bytes(value, b"\xff"))
    # The ring's end is FF, so the two top bits of a place on it are never set.
    return f"{((high << 64) | low) & (_V2_RING - 1):032X}"


def _tag(value: Any) -> bytes:
    """The first byte of a value, in both forms: its kind."""
    if isinstance(value, dict):
        return b"\x00"
    if value is None:
        return b"\x01"
    if isinstance(value, bool):
        return b"\x03" if value else b"\x02"
    return b"\x08" if isinstance(value, str) else b"\x05"


def _hashed_bytes(value: Any, end_of_text: bytes) -> bytes:
    tag = _tag(value)
    if tag == b"\x08":
        return tag + str(value).encode() + end_of_text
    return tag + struct.pack("<d", float(value)) if tag == b"\x05" else tag


def _ordered(value: Any) -> bytes:
    """A value in the form that version 1 keeps behind the hash; the bytes sort as the values do."""
    tag = _tag(value)
    if tag == b"\x05":
        return _ordered_number(float(value))
    return _ordered_text(str(value).encode()) if tag == b"\x08" else tag


def _ordered_text(data: bytes) -> bytes:
    kept = bytes(min(byte + 1, 0xFF) for byte in data[: _V1_KEPT_BYTES + 1])
    return b"\x08" + kept + (b"\x00" if len(data) <= _V1_KEPT_BYTES else b"")


def _ordered_number(value: float) -> bytes:
    """Eight bits of the double, then seven a byte; the lowest bit of each says whether another follows."""
    bits = int.from_bytes(struct.pack(">d", value), "big")
    bits = bits ^ _SIGN if bits < _SIGN else (~bits + 1) & (2 * _SIGN - 1)
    made = [0x05, bits >> 56]
    rest = bits << 8 & (2 * _SIGN - 1)
    while rest:
        made.append(rest >> 56 | 1)
        rest = rest << 7 & (2 * _SIGN - 1)
    # The last of them has no bit set. A number without a rest has one byte more, a zero.
    return bytes([*made[:-1], made[-1] & 0xFE]) if len(made) > 2 else bytes([*made, 0])


def _number_of(data: bytes) -> float:
    """The number that `_ordered_number` wrote; of one that is not negative."""
    first, *others = data[1:]
    bits = first
    for byte in others:
        bits = bits << 7 | byte >> 1
    bits = bits << 64 >> (8 + 7 * len(others))
    return float(struct.unpack(">d", ((bits & (2 * _SIGN - 1)) ^ _SIGN).to_bytes(8, "big"))[0])
