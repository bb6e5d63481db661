"""Every kind of document that the code writes has its line in the export and the erasure, or the reason why not."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from operations import person
from shared.cosmos.containers import CONTAINERS
from tests.application import ROOT

# What holds no document of anybody's beside those kinds.
NOBODYS_CONTAINERS = {
    "customer": "the tenant's",
    "project": "the tenant's",
    "project_type": "the tenant's",
    "technology": "the tenant's",
    "activity": "the tenant's",
    "migration": "of the database itself",
    "leases": "of the change feed, for minutes",
}


def kinds_of(module: ModuleType) -> Iterator[str]:
    """The kinds of documents that a module names: in a document that it makes, or in a constant."""
    yield from (value for name, value in vars(module).items() if name.endswith("_KIND") and isinstance(value, str))
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Dict):
            fields = {
                key.value: value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            }
            # Documents have an id; parameters of queries do not.
            if "kind" in fields and "id" in fields:
                yield from value_of(fields["kind"], module)


def value_of(node: ast.expr, module: ModuleType) -> Iterator[str]:
    """The text that an expression is, if it is written there or a constant of the module."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.Name) and isinstance(getattr(module, node.id, None), str):
        yield getattr(module, node.id)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield str(getattr(getattr(module, node.value.id), node.attr))


def all_kinds() -> set[str]:
    paths = (path.relative_to(ROOT) for path in (ROOT / "shared").rglob("*.py") if path.name != "__init__.py")
    return {kind for path in paths for kind in kinds_of(importlib.import_module(".".join(path.with_suffix("").parts)))}


def test_each_kind_that_the_code_writes_has_its_line_or_the_reason_why_it_has_none() -> None:
    kinds = all_kinds()

    assert {"event", "timeline", "tree", "timesheet"} <= kinds
    assert kinds - {*person.PARTS, *person.NOBODYS} == set()


def test_each_container_is_looked_through_or_holds_nothing_of_anybodys() -> None:
    looked_through = {container_id for container_id, _ in person.PARTS.values()}

    assert {container.id for container in CONTAINERS} - looked_through == {*NOBODYS_CONTAINERS}


def test_what_is_exported_is_erased_or_left_for_a_reason() -> None:
    assert {*person.LEFT} <= {*person.PARTS}
    assert not {*person.PARTS} & ({*person.NOBODYS} - {"event"})
    assert all((*person.NOBODYS.values(), *person.LEFT.values(), *NOBODYS_CONTAINERS.values()))
