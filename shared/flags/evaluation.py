"""Feature flags as read at one moment, and what each says for one user: the featuremanagement package evaluates.

The package raises on a flag that is not as it should be, each in its own way. Here every flag stands for itself: one
that is broken is off, is said to be so in the log once in a while, and does nothing to its neighbours.
"""

from collections.abc import Collection, Iterable
from typing import Any

from featuremanagement import TargetingContext
from featuremanagement.aio import FeatureManager

from shared.flags.reading import FlagDocument
from shared.logs import SparingLog


class FlagSet:
    """The flags of a store or file. Of two with one name the last counts."""

    def __init__(self, documents: Iterable[FlagDocument], log: SparingLog) -> None:
        self._log = log
        self._managers = {name: self._manager(name, document) for name, document in documents}

    async def all_for(self, user: str, groups: Collection[str]) -> dict[str, bool]:
        """Every flag by name, as it is for a user who is in these groups."""
        return {name: await self.is_on(name, user, groups) for name in self._managers}

    async def is_on(self, name: str, user: str, groups: Collection[str]) -> bool:
        """Whether a flag is on for a user, named in lower case; one that is not there, or broken, is off."""
        manager = self._managers.get(name)
        if manager is None:
            return False
        target = TargetingContext(user, sorted(groups))
        try:
            # Its one overload forgets that a context may be given.
            on: bool = await manager.is_enabled(name, target)  # type: ignore[call-overload]
        except Exception as error:  # noqa: BLE001 - a flag is data from elsewhere; the package raises all sorts for it
            self._complain(name, error)
            return False
        return on

    def _manager(self, name: str, document: Any) -> FeatureManager | None:
        try:
            checked = _checked(document)
        except ValueError as error:
            self._complain(name, error)
            return None
        return FeatureManager({"feature_management": {"feature_flags": [checked]}})

    def _complain(self, name: str, error: Exception) -> None:
        self._log.warn_about(name, "the feature flag %r is broken, and off (%s: %s)", name, type(error).__name__, error)


def _checked(document: Any) -> dict[str, Any]:
    """A copy for the package, which writes into what it is given. Raises ValueError for what it would not refuse."""
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - it is about a value, not about our code
    conditions = document.get("conditions", {})
    filters = conditions.get("client_filters") if isinstance(conditions, dict) else None
    if filters is not None and not isinstance(filters, list):
        # The package takes this for no filters at all, and has the flag on for everyone.
        raise ValueError("'client_filters' must be a list")
    if any(_is_window_without_ends(one) for one in filters or []):
        # The package says so in the log at every evaluation.
        raise ValueError("a time window must have a Start or an End")
    checked: dict[str, Any] = _with_lower_case_users(document)
    return checked


def _is_window_without_ends(client_filter: Any) -> bool:
    if not isinstance(client_filter, dict) or client_filter.get("name") != "Microsoft.TimeWindow":
        return False
    parameters = client_filter.get("parameters", {})
    return isinstance(parameters, dict) and not parameters.get("Start") and not parameters.get("End")


def _with_lower_case_users(part: Any) -> Any:
    """The package compares users exactly; e-mails are written in any case, in tokens and by those who target them."""
    if isinstance(part, list):
        return [_with_lower_case_users(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: [user.lower() if isinstance(user, str) else user for user in value]
        if key.lower() == "users" and isinstance(value, list)
        else _with_lower_case_users(value)
        for key, value in part.items()
    }
