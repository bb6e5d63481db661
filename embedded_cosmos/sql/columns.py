"""A document's path as two SQLite expressions: the rank of the value's type, and the value; indexable, never NULL."""

from dataclasses import dataclass

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.nodes import Expr
from embedded_cosmos.sql.values import STRING_RANK

Path = tuple[str, ...]

ID: Path = ("id",)


@dataclass(frozen=True)
class Column:
    """The SQL of one path. SQLite decodes a string only up to a NUL, so bodies that hold one are looked at again."""

    path: Path

    @property
    def rank(self) -> str:
        if self.path == ID:
            return str(STRING_RANK)
        return (
            f"CASE json_type(body,{self.literal}) WHEN 'text' THEN 5 WHEN 'integer' THEN 4 WHEN 'real' THEN 4"
            " WHEN 'null' THEN 1 WHEN 'true' THEN 3 WHEN 'false' THEN 2 WHEN 'array' THEN 6 WHEN 'object' THEN 7"
            " ELSE 0 END"
        )

    @property
    def value(self) -> str:
        return "id" if self.path == ID else f"coalesce(json_extract(body,{self.literal}),0)"

    @property
    def varies(self) -> list[str]:
        """What has to be compared to order by the path; an id is a string, always."""
        return [self.value] if self.path == ID else [self.rank, self.value]

    @property
    def literal(self) -> str:
        return "'$" + "".join(f'."{name}"' for name in self.path).replace("'", "''") + "'"


@dataclass(frozen=True)
class LowerCase(Column):
    """LOWER of a path, which has a value only where that is a string.

    SQLite changes no letter but ASCII's. Of the others only the Kelvin sign becomes one of those: so what this equals
    of ASCII, LOWER equals.
    """

    @property
    def rank(self) -> str:
        return f"CASE WHEN {super().rank}={STRING_RANK} THEN {STRING_RANK} ELSE 0 END"

    @property
    def value(self) -> str:
        return f"replace(lower({super().value}),'\u212a','k')"


def column_of(expression: Expr, root: str) -> Column | None:
    """The column of a path, or of LOWER of one."""
    if isinstance(expression, nodes.Call) and expression.function == "LOWER" and len(expression.arguments) == 1:
        path = path_of(expression.arguments[0], root)
        return None if path is None else LowerCase(path)
    path = path_of(expression, root)
    return None if path is None else Column(path)


def path_of(expression: Expr, root: str) -> Path | None:
    """The path from the document, if the expression is one that SQLite can follow as Cosmos DB does."""
    names: list[str] = []
    while isinstance(expression, nodes.Member):
        if not (isinstance(expression.key, nodes.Constant) and isinstance(expression.key.value, str)):
            return None
        names.append(expression.key.value)
        expression = expression.base
    if isinstance(expression, nodes.Name) and expression.name == root and names and all(map(is_plain, names)):
        return tuple(reversed(names))
    return None


def is_plain(name: str) -> bool:
    """Whether SQLite's JSON path can say this name: in a body it must stand as it is, without an escape."""
    return bool(name) and not any(character < " " or character in '"\\' for character in name) and is_unicode(name)


def is_unicode(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
