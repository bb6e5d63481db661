"""Batches in HybridRow, the binary form that the .NET SDK sends and reads, as far as batches use it.

A stream is a header and then records, each with its length, its CRC-32 and one row. A row is: version, schema, a bit
for each fixed or variable field that is present, the fixed fields (whose place is kept when they are absent), the
variable ones, then the sparse ones with their type and number. Numbers are little-endian; lengths of texts have seven
bits a byte. The two schemas, of an operation and of a result, are those of Microsoft.Azure.Cosmos 3.64.
"""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_cosmos.errors import bad_request

FIRST_BYTE = b"\x81"
_STREAM = bytes.fromhex("81f0d8ff7f010a000000")
_RECORD = bytes.fromhex("81f1d8ff7f")
_OPERATION = bytes.fromhex("817054e17f")
_RESULT = bytes.fromhex("817154e17f")

_FALSE, _TRUE, _INT32, _UINT32, _FLOAT64, _TEXT = 0x02, 0x03, 0x07, 0x0B, 0x10, 0x14
_FIXED_FIELDS = ("operationType", "resourceType")
_VARIABLE_FIELDS = ("partitionKey", "effectivePartitionKey", "id", "binaryId", "resourceBody")
_SPARSE_FIELDS = {
    8: "indexingDirective",
    9: "ifMatch",
    10: "ifNoneMatch",
    11: "timeToLiveInSeconds",
    12: "minimalReturnPreference",
}


@dataclass(frozen=True, slots=True)
class RowResult:
    """How one operation ended, as a result's row tells it; the body is the item's text, or the error's."""

    status: int
    substatus: int
    charge: float
    etag: str | None
    body: str | None
    retry_after_ms: int = 0


def operations(stream: bytes) -> list[dict[str, Any]]:
    """The operations of a request, by the names of their fields; a 400 where the stream is not well formed."""
    try:
        return [_operation(_Bytes(row)) for row in _rows(_Bytes(stream))]
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise bad_request(f"The batch is not a well-formed HybridRow stream: {error}") from error


def results(found: list[RowResult]) -> bytes:
    """The body of an answer."""
    return _STREAM + b"".join(map(_record, map(_result_row, found)))


class _Bytes:
    """Bytes that are read from their start to their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._data):
            raise IndexError("it ends too early")
        self._at += count
        return self._data[self._at - count : self._at]

    def expect(self, known: bytes) -> None:
        if self.take(len(known)) != known:
            raise IndexError("an unknown version or schema")

    def unpacked(self, kind: str) -> Any:
        return struct.unpack(f"<{kind}", self.take(struct.calcsize(f"<{kind}")))[0]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def text(self) -> str:
        return self.take(self.varint()).decode()


def _rows(stream: _Bytes) -> Iterator[bytes]:
    stream.expect(_STREAM)
    while stream:
        stream.expect(_RECORD)
        length, checksum = stream.unpacked("I"), stream.unpacked("I")
        row = stream.take(length)
        if zlib.crc32(row) != checksum:
            raise IndexError("a record's checksum is wrong")
        yield row


def _operation(row: _Bytes) -> dict[str, Any]:
    row.expect(_OPERATION)
    presence = row.take(1)[0]
    found: dict[str, Any] = {}
    for bit, name in enumerate(_FIXED_FIELDS):
        value = row.unpacked("i")
        if presence >> bit & 1:
            found[name] = value
    for bit, name in enumerate(_VARIABLE_FIELDS, len(_FIXED_FIELDS)):
        if presence >> bit & 1:
            found[name] = row.text()
    while row:
        kind, number = row.take(1)[0], row.varint()
        if kind not in _READERS or number not in _SPARSE_FIELDS:
            raise IndexError(f"an unknown field {number} of type {kind}")
        found[_SPARSE_FIELDS[number]] = _READERS[kind](row)
    return found


_READERS: Mapping[int, Callable[[_Bytes], Any]] = {
    _FALSE: lambda _: False,
    _TRUE: lambda _: True,
    _INT32: lambda row: row.unpacked("i"),
    _UINT32: lambda row: row.unpacked("I"),
    _FLOAT64: lambda row: row.unpacked("d"),
    _TEXT: _Bytes.text,
}


def _result_row(result: RowResult) -> bytes:
    texts = [text.encode() for text in (result.etag, result.body) if text is not None]
    presence = 1 | (result.substatus > 0) << 1 | (result.etag is not None) << 2 | (result.body is not None) << 3
    fixed = struct.pack("<Bii", presence, result.status, result.substatus)
    variable = b"".join(_varint(len(text)) + text for text in texts)
    sparse = struct.pack("<BBIBBd", _UINT32, 5, result.retry_after_ms, _FLOAT64, 6, result.charge)
    return _RESULT + fixed + variable + sparse


def _record(row: bytes) -> bytes:
    return _RECORD + struct.pack("<II", len(row), zlib.crc32(row)) + row


def _varint(value: int) -> bytes:
    made = bytearray()
    while value >= 0x80:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])
