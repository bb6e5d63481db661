"""`/api/feature-toggles`: which features are on for the caller."""

from marshmallow import fields

from shared.flags import feature_flags as flags
from shared.http.fields import Answer, Text, about
from shared.http.routing import Reply, Request, Route, Routes

ROUTES = Routes("Which features are on for the caller.")


class Variant(Answer):
    """A variant of a feature flag."""

    name = Text(metadata=about("The variant's name.", "B"))
    configuration_value = fields.Raw(
        allow_none=True, metadata=about("What the flag's document has for it: any JSON.", {"colour": "blue"})
    )


class FeatureToggles(Answer):
    """The feature flags, as evaluated for the caller."""

    flags = fields.Dict(
        keys=fields.String(),
        values=fields.Boolean(),
        metadata=about("Whether each flag is on, by its name.", {"dark-mode": True, "preview": False}),
    )
    variants = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(Variant),
        metadata=about(
            "The variant that the caller gets, by the flag's name: of flags that have variants.",
            {"theme": {"name": "B", "configuration_value": {"colour": "blue"}}},
        ),
    )


@Route(ROUTES, "GET", "", operation_id="list-feature-toggles", answer=FeatureToggles())
async def feature_toggles(request: Request) -> Reply:
    """List the feature flags for the caller.

    Each flag is evaluated for the caller, and says the same as in Microsoft's .NET and JavaScript packages wherever
    those agree, given the caller's e-mail in lower case. A flag that can't be evaluated is off.
    """
    found = await flags.toggles(request.caller)
    return Reply({"flags": found.flags, "variants": found.variants})
