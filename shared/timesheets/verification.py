"""Whether what lies in a timesheet's period is what was submitted."""

import asyncio
from collections.abc import Mapping
from typing import Any

from shared.auth.caller import Caller
from shared.timesheets import reading, rules
from shared.timesheets.pricing import amounts
from shared.timesheets.rules import Submitted


async def verification(caller: Caller, timesheet: Mapping[str, Any]) -> dict[str, Any]:
    """Both digests compared, and which entries differ; for administrators, what the period amounts to now."""
    intact, entries, rows = await compared(timesheet)
    priced = {"amounts_now": await amounts(timesheet, rows)} if caller.may_see_amounts else {}
    return {"intact": intact, "entries": entries, **priced}


async def compared(timesheet: Mapping[str, Any]) -> tuple[bool, list[dict[str, str]], Submitted]:
    """Whether the entries of the period are what was submitted, which of them are not, and what they are now.

    Where the list of what was submitted is gone, the digest alone tells.
    """
    before, rows = await asyncio.gather(reading.submitted(timesheet), present(timesheet))
    intact = rules.digest(timesheet["owner_id"], rows) == timesheet["digest"]
    return intact, [] if before is None else rules.differences(before, rows), rows


async def present(timesheet: Mapping[str, Any]) -> Submitted:
    """What lies in the period of a timesheet now."""
    partition = [timesheet["tenant_id"], timesheet["owner_id"]]
    return rules.submitted(await reading.entries_within(partition, (timesheet["start"], timesheet["end"])))
