"""MurmurHash3 (x64, 128 bits): the hash that places a partition key value on the ring of effective partition keys."""

_MASK = 0xFFFFFFFFFFFFFFFF
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
    """The two halves (low, high) of the hash, with seed 0."""
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
