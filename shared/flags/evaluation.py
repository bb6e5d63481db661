"""Feature flags as read at one moment, and what each says for one user: the featuremanagement package evaluates.

The package raises for a malformed flag, each time in another way. Here every flag stands alone: a broken one is off, is
named in the log once in a while, and does not affect the others.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from featuremanagement import TargetingContext, Variant
from featuremanagement.aio import FeatureManager

from shared.flags.normal_form import NormalFlag, normal_form
from shared.flags.reading import FlagDocument
from shared.logs import SparingLog

# The package targets nobody without user and groups, even at 100 %. So they get this group, which no flag names.
NO_GROUP = "\0"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a flag says for a user: whether it is on, and the variant that they get, if any."""

    on: bool
    variant: Variant | None = None


OFF = Evaluation(on=False)


class FlagSet:
    """The flags of a store or file. Of two with the same name the last one counts."""

    def __init__(self, documents: Iterable[FlagDocument], log: SparingLog) -> None:
        self._log = log
        self._flags = {name: self._parsed(name, document) for name, document in documents}

    async def all_for(self, user: str, groups: Collection[str]) -> dict[str, Evaluation]:
        """Every flag by name, as evaluated for a user who is in these groups."""
        return {name: await self.evaluated(name, user, groups) for name in self._flags}

    async def evaluated(self, name: str, user: str, groups: Collection[str]) -> Evaluation:
        """A flag for a user, given in lower case, empty for none; a flag that is missing or broken is off."""
        flag = self._flags.get(name)
        if flag is None:
            return OFF
        target = TargetingContext(user, sorted(groups) or ([] if user else [NO_GROUP]))
        try:
            return await flag.evaluated(target)
        except Exception as error:  # noqa: BLE001 - a flag is data from elsewhere; the package raises all sorts for it
            self._complain(name, error)
            return OFF

    def _parsed(self, name: str, document: Any) -> "_Flag | None":
        try:
            return _Flag(normal_form(name, document))
        except (ValueError, TypeError, RecursionError) as error:
            self._complain(name, error)
            return None

    def _complain(self, name: str, error: Exception) -> None:
        self._log.warn_about(name, "the feature flag %r is broken, and off (%s: %s)", name, type(error).__name__, error)


class _Flag:
    """One flag, with one of the package's managers for each variant that a percentile can give."""

    def __init__(self, flag: NormalFlag) -> None:
        self._flag = flag
        self._name = flag.document["id"]
        self._manager = cache(self._new_manager)

    async def evaluated(self, target: TargetingContext) -> Evaluation:
        manager = self._manager(self._variant_by_percentile(target.user_id))
        # The package's one overload does not say that a context may be given.
        on: bool = await manager.is_enabled(self._name, target)  # type: ignore[call-overload]
        if not self._flag.has_variants:
            return Evaluation(on)
        return Evaluation(on, await manager.get_variant(self._name, target))  # type: ignore[call-overload]

    def _variant_by_percentile(self, user: str) -> str | None:
        """The variant of the percentile that a user belongs to, which .NET and JavaScript reckon in the same way."""
        if not self._flag.percentiles:
            return None
        digest = sha256(f"{user}\n{self._flag.seed}".encode()).digest()
        percentile = int.from_bytes(digest[:4], "little") / (2**32 - 1) * 100
        return next((one.variant for one in self._flag.percentiles if one.holds(percentile)), None)

    def _new_manager(self, variant: str | None) -> FeatureManager:
        document = self._flag.with_percentile_of(variant)
        return FeatureManager({"feature_management": {"feature_flags": [document]}})
