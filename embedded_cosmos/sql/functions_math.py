"""Functions of numbers, as IEEE doubles: out of their domain they give NaN, beyond the range infinity."""

import math
from collections.abc import Callable
from typing import Any

from embedded_cosmos.sql.values import UNDEFINED, double, is_number, tidy


def is_finite(value: float) -> bool:
    return math.isfinite(double(value))


def is_integer(value: float) -> bool:
    return is_finite(value) and value == int(value)


def on_numbers(compute: Callable[..., float]) -> Callable[..., Any]:
    """All arguments have to be numbers."""

    def checked(*arguments: Any) -> Any:
        if not all(map(is_number, arguments)):
            return UNDEFINED
        try:
            return tidy(compute(*[float(double(argument)) for argument in arguments]))
        except ValueError:
            return math.nan
        except (OverflowError, ZeroDivisionError):
            return math.inf

    return checked


def whole(compute: Callable[[float], float]) -> Callable[[float], float]:
    """What Python would turn into an integer stays as it is when it is not finite."""

    def apply(number: float) -> float:
        return float(compute(number)) if math.isfinite(number) else number

    return apply


def rounded(number: float) -> float:
    """To the nearest integer, halves away from zero."""
    truncated = math.trunc(number)
    return truncated + math.copysign(1, number) if abs(number - truncated) >= 0.5 else truncated


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
    return natural(number) / math.log(base)


COMPUTED: dict[str, Callable[..., float]] = {
    "ABS": abs,
    "CEILING": whole(math.ceil),
    "FLOOR": whole(math.floor),
    "TRUNC": whole(math.trunc),
    "ROUND": whole(rounded),
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
OF_ONE = {name: on_numbers(compute) for name, compute in COMPUTED.items()}
OF_TWO: dict[str, Callable[..., Any]] = {"POWER": on_numbers(power), "ATN2": on_numbers(math.atan2)}
