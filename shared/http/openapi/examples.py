"""An example of what a schema describes, put together from the examples of its fields."""

from typing import Any

from marshmallow import Schema, fields


def example_of(schema: Schema) -> Any:
    """The example; of a list, with one item."""
    given = {name: _value(field) for name, field in schema.fields.items() if _has_example(field)}
    return [given] if schema.many else given


def _has_example(field: fields.Field[Any]) -> bool:
    return "example" in field.metadata or isinstance(_inner(field), fields.Nested) or bool(_choices(field))


def _value(field: fields.Field[Any]) -> Any:
    inner = _inner(field)
    if "example" in field.metadata:
        return field.metadata["example"]
    if isinstance(inner, fields.Nested):
        nested = example_of(inner.schema)
        return [nested] if isinstance(field, fields.List) else nested
    return _choices(field)[0]


def _inner(field: fields.Field[Any]) -> fields.Field[Any]:
    return field.inner if isinstance(field, fields.List) else field


def _choices(field: fields.Field[Any]) -> list[Any]:
    return [choice for validator in field.validators for choice in getattr(validator, "choices", ())]
