"""The parsed form of a query: plain immutable values that every later step reads."""

# The kinds of expression name one another.
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from typing import Literal as OneOf

# Line and column of the first character, both from 1.
Position = tuple[int, int]


@dataclass(frozen=True)
class Constant:
    """A literal; two are equal if they are written alike, so that 1 is not true."""

    value: Any = field(compare=False)
    text: str = field(init=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", repr(self.value))


@dataclass(frozen=True)
class Undefined:
    """The literal `undefined`."""


@dataclass(frozen=True)
class Parameter:
    name: str
    at: Position = field(compare=False)


@dataclass(frozen=True)
class Name:
    name: str
    at: Position = field(compare=False)


@dataclass(frozen=True)
class Member:
    """`base.key` or `base[key]`."""

    base: Expr
    key: Expr


@dataclass(frozen=True)
class ArrayOf:
    items: tuple[Expr, ...]


@dataclass(frozen=True)
class ObjectOf:
    fields: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Expr, ...]
    at: Position = field(compare=False)


@dataclass(frozen=True)
class Unary:
    operator: str
    operand: Expr


@dataclass(frozen=True)
class Binary:
    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Logic:
    """AND or OR of two or more; one node, however long the chain."""

    operator: OneOf["AND", "OR"]
    parts: tuple[Expr, ...]


@dataclass(frozen=True)
class In:
    operand: Expr
    items: tuple[Expr, ...]


@dataclass(frozen=True)
class Between:
    operand: Expr
    low: Expr
    high: Expr


@dataclass(frozen=True)
class Like:
    operand: Expr
    pattern: Expr
    escape: str | None


@dataclass(frozen=True)
class Conditional:
    test: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True)
class Parenthesis:
    """An expression in parentheses; kept, because a bare NOT before a comparison is refused."""

    inner: Expr


@dataclass(frozen=True)
class Subquery:
    kind: OneOf["exists", "array", "scalar"]
    query: Query


@dataclass(frozen=True)
class UserFunction:
    name: str
    arguments: tuple[Expr, ...]
    at: Position = field(compare=False)


Expr = (
    Constant
    | Undefined
    | Parameter
    | Name
    | Member
    | ArrayOf
    | ObjectOf
    | Call
    | Unary
    | Binary
    | Logic
    | In
    | Between
    | Like
    | Conditional
    | Parenthesis
    | Subquery
    | UserFunction
)


@dataclass(frozen=True)
class SelectItem:
    expression: Expr
    alias: str | None


@dataclass(frozen=True)
class Select:
    """`kind` is "star", "value" (one item) or "list"."""

    kind: OneOf["star", "value", "list"]
    items: tuple[SelectItem, ...]
    distinct: bool
    top: Expr | None


@dataclass(frozen=True)
class Binding:
    """One source of FROM: a name bound to the path's value, to each element of it (`IN`), or to each result of a
    subquery, which may have no name.
    """

    alias: str
    path: Expr
    each: bool
    at: Position


@dataclass(frozen=True)
class OrderItem:
    """`direction` is as it was written: "ASC", "DESC" or nothing."""

    expression: Expr
    direction: OneOf["", "ASC", "DESC"]

    @property
    def descending(self) -> bool:
        return self.direction == "DESC"


@dataclass(frozen=True)
class Query:
    select: Select
    bindings: tuple[Binding, ...]
    where: Expr | None
    group_by: tuple[Expr, ...]
    order_by: tuple[OrderItem, ...]
    offset: Expr | None
    limit: Expr | None
