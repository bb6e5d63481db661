"""Functions of numbers, as IEEE doubles: out of their domain they give NaN, beyond the range infinity."""

import math
from collections.abc import Callable
from typing import Any

from embedded_cosmos.sql.values import EXACT, LEAST, MOST, UNDEFINED, is_number, number_of, tidy


def is_finite(value: float) -> bool:
    return math.isfinite(number_of(value))


def is_integer(value: float) -> bool:
    """Whether it is an integer of 64 bits, or a double that counts as one."""
    return LEAST <= value <= MOST if type(value) is int else abs(value) <= EXACT and value == int(value)


def on_numbers(compute: Callable[..., float]) -> Callable[..., Any]:
    """All arguments have to be numbers."""

    def checked(*arguments: Any) -> Any:
        if not all(map(is_number, arguments)):
            return UNDEFINED
        try:
            return tidy(compute(*[float(number_of(argument)) for argument in arguments]))
        except ValueError:
            return math.nan
        except (OverflowError, ZeroDivisionError):
            return math.inf

    return checked


def whole(compute: Callable[[float], float]) -> Callable[[Any], Any]:
    """An integer is whole as it is; what is not finite stays what it is, where Python would raise."""
    of_double = on_numbers(lambda number: float(compute(number)) if math.isfinite(number) else number)
    return lambda number: number if type(number) is int and LEAST <= number <= MOST else of_double(number)


def rounded(number: float) -> float:
    """To the nearest integer, halves away from zero."""
    truncated = math.trunc(number)
    return truncated + math.copysign(1, number) if abs(number - truncated) >= 0.5 else truncated


_round = whole(rounded)


def rounded_to(number: Any, digits: Any = 0) -> Any:
    """ROUND: to so many digits behind the point, before it if negative."""
    if not is_number(digits) or not is_integer(digits):
        return UNDEFINED
    return _round(number) if digits == 0 else _scaled(number, digits)


@on_numbers
def _scaled(number: float, digits: float) -> float:
    factor = power(10, abs(digits))
    if digits < 0:
        return rounded(number / factor) * factor
    scaled = number * factor
    return rounded(scaled) / factor if math.isfinite(scaled) else number


def absolute(number: Any) -> Any:
    return tidy(abs(number_of(number))) if is_number(number) else UNDEFINED


def sign(number: float) -> float:
    return float((number > 0) - (number < 0))


def pi() -> float:
    return math.pi


def power(base: float, exponent: float) -> float:
    """As .NET has it, where Python would raise."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
    except ValueError:
        if base != 0:
            return math.nan
        return math.copysign(math.inf, base) if exponent % 2 == 1 else math.inf


def natural(number: float) -> float:
    return -math.inf if number == 0 else math.log(number)


def decimal(number: float) -> float:
    return -math.inf if number == 0 else math.log10(number)


@on_numbers
def logarithm(number: float, base: float = math.e) -> float:
    if base == math.e:
        return natural(number)
    if base == 10:
        return decimal(number)
    return math.log2(number) if base == 2 and number > 0 else natural(number) / math.log(base)


COMPUTED: dict[str, Callable[..., float]] = {
    "SIGN": sign,
    "SQRT": math.sqrt,
    "SQUARE": lambda number: number * number,
    "EXP": math.exp,
    "LOG10": decimal,
    "SIN": math.sin,
    "COS": math.cos,
    "TAN": math.tan,
    "COT": lambda number: 1.0 / math.tan(number),
    "ASIN": math.asin,
    "ACOS": math.acos,
    "ATAN": math.atan,
    "DEGREES": lambda radians: 180 / math.pi * radians,
    "RADIANS": lambda degrees: math.pi * degrees / 180.0,
}
WHOLE: dict[str, Callable[[float], float]] = {"CEILING": math.ceil, "FLOOR": math.floor, "TRUNC": math.trunc}
OF_ONE = {
    **{name: on_numbers(compute) for name, compute in COMPUTED.items()},
    **{name: whole(compute) for name, compute in WHOLE.items()},
    "ABS": absolute,
}
OF_TWO: dict[str, Callable[..., Any]] = {"POWER": on_numbers(power), "ATN2": on_numbers(math.atan2)}
