"""Expressions to Python closures: each takes the row, a list of the values that the names of FROM are bound to."""

from collections.abc import Callable, Mapping
from typing import Any

from embedded_cosmos.sql import nodes, operators
from embedded_cosmos.sql.errors import SqlError, Unsupported
from embedded_cosmos.sql.functions import FUNCTIONS
from embedded_cosmos.sql.functions_math import is_integer
from embedded_cosmos.sql.nodes import Expr
from embedded_cosmos.sql.values import UNDEFINED, is_number

Row = list[Any]
Closure = Callable[[Row], Any]

AGGREGATES = frozenset({"COUNT", "COUNTIF", "SUM", "MIN", "MAX", "AVG", "MAKELIST", "MAKESET"})


class Scope:
    """The names and parameters that an expression may use; rows are `width` long."""

    def __init__(self, names: Mapping[str, int], parameters: Mapping[str, Any], width: int) -> None:
        self.names = names
        self.parameters = parameters
        self.width = width

    def compile(self, expression: Expr) -> Closure:
        method: Callable[[Any], Closure] = getattr(self, f"compile_{type(expression).__name__.lower()}")
        return method(expression)

    def constant(self, expression: Expr) -> Any:
        """The value of an expression that holds no more than literals and parameters; KeyError if there is more."""
        if isinstance(expression, nodes.Constant):
            return expression.value
        if isinstance(expression, nodes.Undefined):
            return UNDEFINED
        if isinstance(expression, nodes.Parenthesis):
            return self.constant(expression.inner)
        if isinstance(expression, nodes.Parameter):
            return self.parameter(expression)
        if isinstance(expression, nodes.ArrayOf):
            return [value for item in expression.items if (value := self.constant(item)) is not UNDEFINED]
        raise KeyError(expression)

    def parameter(self, expression: nodes.Parameter) -> Any:
        try:
            return self.parameters[expression.name]
        except KeyError:
            raise SqlError(f"The parameter '{expression.name}' has no value", *expression.at) from None

    def compile_constant(self, expression: nodes.Constant) -> Closure:
        value = expression.value
        return lambda _: value

    def compile_undefined(self, _: nodes.Undefined) -> Closure:
        return lambda _: UNDEFINED

    def compile_parameter(self, expression: nodes.Parameter) -> Closure:
        value = self.parameter(expression)
        return lambda _: value

    def compile_parenthesis(self, expression: nodes.Parenthesis) -> Closure:
        return self.compile(expression.inner)

    def compile_name(self, expression: nodes.Name) -> Closure:
        if expression.name not in self.names:
            raise SqlError(f"Identifier '{expression.name}' could not be resolved.", *expression.at)
        place = self.names[expression.name]
        return lambda row: row[place]

    def compile_member(self, expression: nodes.Member) -> Closure:
        base = self.compile(expression.base)
        if isinstance(expression.key, nodes.Constant) and isinstance(expression.key.value, str):
            name = expression.key.value

            def member(row: Row) -> Any:
                holder = base(row)
                return holder.get(name, UNDEFINED) if type(holder) is dict else UNDEFINED

            return member
        key = self.compile(expression.key)
        return lambda row: operators.index(base(row), key(row))

    def compile_arrayof(self, expression: nodes.ArrayOf) -> Closure:
        items = [self.compile(item) for item in expression.items]
        return lambda row: [value for item in items if (value := item(row)) is not UNDEFINED]

    def compile_objectof(self, expression: nodes.ObjectOf) -> Closure:
        fields = [(name, self.compile(value)) for name, value in expression.fields]
        return lambda row: {name: found for name, value in fields if (found := value(row)) is not UNDEFINED}

    def compile_unary(self, expression: nodes.Unary) -> Closure:
        operand = self.compile(expression.operand)
        operation = operators.UNARY[expression.operator]
        return lambda row: operation(operand(row))

    def compile_binary(self, expression: nodes.Binary) -> Closure:
        left, right = self.compile(expression.left), self.compile(expression.right)
        if expression.operator == "??":
            return lambda row: right(row) if (value := left(row)) is UNDEFINED else value
        operation = operators.BINARY[expression.operator]
        return lambda row: operation(left(row), right(row))

    def compile_logic(self, expression: nodes.Logic) -> Closure:
        parts = [self.compile(part) for part in expression.parts]
        deciding = expression.operator == "OR"
        return lambda row: operators.logic(parts, deciding, row)

    def compile_in(self, expression: nodes.In) -> Closure:
        operand = self.compile(expression.operand)
        items = [self.compile(item) for item in expression.items]
        return lambda row: operators.contained(operand(row), [item(row) for item in items])

    def compile_between(self, expression: nodes.Between) -> Closure:
        low = nodes.Binary(">=", expression.operand, expression.low)
        return self.compile(nodes.Logic("AND", (low, nodes.Binary("<=", expression.operand, expression.high))))

    def compile_like(self, expression: nodes.Like) -> Closure:
        operand, pattern = self.compile(expression.operand), self.compile(expression.pattern)
        escape = expression.escape
        return lambda row: operators.like(operand(row), pattern(row), escape)

    def compile_conditional(self, expression: nodes.Conditional) -> Closure:
        test, then = self.compile(expression.test), self.compile(expression.then)
        otherwise = self.compile(expression.otherwise)
        return lambda row: then(row) if test(row) is True else otherwise(row)

    def compile_call(self, expression: nodes.Call) -> Closure:
        name = expression.function
        if name in AGGREGATES:
            raise SqlError(f"The aggregate {name} is not allowed here", *expression.at)
        if name not in FUNCTIONS:
            raise Unsupported(f"the function {name}", *expression.at)
        function = FUNCTIONS[name]
        if not function.least <= len(expression.arguments) <= function.most:
            raise SqlError(f"The {name} function does not take {len(expression.arguments)} arguments", *expression.at)
        arguments = [self.compile(argument) for argument in expression.arguments]
        apply = function.apply
        if function.once:
            value = apply()
            return lambda _: value
        if len(arguments) == 1:
            only = arguments[0]
            return lambda row: apply(only(row))
        return lambda row: apply(*[argument(row) for argument in arguments])

    def compile_userfunction(self, expression: nodes.UserFunction) -> Closure:
        raise Unsupported(f"the user-defined function udf.{expression.name}", *expression.at)

    def compile_subquery(self, expression: nodes.Subquery) -> Closure:
        raise Unsupported(f"a subquery ({expression.kind}) here")


def count_of(scope: Scope, expression: Expr | None, clause: str) -> int | None:
    """The number of TOP, OFFSET or LIMIT."""
    if expression is None:
        return None
    value = scope.constant(expression)
    if not is_number(value) or not is_integer(value) or value < 0:
        raise SqlError(f"{clause} takes a whole number that is not negative")
    return int(value)
