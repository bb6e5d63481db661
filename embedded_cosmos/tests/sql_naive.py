"""A slow and plain reading of Cosmos DB's query rules, to hold the engine against; it shares no code with it.

Expressions are nested tuples, made by the tests and rendered to text here, so nothing is parsed twice."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from typing import Any

Expression = tuple[Any, ...]
Document = dict[str, Any]


class Undefined:
    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = Undefined()
ORDER = ["undefined", "null", "boolean", "number", "string", "array", "object"]
SYMBOLS = {"=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "||"}


@dataclass
class Query:
    select: list[Expression]
    kind: str = "value"
    where: Expression | None = None
    order: list[tuple[Expression, bool]] = field(default_factory=list)
    offset: int | None = None
    limit: int | None = None
    top: int | None = None
    distinct: bool = False
    group: list[Expression] = field(default_factory=list)
    join: Expression | None = None


def kind_of(value: Any) -> str:
    if isinstance(value, Undefined):
        return "undefined"
    if value is None:
        return "null"
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def tagged(value: Any) -> Any:
    """A form in which Python's equality is that of JSON values."""
    kind = kind_of(value)
    if isinstance(value, float) and value.is_integer():
        return (kind, int(value))
    if kind == "array":
        return (kind, tuple(tagged(item) for item in value))
    if kind == "object":
        return (kind, tuple(sorted((key, tagged(item)) for key, item in value.items())))
    return (kind, None if kind in ("undefined", "null") else value)


# Rendering.


def render(expression: Expression) -> str:  # noqa: C901, PLR0911  # one line for each kind is plainest
    tag, *rest = expression
    if tag == "path":
        root, *names = rest
        return str(root) + "".join(f".{name}" if name.isascii() and name.isalpha() else f'["{name}"]' for name in names)
    if tag == "const":
        return "undefined" if isinstance(rest[0], Undefined) else json.dumps(rest[0])
    if tag == "param":
        return f"@{rest[0]}"
    if tag in SYMBOLS or tag in ("AND", "OR", "??"):
        return f"({render(rest[0])} {tag} {render(rest[1])})"
    if tag == "not":
        return f"NOT ({render(rest[0])})"
    if tag == "in":
        return f"({render(rest[0])} IN ({', '.join(map(render, rest[1]))}))"
    if tag == "between":
        return f"({render(rest[0])} BETWEEN {render(rest[1])} AND {render(rest[2])})"
    if tag == "if":
        return f"({render(rest[0])} ? {render(rest[1])} : {render(rest[2])})"
    if tag == "array":
        return f"[{', '.join(map(render, rest))}]"
    if tag == "object":
        return "{" + ", ".join(f"{json.dumps(key)}: {render(value)}" for key, value in rest) + "}"
    return f"{tag}({', '.join(map(render, rest))})"


def text_of(query: Query) -> str:
    selected = ", ".join(map(render, query.select))
    if query.kind == "list":
        selected = ", ".join(f"{render(item)} AS f{number}" for number, item in enumerate(query.select))
    words = ["SELECT", "DISTINCT" if query.distinct else "", f"TOP {query.top}" if query.top is not None else ""]
    words += ["VALUE" if query.kind == "value" else "", "*" if query.kind == "star" else selected, "FROM c"]
    words.append(f"JOIN t IN {render(query.join)}" if query.join else "")
    words.append(f"WHERE {render(query.where)}" if query.where else "")
    words.append(f"GROUP BY {', '.join(map(render, query.group))}" if query.group else "")
    order = ", ".join(render(path) + (" DESC" if descending else "") for path, descending in query.order)
    words.append(f"ORDER BY {order}" if order else "")
    words.append(f"OFFSET {query.offset} LIMIT {query.limit}" if query.offset is not None else "")
    return " ".join(word for word in words if word)


def parameters_of(part: Any) -> dict[str, Any]:
    if isinstance(part, Query):
        return parameters_of([part.select, part.where, part.group])
    found: dict[str, Any] = {}
    if isinstance(part, tuple) and part and part[0] == "param":
        found[f"@{part[1]}"] = part[2]
    elif isinstance(part, tuple | list):
        for item in part:
            found |= parameters_of(item)
    return found


