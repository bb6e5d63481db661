"""The components of the document: every marshmallow schema that a call takes or answers, by apispec.

API Management imports neither schemas that are written out at an operation nor any component but schemas: so a list has
a component of its own, and an operation only refers to components.
"""

import inspect
import json
from collections.abc import Mapping
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_instance
from apispec.ext.marshmallow.field_converter import DEFAULT_FIELD_MAPPING
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields, missing

from shared.http.fields import Answer, Choice, CommaList, Id, Instant, QueryBoolean

Json = dict[str, Any]
JSON_SCHEMA: Mapping[type[Any], tuple[str | None, str | None]] = {
    Id: ("string", "uuid"),
    Instant: ("string", "date-time"),
    CommaList: ("array", None),
    QueryBoolean: ("boolean", None),
}
# What an answer of a media type is, where it is no item: its name, and its schema.
MEDIA: Mapping[str, tuple[str, Json]] = {
    "application/json": ("ApiDescription", {"type": "object", "description": "An OpenAPI document."}),
    "text/": ("PlainText", {"type": "string", "description": "A text."}),
}
ANY_ID: Mapping[str, str] = {"type": "string", "format": "uuid"}
EXAMPLE_ID = "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03"
UUID_PATTERN = "[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"


class Components:
    """The document's schemas, each made when it is first referred to."""

    def __init__(self) -> None:
        self._plugin = _Plugin(schema_name_resolver=_name)
        self._spec = APISpec("", "", "3.0.3", plugins=[self._plugin])
        # Lists, and answers that are no item: a page, a file.
        self._others: dict[str, Json] = {}

    def reference(self, schema: Schema) -> Json:
        """Refer to a schema; a list of items is a component as well."""
        one = type(schema)(partial=schema.partial)
        reference: Json = self._converter.resolve_nested_schema(one)  # type: ignore[no-untyped-call]
        if not schema.many:
            return reference
        name = f"{_name(one)}List"
        return self._other(name, {"type": "array", "items": reference})

    def media(self, media_type: str) -> Json:
        """Refer to what an answer of this media type is, if it is no item."""
        for kind, (name, schema) in MEDIA.items():
            if media_type.startswith(kind):
                return self._other(name, schema)
        return self._other("BinaryFile", {"type": "string", "format": "binary", "description": "A file."})

    def _other(self, name: str, schema: Json) -> Json:
        self._others[name] = schema
        return {"$ref": f"#/components/schemas/{name}"}

    def parameters(self, query: Schema) -> list[Json]:
        """The parameters of a query."""
        found: list[Json] = self._converter.schema2parameters(query, location="query")
        for one in found:
            # None means absent; a query has no null.
            one["schema"].pop("nullable", None)
            # Whatever a field makes of it, it comes as text.
            one["schema"].setdefault("type", "string")
            if (example := _example(one["schema"])) is not None:
                one["example"] = example
        return found

    def all(self) -> Json:
        """Every schema by name."""
        schemas = {**self._spec.to_dict()["components"]["schemas"], **self._others, **self._converter.enums}
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
        for name, field in instance.fields.items():
            _default_in_words(made["properties"][name], field, instance)
        return made

    def field2property(self, field: fields.Field[Any]) -> Json:
        if isinstance(field, fields.Nested) and field.allow_none:
            # Written out: what a reference leads to can't be null in OpenAPI 3.0, whatever stands beside the reference.
            told: Json = self.metadata2properties(field)
            return {**self.schema2jsonschema(field.schema), "nullable": True, **told}
        made: Json = super().field2property(field)
        if isinstance(field, CommaList):
            made["items"] = _word_or_id(field.words)
        if made.get("default", ...) is None:
            del made["default"]
        if isinstance(field, Choice):
            made = _referring(field, made)
        if "type" not in made:
            # OpenAPI gives `nullable` a meaning beside a type only; what has no type may be null anyway.
            made.pop("nullable", None)
        return made

    def _field2parameter(self, field: fields.Field[Any], **options: Any) -> Json:
        made: Json = super()._field2parameter(field, **options)
        if isinstance(field, Choice):
            # API Management imports no reference in a parameter.
            made["schema"] = {**_words(field), "example": field.words[0]}
        return made


def _default_in_words(made: Json, field: fields.Field[Any], schema: Schema) -> None:
    """Replace a property's `default` by words in its description.

    Generators of clients take a `default` for something that they must send, or for a field that is always there. What
    is not given in a change stays as it is, so that it has none.
    """
    made.pop("default", None)
    default = field.load_default() if callable(field.load_default) else field.load_default
    if isinstance(schema, Answer) or schema.partial or default in (missing, None):
        return
    words = "an empty list" if default == [] else f"`{json.dumps(default)}`"
    made["description"] = f"{made['description']} By default, {words}."


class _Plugin(MarshmallowPlugin):
    Converter = _Converter


def _words(field: Choice) -> Json:
    return {"type": "string", "enum": list(field.words)}


def _referring(field: Choice, made: Json) -> Json:
    """A property with a reference in place of its words. Whatever else it says needs `allOf` around the reference."""
    reference = {"$ref": f"#/components/schemas/{field.enum}"}
    rest = {name: value for name, value in made.items() if name != "enum"}
    return reference if set(rest) == {"type"} else {**rest, "allOf": [reference]}


def _example(schema: Json) -> Any:
    """An example for a parameter, taken from its schema, where it would be one of the type; or one that suits it."""
    if "example" in schema:
        return schema.pop("example")
    if "default" in schema:
        return schema["default"]
    if schema["type"] == "array":
        return [EXAMPLE_ID] if schema["items"] == ANY_ID else None
    suiting = {"integer": schema.get("minimum"), "boolean": True, "string": EXAMPLE_ID if schema == ANY_ID else None}
    return suiting.get(schema["type"])


def _id_first(properties: Json) -> Json:
    return {name: properties[name] for name in sorted(properties, key=lambda name: name != "id")}


def _word_or_id(words: tuple[str, ...]) -> Json:
    if not words:
        return dict(ANY_ID)
    alternatives = "|".join([*(f"[{word}]" for word in words), UUID_PATTERN])
    return {"type": "string", "pattern": f"^({alternatives})$"}


def _name(schema: type[Schema] | Schema) -> str:
    """A body of which everything is optional has a name of its own."""
    instance = resolve_schema_instance(schema)
    name = type(instance).__name__
    return f"{name.removesuffix('Body')}Change" if instance.partial else name
