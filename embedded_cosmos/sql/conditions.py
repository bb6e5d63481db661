"""Conditions in SQLite's words on whether a Cosmos expression may be true, or false.

SQLite decodes a string only up to a NUL, so documents with one are let through; numbers are matched a little too wide.
"""

import math
from dataclasses import dataclass
from typing import Any

from embedded_cosmos.sql.columns import Column
from embedded_cosmos.sql.values import (
    ARRAY_RANK,
    FALSE_RANK,
    NULL_RANK,
    NUMBER_RANK,
    STRING_RANK,
    TRUE_RANK,
    UNDEFINED,
    number_of,
    rank,
)

HAS_NUL = "instr(body,'\\u0000')>0"
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}


@dataclass(frozen=True)
class Sql:
    text: str
    params: tuple[Any, ...] = ()


ALWAYS, NEVER = Sql("1"), Sql("0")


@dataclass(frozen=True)
class May:
    """When an expression may be true, when it may be false; exact if "may" is "is"."""

    true: Sql
    false: Sql
    exact: bool = True


OPEN = May(ALWAYS, ALWAYS, exact=False)


def negate(may: May) -> May:
    return May(may.false, may.true, may.exact)


def every(parts: list[Sql]) -> Sql:
    return join(parts, " AND ", ALWAYS, NEVER)


def either(parts: list[Sql]) -> Sql:
    return join(parts, " OR ", NEVER, ALWAYS)


def join(parts: list[Sql], word: str, neutral: Sql, deciding: Sql) -> Sql:
    if deciding in parts:
        return deciding
    parts = [part for part in parts if part != neutral]
    while len(parts) > 1:
        parts = [paired(word, parts[place : place + 2]) for place in range(0, len(parts), 2)]
    return parts[0] if parts else neutral


def paired(word: str, parts: list[Sql]) -> Sql:
    """Two at a time make a flat tree of many: SQLite limits how deep an expression is."""
    if len(parts) == 1:
        return parts[0]
    return Sql(f"({parts[0].text}{word}{parts[1].text})", parts[0].params + parts[1].params)


TRUE, FALSE = May(ALWAYS, NEVER), May(NEVER, ALWAYS)


def conjunction(parts: list[May]) -> May:
    """One part that is false decides, however little is known of the others."""
    if FALSE in parts:
        return FALSE
    return May(every([p.true for p in parts]), either([p.false for p in parts]), all(p.exact for p in parts))


def disjunction(parts: list[May]) -> May:
    """One part that is true decides, however little is known of the others."""
    if TRUE in parts:
        return TRUE
    return May(either([p.true for p in parts]), every([p.false for p in parts]), all(p.exact for p in parts))


def around(value: float) -> tuple[float, float]:
    """An interval for a number, as SQLite's reading of decimals may be off by the last bit."""
    number = float(number_of(value))
    low = math.nextafter(math.nextafter(number, -math.inf), -math.inf)
    return (low, math.nextafter(math.nextafter(number, math.inf), math.inf))


def compare(column: Column, operator: str, value: Any) -> May:
    """One comparison of a path with a constant."""
    if operator == "!=":
        return negate(compare(column, "=", value))
    kind = rank(value)
    if value is UNDEFINED or (kind >= ARRAY_RANK and operator != "="):
        return May(NEVER, NEVER)
    if operator == "=":
        return equality(column, kind, value)
    if kind < NUMBER_RANK:
        return order_of_type(column, operator, kind)
    condition = string_condition if kind == STRING_RANK else number_condition
    exact = kind == STRING_RANK
    return May(condition(column, operator, value), condition(column, OPPOSITE[operator], value), exact)


def equality(column: Column, kind: int, value: Any) -> May:
    defined = Sql(f"{column.rank}>0")
    if kind == NUMBER_RANK:
        return May(Sql(f"({column.rank}=4 AND {column.value} BETWEEN ? AND ?)", around(value)), defined, exact=False)
    if kind >= ARRAY_RANK:
        return May(Sql(f"{column.rank}={kind}"), defined, exact=False)
    if kind < NUMBER_RANK:
        return May(Sql(f"{column.rank}={kind}"), Sql(f"({column.rank}>0 AND {column.rank}<>{kind})"))
    return one_of(column, [value])


def one_of(column: Column, texts: list[str]) -> May:
    test = "=?" if len(texts) == 1 else f" IN ({','.join('?' * len(texts))})"
    found = Sql(f"({column.rank}=5 AND {column.value}{test})", tuple(texts))
    return May(found, Sql(f"({column.rank}>0 AND (NOT {found.text} OR {HAS_NUL}))", found.params))


def order_of_type(column: Column, operator: str, kind: int) -> May:
    """Null, false and true: their ranks are their order, and true and false are of one type."""
    low, high = (kind, kind) if kind == NULL_RANK else (FALSE_RANK, TRUE_RANK)
    within = f"{column.rank} BETWEEN {low} AND {high} AND {column.rank}"
    return May(Sql(f"({within}{operator}{kind})"), Sql(f"({within}{OPPOSITE[operator]}{kind})"))


def number_condition(column: Column, operator: str, value: float) -> Sql:
    low, high = around(value)
    end, bound = ("<=", high) if operator[0] == "<" else (">=", low)
    return Sql(f"({column.rank}=4 AND {column.value}{end}?)", (bound,))


def string_condition(column: Column, operator: str, value: str) -> Sql:
    """A string with a NUL is greater than what SQLite sees of it, so it may lie beyond an open lower end."""
    condition = f"{column.value}{operator}?"
    return Sql(f"({column.rank}=5 AND {f'({condition} OR {HAS_NUL})' if operator == '>' else condition})", (value,))