# Evaluation.


def evaluate(expression: Expression, names: Document) -> Any:  # noqa: PLR0911  # as above
    tag, *rest = expression
    if tag == "path":
        return follow(names[rest[0]], rest[1:])
    if tag in ("const", "param"):
        return rest[-1]
    if tag in ("AND", "OR"):
        return logic(tag, [evaluate(part, names) for part in rest])
    if tag == "if":
        return evaluate(rest[1] if evaluate(rest[0], names) is True else rest[2], names)
    if tag == "array":
        values = [evaluate(item, names) for item in rest]
        return [value for value in values if kind_of(value) != "undefined"]
    if tag == "object":
        fields = {key: evaluate(value, names) for key, value in rest}
        return {key: value for key, value in fields.items() if kind_of(value) != "undefined"}
    if tag == "in":
        operand = evaluate(rest[0], names)
        found = tagged(operand) in [tagged(evaluate(item, names)) for item in rest[1]]
        return UNDEFINED if kind_of(operand) == "undefined" else found
    if tag == "between":
        ends = [(">=", rest[0], rest[1]), ("<=", rest[0], rest[2])]
        return logic("AND", [evaluate(end, names) for end in ends])
    return apply(tag, [evaluate(item, names) for item in rest])


def follow(value: Any, path: list[Any]) -> Any:
    for name in path:
        value = value[name] if isinstance(value, dict) and name in value else UNDEFINED
    return value


def logic(tag: str, values: list[Any]) -> Any:
    deciding = tag == "OR"
    if any(value is deciding for value in values):
        return deciding
    return (not deciding) if all(type(value) is bool for value in values) else UNDEFINED


def apply(tag: str, values: list[Any]) -> Any:  # noqa: PLR0911  # as above
    kinds = [kind_of(value) for value in values]
    if tag == "??":
        return values[1] if kinds[0] == "undefined" else values[0]
    if tag == "not":
        return not values[0] if kinds == ["boolean"] else UNDEFINED
    if tag.startswith("IS_"):
        return type_test(tag, kinds[0])
    if tag in ("=", "!="):
        equal = tagged(values[0]) == tagged(values[1])
        return UNDEFINED if "undefined" in kinds else equal is (tag == "=")
    if tag in ("<", "<=", ">", ">="):
        return inequality(tag, values, kinds)
    if tag in ("+", "-", "*"):
        return arithmetic(tag, values) if kinds == ["number", "number"] else UNDEFINED
    if tag == "ARRAY_CONTAINS":
        contained = kinds[0] == "array" and tagged(values[1]) in [tagged(item) for item in values[0]]
        return contained if kinds[0] == "array" and kinds[1] != "undefined" else UNDEFINED
    if tag == "LOWER":
        return "".join(map(lowered, values[0])) if kinds == ["string"] else UNDEFINED
    if kinds != ["string", "string"]:
        return UNDEFINED
    left, right = values
    texts = {"||": left + right, "CONTAINS": right in left}
    texts |= {"STARTSWITH": left[: len(right)] == right, "ENDSWITH": left[len(left) - len(right) :] == right}
    return texts[tag] if len(right) <= len(left) or tag in ("||", "CONTAINS") else False


def lowered(character: str) -> str:
    return character.lower() if len(character.lower()) == 1 else character


def type_test(tag: str, kind: str) -> bool:
    wanted = {"IS_BOOL": "boolean", "IS_NULL": "null"}.get(tag, tag.removeprefix("IS_").lower())
    if tag == "IS_DEFINED":
        return kind != "undefined"
    if tag == "IS_PRIMITIVE":
        return kind in ("null", "boolean", "number", "string")
    return kind == wanted


def inequality(tag: str, values: list[Any], kinds: list[str]) -> Any:
    if kinds[0] != kinds[1] or kinds[0] in ("undefined", "array", "object"):
        return UNDEFINED
    left, right = (0, 0) if kinds[0] == "null" else (values[0], values[1])
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[tag]


