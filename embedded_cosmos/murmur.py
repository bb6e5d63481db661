"""MurmurHash3, seed 0: the two hashes that place a partition key value on the ring of effective partition keys."""

_MASK = 0xFFFFFFFFFFFFFFFF
_MASK_32 = 0xFFFFFFFF
_C1 = 0x87C37B91114253D5
_C2 = 0x4CF5AD432745937F


def _rotated(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & _MASK


def _finished(value: int) -> int:
    value = ((value ^ (value >> 33)) * 0xFF51AFD7ED558CCD) & _MASK
    value = ((value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53) & _MASK
    return value ^ (value >> 33)


def _scrambled_low(word: int) -> int:
    return (_rotated((word * _C1) & _MASK, 31) * _C2) & _MASK


def _scrambled_high(word: int) -> int:
    return (_rotated((word * _C2) & _MASK, 33) * _C1) & _MASK


def hash_128(data: bytes) -> tuple[int, int]:
    """The two halves (low, high) of the x64 variant's 128 bits."""
    low = high = 0
    whole = len(data) // 16 * 16
    for at in range(0, whole, 16):
        low ^= _scrambled_low(int.from_bytes(data[at : at + 8], "little"))
        low = ((_rotated(low, 27) + high) * 5 + 0x52DCE729) & _MASK
        high ^= _scrambled_high(int.from_bytes(data[at + 8 : at + 16], "little"))
        high = ((_rotated(high, 31) + low) * 5 + 0x38495AB5) & _MASK
    tail = data[whole:]
    high ^= _scrambled_high(int.from_bytes(tail[8:], "little"))
    low ^= _scrambled_low(int.from_bytes(tail[:8], "little"))
    low ^= len(data)
    high ^= len(data)
    low = (low + high) & _MASK
    high = (high + low) & _MASK
    low, high = _finished(low), _finished(high)
    low = (low + high) & _MASK
    return low, (high + low) & _MASK


def hash_32(data: bytes) -> int:
    """The x86 variant's 32 bits."""
    value = 0
    whole = len(data) // 4 * 4
    for at in range(0, whole, 4):
        value ^= _scrambled_32(int.from_bytes(data[at : at + 4], "little"))
        value = (_rotated_32(value, 13) * 5 + 0xE6546B64) & _MASK_32
    value ^= _scrambled_32(int.from_bytes(data[whole:], "little"))
    value ^= len(data)
    value = ((value ^ (value >> 16)) * 0x85EBCA6B) & _MASK_32
    value = ((value ^ (value >> 13)) * 0xC2B2AE35) & _MASK_32
    return value ^ (value >> 16)


def _rotated_32(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (32 - bits))) & _MASK_32


def _scrambled_32(word: int) -> int:
    return (_rotated_32((word * 0xCC9E2D51) & _MASK_32, 15) * 0x1B873593) & _MASK_32
