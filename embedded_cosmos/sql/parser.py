"""Query text to nodes: the grammar's tables are built once, parsed queries are kept by their text."""

from dataclasses import is_dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NoReturn

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, VisitError

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.builder import Builder
from embedded_cosmos.sql.errors import SqlError, Unsupported
from embedded_cosmos.sql.keywords import CASE_SENSITIVE, KEYWORDS

MAX_LENGTH = 512 * 1024
MAX_DEPTH = 120


@lru_cache(maxsize=512)
def parse(text: str) -> nodes.Query:
    """Read a query; whatever is wrong with it is a SqlError that says where."""
    if len(text) > MAX_LENGTH:
        raise SqlError("The query is longer than 512 KB")
    try:
        tree = grammar().parse(text)
        query: nodes.Query = Builder().transform(tree).children[0]
    except UnexpectedInput as problem:
        raise_syntax_error(text, problem)
    except VisitError as problem:
        if isinstance(problem.orig_exc, SqlError):
            raise problem.orig_exc from None
        raise
    if depth(query) > MAX_DEPTH:
        raise Unsupported(f"a query that nests more than {MAX_DEPTH} levels deep")
    return query


def depth(query: nodes.Query) -> int:
    """How deep the nodes lie in one another; counted level by level, so that no depth is too much for counting."""
    levels = 0
    level: list[Any] = [query]
    while level:
        levels += 1
        level = [part for node in level for part in parts(node)]
    return levels


def parts(node: Any) -> list[Any]:
    children: list[Any] = []
    waiting = list(vars(node).values())
    while waiting:
        value = waiting.pop()
        if isinstance(value, tuple):
            waiting.extend(value)
        elif is_dataclass(value):
            children.append(value)
    return children


@cache
def grammar() -> Lark:
    text = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        text,
        parser="lalr",
        lexer="basic",
        propagate_positions=True,
        maybe_placeholders=True,
        lexer_callbacks={"NAME": retag_keyword},
    )


def retag_keyword(token: Token) -> Token:
    word = token.upper()
    if word not in KEYWORDS or (word in CASE_SENSITIVE and token != word.lower()):
        return token
    return Token.new_borrow_pos(word, token, token)


def raise_syntax_error(text: str, problem: UnexpectedInput) -> NoReturn:
    line, column = problem.line, problem.column
    if isinstance(problem, UnexpectedCharacters):
        near = problem.char
    elif isinstance(problem, UnexpectedToken) and problem.token.type != "$END":
        near = str(problem.token)
    else:
        lines = text.split("\n")
        raise SqlError("Syntax error, unexpected end of the query", len(lines), len(lines[-1]) + 1) from None
    if isinstance(problem, UnexpectedEOF):
        raise SqlError("Syntax error, unexpected end of the query") from None
    raise SqlError(f"Syntax error, incorrect syntax near '{near}'.", line, column) from None