def arithmetic(tag: str, values: list[Any]) -> float:
    """Exact where the result is an integer of 64 bits; doubles elsewhere."""
    left, right = values
    result = {"+": left + right, "-": left - right, "*": left * right}[tag]
    if isinstance(result, int) and not -(2**63) <= result < 2**63:
        return arithmetic(tag, [float(left), float(right)])
    return result  # type: ignore[no-any-return]  # int or float


# Queries.


def compare(left: Any, right: Any) -> int:
    """The order of ORDER BY: by type, then by value; arrays and objects are not told apart here."""
    kind, other = kind_of(left), kind_of(right)
    if kind != other:
        return ORDER.index(kind) - ORDER.index(other)
    if kind not in ("boolean", "number", "string"):
        return 0
    return int(left > right) - int(left < right)


def results(query: Query, documents: list[Document]) -> list[Any]:
    rows = [names for document in documents for names in expand(query, document)]
    rows = [names for names in rows if query.where is None or evaluate(query.where, names) is True]
    rows = ordered(query, rows)
    values = grouped(query, rows) if query.group or is_aggregate(query) else [project(query, names) for names in rows]
    values = [value for value in values if kind_of(value) != "undefined"]
    if query.distinct:
        values = [value for at, value in enumerate(values) if tagged(value) not in map(tagged, values[:at])]
    values = values[: query.top] if query.top is not None else values
    if query.offset is not None and query.limit is not None:
        return values[query.offset :][: query.limit]
    return values


def expand(query: Query, document: Document) -> list[Document]:
    if query.join is None:
        return [{"c": document}]
    items = evaluate(query.join, {"c": document})
    return [{"c": document, "t": item} for item in items] if isinstance(items, list) else []


def ordered(query: Query, rows: list[Document]) -> list[Document]:
    """Rows that are equal in every key come as they were stored, backwards if the first key is descending."""
    if not query.order:
        return rows

    def sign(left: Document, right: Document) -> int:
        for path, descending in query.order:
            found = compare(evaluate(path, left), evaluate(path, right))
            if found:
                return -found if descending else found
        return 0

    backwards = query.order[0][1]
    return sorted(rows[::-1] if backwards else rows, key=functools.cmp_to_key(sign))


def project(query: Query, names: Document) -> Any:
    if query.kind == "star":
        return names["c"]
    values = [evaluate(item, names) for item in query.select]
    if query.kind == "value":
        return values[0]
    return {f"f{number}": value for number, value in enumerate(values) if kind_of(value) != "undefined"}


AGGREGATES = ("COUNT", "SUM", "AVG", "MIN", "MAX")


def is_aggregate(query: Query) -> bool:
    return any(item[0] in AGGREGATES for item in query.select)


def grouped(query: Query, rows: list[Document]) -> list[Any]:
    groups: dict[Any, list[Document]] = {} if query.group else {(): rows}
    for names in rows if query.group else []:
        groups.setdefault(tuple(tagged(evaluate(key, names)) for key in query.group), []).append(names)
    found = []
    for members in groups.values():
        values = [
            aggregate(item[0], [evaluate(item[1], names) for names in members])
            if item[0] in AGGREGATES
            else evaluate(item, members[0])
            for item in query.select
        ]
        shown = {f"f{number}": value for number, value in enumerate(values) if kind_of(value) != "undefined"}
        found.append(values[0] if query.kind == "value" else shown)
    return found


def aggregate(tag: str, values: list[Any]) -> Any:
    values = [value for value in values if kind_of(value) != "undefined"]
    kinds = {kind_of(value) for value in values}
    if tag == "COUNT":
        return len(values)
    if tag in ("SUM", "AVG"):
        if kinds - {"number"} or (tag == "AVG" and not values):
            return UNDEFINED
        total = functools.reduce(lambda left, right: left + float(right), values, 0.0)
        return total if tag == "SUM" else total / len(values)
    if not values or kinds & {"array", "object"}:
        return UNDEFINED
    return sorted(values, key=functools.cmp_to_key(compare))[0 if tag == "MIN" else -1]
