"""Reading Bicep files for tests: what they declare and use, by the tree of a grammar. It is no compiler."""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

INFRA = Path(__file__).parents[2] / "infra"
TEMPLATES = sorted(INFRA.glob("*.bicep"))
PARAMETERS = sorted(INFRA.glob("*.bicepparam"))

_PARSER = Parser(Language(tree_sitter_bicep.language()))
_OUTPUT = "output_declaration"
_BUILT_IN = {"any", "array", "bool", "int", "object", "string"}
_DECLARATIONS = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "type_declaration": "type",
}


class Bicep:
    """One file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        source = path.read_text(encoding="utf-8")
        if path.suffix == ".bicepparam":
            # The grammar knows declarations of parameters, which have a type, and not their assignments.
            source = re.sub(r"^(param \w+) =", r"\1 any =", source, flags=re.MULTILINE)
        # It knows a parameter's type by a name of our own only where it may be null.
        source = re.sub(rf"^(param \w+ (?!(?:{'|'.join(_BUILT_IN)})\b)[a-z]\w*)", r"\1?", source, flags=re.MULTILINE)
        self.root = _PARSER.parse(source.encode()).root_node

    @property
    def mistakes(self) -> list[str]:
        return [f"{one.start_point}: {text(one)}" for one in walk(self.root) if one.is_error or one.is_missing]

    @cached_property
    def declared(self) -> dict[str, tuple[str, Node]]:
        """Everything that expressions may name, nested resources too: `{name: (kind, node)}`."""
        found = [node for node in walk(self.root) if node.type in _DECLARATIONS]
        return {text(_first(node, "identifier")): (_DECLARATIONS[node.type], node) for node in found}

    def of_kind(self, kind: str) -> dict[str, Node]:
        return {name: node for name, (found, node) in self.declared.items() if found == kind}

    @property
    def outputs(self) -> set[str]:
        return {text(_first(node, "identifier")) for node in walk(self.root) if node.type == _OUTPUT}

    @property
    def required(self) -> set[str]:
        """The parameters that have no default."""
        return {
            name for name, node in self.of_kind("param").items() if b"=" not in (child.text for child in node.children)
        }

    @property
    def secure(self) -> set[str]:
        """The parameters that are `@secure()`."""
        source = text(self.root)
        return {name for name in self.of_kind("param") if re.search(rf"@secure\(\)\s+param {name} ", source)}

    @property
    def undescribed(self) -> set[str]:
        """The parameters and outputs without a `@description`."""
        pattern = r"((?:^@.*\n)*)^(?:param|output) (\w+)"
        found = re.findall(pattern, text(self.root), flags=re.MULTILINE)
        return {name for decorators, name in found if "@description('" not in decorators}

    def properties(self, declaration: str) -> dict[str, Node]:
        """What the object of a declaration holds: the value of each property, by its path `properties.sku.name`."""
        return dict(_flat(_first(self.declared[declaration][1], "object"), ""))

    def names_used(self) -> set[str]:
        """Every name that an expression stands on; those of functions are not among them."""
        loops = {text(_first(node, "identifier")) for node in walk(self.root) if node.type == "for_statement"}
        named = {text(node) for node in walk(self.root) if node.type == "identifier" and _is_use(node)}
        return named - loops - _BUILT_IN

    def names_used_in_outputs(self) -> set[str]:
        """Every name that the value of an output stands on."""
        outputs = [node for node in walk(self.root) if node.type == _OUTPUT]
        return {text(one) for node in outputs for one in walk(node) if one.type == "identifier" and _is_use(one)}

    def calls(self, function: str) -> list[list[str]]:
        """The literal arguments of each call of a function."""
        calls = [node for node in walk(self.root) if node.type == "call_expression"]
        return [
            [literal(argument) for argument in _first(call, "arguments").named_children if argument.type == "string"]
            for call in calls
            if text(call.children[0]) == function
        ]

    def outputs_used(self) -> set[tuple[str, str]]:
        """`(module, output)` of each `module.outputs.output`."""
        return set(re.findall(r"\b(\w+)\.outputs\.(\w+)", text(self.root)))


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Node) -> str:
    return (node.text or b"").decode()


def literal(node: Node) -> str:
    """A string without its quotes."""
    return text(node).strip("'")


def _first(node: Node, kind: str) -> Node:
    return next(child for child in walk(node) if child.type == kind)


def _flat(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    for child in node.children:
        if child.type == "object_property" and len(child.named_children) == 2:
            key, value = child.named_children
            here = f"{path}{literal(key)}"
            yield here, value
            if value.type == "object":
                yield from _flat(value, f"{here}.")


def _is_use(node: Node) -> bool:
    parent = node.parent
    if parent is None:
        return False
    is_first = parent.named_children[0] == node
    return not (
        is_first and parent.type in {*_DECLARATIONS, _OUTPUT, "object_property", "call_expression", "for_statement"}
    )
