"""`/api/feature-toggles`: which features are on for the caller."""

from marshmallow import fields

from shared.flags import feature_flags as flags
from shared.http.fields import Answer, about
from shared.http.routing import Reply, Request, Route, Routes

ROUTES = Routes("Which features are on for the caller.")


class FeatureToggles(Answer):
    """The feature flags, as evaluated for the caller."""

    flags = fields.Dict(
        keys=fields.String(),
        values=fields.Boolean(),
        metadata=about("Whether each flag is on, by its name.", {"dark-mode": True, "preview": False}),
    )


@Route(ROUTES, "GET", "", operation_id="list-feature-toggles", answer=FeatureToggles())
async def feature_toggles(request: Request) -> Reply:
    """List the feature flags for the caller.

    Each flag is evaluated for the caller. A flag that can't be evaluated is off.
    """
    return Reply({"flags": await flags.toggles(request.caller)})
