"""The components of the document: every marshmallow schema that a call takes or answers, by apispec.

API Management imports neither schemas that are written out at an operation nor any component but schemas: so a list has
a component of its own, and an operation only refers to components.
"""

import inspect
from collections.abc import Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_instance
from apispec.ext.marshmallow.field_converter import DEFAULT_FIELD_MAPPING
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

from shared.http.fields import Answer, Choice, CommaList, Id, Instant

Json = dict[str, Any]
JSON_SCHEMA: Mapping[type[Any], tuple[str | None, str | None]] = {
    Id: ("string", "uuid"),
    Instant: ("string", "date-time"),
    CommaList: ("array", None),
}
UUID_PATTERN = "[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"


class Components:
    """The document's schemas, each made when it is first referred to."""

    def __init__(self) -> None:
        self._plugin = _Plugin(schema_name_resolver=_name)
        self._spec = APISpec("", "", "3.0.3", plugins=[self._plugin])
        self._lists: dict[str, Json] = {}

    def reference(self, schema: Schema) -> Json:
        """Refer to a schema; a list of items is a component as well."""
        one = type(schema)(partial=schema.partial)
        reference: Json = self._converter.resolve_nested_schema(one)  # type: ignore[no-untyped-call]
        if not schema.many:
            return reference
        name = f"{_name(one)}List"
        self._lists[name] = {"type": "array", "items": reference}
        return {"$ref": f"#/components/schemas/{name}"}

    def parameters(self, query: Schema) -> list[Json]:
        """The parameters of a query."""
        found: list[Json] = self._converter.schema2parameters(query, location="query")
        for one in found:
            # None stands for what is absent; a query has no null.
            one["schema"].pop("nullable", None)
        return found

    def all(self) -> Json:
        """Every schema by name."""
        schemas = {**self._spec.to_dict()["components"]["schemas"], **self._lists, **self._converter.enums}
        return dict(sorted(schemas.items()))

    @property
    def _converter(self) -> "_Converter":
        converter = self._plugin.converter
        if not isinstance(converter, _Converter):
            raise TypeError("the plugin makes its converter when it is given the document")
        return converter


class _Converter(OpenAPIConverter):
    """What apispec can't know of this project's schemas and fields."""

    field_mapping = {**DEFAULT_FIELD_MAPPING, **JSON_SCHEMA}  # noqa: RUF012 - apispec's own is one, too

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # The enums that the schemas refer to, by name.
        self.enums: dict[str, Json] = {}

    def schema2jsonschema(self, schema: Any) -> Json:
        made: Json = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        instance = resolve_schema_instance(schema)
        made["description"] = inspect.cleandoc(type(instance).__doc__ or "")
        for field in instance.fields.values():
            inner = field.inner if isinstance(field, fields.List) else field
            if isinstance(inner, Choice):
                self.enums[inner.enum] = _words(inner)
        if isinstance(instance, Answer):
            made["properties"] = _id_first(made["properties"])
            made["additionalProperties"] = False
            made["required"] = [name for name, field in instance.fields.items() if not field.metadata.get("optional")]
        if instance.partial:
            # What is not given stays as it is.
            for one in made["properties"].values():
                one.pop("default", None)
        return made

    def field2property(self, field: fields.Field[Any]) -> Json:
        made: Json = super().field2property(field)
        if isinstance(field, CommaList):
            made["items"] = _word_or_id(field.words)
        if made.get("default", ...) is None:
            del made["default"]
        if isinstance(field, Choice):
            made = _referring(field, made)
        if isinstance(field, fields.Nested) and field.allow_none:
            # apispec's alternative to the schema would take any object; this one takes null only.
            made["anyOf"][-1]["enum"] = [None]
        return made

    def _field2parameter(self, field: fields.Field[Any], **options: Any) -> Json:
        made: Json = super()._field2parameter(field, **options)
        if isinstance(field, Choice):
            # API Management imports no reference in a parameter.
            made["schema"] = _words(field)
        return made


class _Plugin(MarshmallowPlugin):
    Converter = _Converter


def _words(field: Choice) -> Json:
    return {"type": "string", "enum": list(field.words)}


def _referring(field: Choice, made: Json) -> Json:
    """A property with a reference in place of its words. Whatever else it says needs `allOf` around the reference."""
    reference = {"$ref": f"#/components/schemas/{field.enum}"}
    rest = {name: value for name, value in made.items() if name != "enum"}
    return reference if set(rest) == {"type"} else {**rest, "allOf": [reference]}


def _id_first(properties: Json) -> Json:
    return {name: properties[name] for name in sorted(properties, key=lambda name: name != "id")}


def _word_or_id(words: tuple[str, ...]) -> Json:
    if not words:
        return {"type": "string", "format": "uuid"}
    alternatives = "|".join([*(f"[{word}]" for word in words), UUID_PATTERN])
    return {"type": "string", "pattern": f"^({alternatives})$"}


def _name(schema: type[Schema] | Schema) -> str:
    """A body of which everything is optional has a name of its own."""
    instance = resolve_schema_instance(schema)
    name = type(instance).__name__
    return f"{name.removesuffix('Body')}Change" if instance.partial else name
