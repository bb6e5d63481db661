"""`/api/feature-toggles`: what is switched on for the caller."""

from marshmallow import fields

from shared.flags import feature_flags as flags
from shared.http.fields import Answer, about
from shared.http.routing import Reply, Request, Route


class FeatureToggles(Answer):
    """The feature flags, as each is for the caller."""

    flags = fields.Dict(
        keys=fields.String(), values=fields.Boolean(), metadata=about("By name.", {"dark-mode": True, "preview": False})
    )


async def feature_toggles(request: Request) -> Reply:
    return Reply({"flags": await flags.toggles(request.caller)})


ROUTES = (
    Route(
        "GET",
        "",
        feature_toggles,
        "List the feature flags, as each is for the caller",
        "list-feature-toggles",
        "It never fails: a flag that can't be told is off.",
        answer=FeatureToggles(),
    ),
)
