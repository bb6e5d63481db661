"""The flags that a deployment makes are those of the code, and each is one that can be evaluated."""

import json

from shared.flags.evaluation import OFF, FlagSet
from shared.flags.feature_flags import Flag
from shared.flags.reading import FlagDocument
from shared.logs import SparingLog
from tests.infra.bicep import INFRA

FLAGS = json.loads((INFRA / "feature_flags.json").read_text())["feature_management"]["feature_flags"]


def test_they_are_those_of_the_code() -> None:
    assert [one["id"] for one in FLAGS] == [str(flag) for flag in Flag]


async def test_a_new_deployment_switches_nothing_on_for_everyone() -> None:
    flags = FlagSet([FlagDocument(one["id"], one) for one in FLAGS], SparingLog(__name__))

    assert await flags.all_for("ann@example.com", []) == dict.fromkeys(map(str, Flag), OFF)


async def test_testers_see_what_is_being_built() -> None:
    flags = FlagSet([FlagDocument(one["id"], one) for one in FLAGS], SparingLog(__name__))

    assert (await flags.evaluated(Flag.PREVIEW, "ann@example.com", ["time-tracker-tester"])).on
