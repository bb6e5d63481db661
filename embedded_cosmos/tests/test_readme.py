"""The tables of `embedded_cosmos/README.md` say what the code does, no more and no less."""

import ast
import re
from pathlib import Path

import pytest
from azure.cosmos import ContainerProxy, CosmosClient, DatabaseProxy

import embedded_cosmos
from embedded_cosmos import charges, patch
from embedded_cosmos.__main__ import options
from embedded_cosmos.faults import Kind, Operation
from embedded_cosmos.sql.functions import FUNCTIONS
from embedded_cosmos.sql.scope import AGGREGATES

FOLDER = Path(embedded_cosmos.__file__).parent
NO_REQUEST = {"get_container_client", "get_database_client", "get_user_client", "close", "from_connection_string"}


def table(head: str) -> list[list[str]]:
    """The rows of the table whose head starts with those columns."""
    lines = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {head} |")) + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def names(head: str) -> list[str]:
    return [row[0].strip("`") for row in table(head)]


def parsed(module: str) -> ast.Module:
    return ast.parse((FOLDER / module).read_text(encoding="utf-8"))


def test_every_request_of_the_table_is_a_route_and_the_other_way_round() -> None:
    documented = {f"{row[0].strip('`')} {' '.join(sorted(row[1].split()))}" for row in table("path")}
    routes = set()
    for case in (node for node in ast.walk(parsed("routes.py")) if isinstance(node, ast.match_case)):
        assert isinstance(case.pattern, ast.MatchSequence)
        verbs, path = case.pattern.patterns
        assert isinstance(path, ast.MatchSequence)
        parts = [ast.unparse(part).strip("'") for part in path.patterns]
        fixed = [
            part if isinstance(of, ast.MatchValue) else f"{{{part}}}"
            for part, of in zip(parts, path.patterns, strict=True)
        ]
        routes.add(f"/{'/'.join(fixed)} {' '.join(sorted(re.findall('[A-Z]+', ast.unparse(verbs))))}")
    assert documented == routes


def test_the_table_of_methods_has_every_method_of_the_sdk() -> None:
    expected = set()
    for proxy in (ContainerProxy, CosmosClient, DatabaseProxy):
        public = {name for name in dir(proxy) if not name.startswith("_") and callable(getattr(proxy, name))}
        expected |= {f"{proxy.__name__}.{name}" for name in public - NO_REQUEST}
    assert set(names("method")) == expected
    assert all(re.match("yes|no: ", row[1]) for row in table("method"))


def test_the_options_are_those_of_the_command_line() -> None:
    assert names("option") == [action.option_strings[-1] for action in options()._actions if action.dest != "help"]


def test_the_patch_operations_are_those_that_are_applied() -> None:
    assert names("operation | note") == list(patch.KINDS)


def test_the_functions_are_those_that_are_evaluated() -> None:
    documented = [name for row in table("kind | functions") for name in row[1].split()]
    assert sorted(documented) == sorted(f"`{name}`" for name in {*FUNCTIONS, *AGGREGATES})


@pytest.mark.parametrize(("column", "members"), [("kind | what happens", Kind), ("operation | stands for", Operation)])
def test_the_faults_are_those_that_can_be_injected(column: str, members: type[Kind | Operation]) -> None:
    assert names(column) == [str(member) for member in members]


def test_the_charges_are_those_of_the_model() -> None:
    assert [tuple(map(float, row)) for row in table("size in KB")] == [*charges.BY_SIZE]


def test_all_that_is_refused_by_name_is_listed() -> None:
    refused = set()
    for module in FOLDER.glob("*.py"):
        for node in ast.walk(parsed(module.name)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "unsupported":
                refused |= {text for text in _texts(node.args[0]) if text}
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and "REFUSED" in ast.unparse(node):
                refused |= {ast.literal_eval(value) for value in node.value.values}
    assert sorted(names("what")) == sorted(refused)


def _texts(argument: ast.expr) -> set[str]:
    """The text of a refusal, with `…` where a value goes in."""
    if isinstance(argument, ast.Constant):
        return {str(argument.value)}
    if isinstance(argument, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "…" for part in argument.values]
        return {"".join(map(str, parts))}
    return set()
