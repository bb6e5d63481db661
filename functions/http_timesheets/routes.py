"""`/api/timesheets`: a period is submitted, approved, and stays as it was approved."""

from collections.abc import Mapping
from urllib.parse import urlencode

from shared.cosmos.items import Document
from shared.http.etags import etag_of
from shared.http.routing import IF_MATCH, Reply, Request, Route, Routes, path_of
from shared.timesheets import reading, rules, store
from shared.timesheets.answers import MissingTimesheets, Timesheet, Verification, shown
from shared.timesheets.missing import missing
from shared.timesheets.pricing import amounts
from shared.timesheets.rules import Step, Transition
from shared.timesheets.schemas import DecisionBody, MissingQuery, TimesheetBody, TimesheetQuery
from shared.timesheets.verification import verification

ROUTES = Routes("Submit what was worked, and approve it. What is submitted or approved can't be changed.")

DECISION_REFUSALS = {
    403: "The timesheet is the caller's own.",
    409: "The timesheet is in another state; `state` says in which.",
}


@Route(
    ROUTES,
    "GET",
    "",
    operation_id="list-timesheets",
    query=TimesheetQuery(),
    answer=Timesheet(many=True),
    refusals={403: "Only an administrator may see other users' timesheets."},
)
async def list_timesheets(request: Request) -> Reply:
    """List timesheets.

    Newest period first: the caller's own; administrators may name users. The list holds every period that meets the
    range of dates.
    """
    timesheets, cursor = await reading.page(request.caller, request.query)
    links = _link(request, {"cursor": cursor}) if cursor else {}
    return Reply([shown(timesheet, request.caller) for timesheet in timesheets], headers=links)


@Route(
    ROUTES,
    "POST",
    "",
    operation_id="submit-timesheet",
    body=TimesheetBody(),
    answer=Timesheet(),
    status=201,
    refusals={
        400: "The period is too long, has not begun, or begins or ends with a day that the time zone skipped.",
        409: "The period meets that of another timesheet that is submitted or approved; `timesheet_id` says which.",
        422: "A time entry is running in the period, or reaches over its edge; `conflicts` says which.",
    },
)
async def submit(request: Request) -> Reply:
    """Submit a timesheet.

    From now on, nothing in the period can be made, changed, moved or deleted, until the timesheet is withdrawn,
    rejected or reopened. A period is up to 62 days long, and may not have ended yet.
    """
    timesheet = await store.submit(request.caller, request.now, request.body)
    return await _item(request, timesheet, {"Location": path_of(f"timesheets/{timesheet['id']}")})


@Route(
    ROUTES,
    "GET",
    "missing",
    operation_id="list-missing-timesheets",
    query=MissingQuery(),
    answer=MissingTimesheets(),
    admin_only=True,
    refusals={503: "Too many large lists are being read."},
)
async def list_missing(request: Request) -> Reply:
    """List who has not submitted.

    For administrators. The users who have worked between two local dates, and have not submitted all of it, with the
    time that no submitted or approved timesheet covers.
    """
    users, cursor = await missing(request.caller, request.query, request.now)
    return Reply({"data": users}, headers=_link(request, {"cursor": cursor}) if cursor else {})


@Route(ROUTES, "GET", "{id}", operation_id="get-timesheet", answer=Timesheet())
async def get(request: Request) -> Reply:
    """Get a timesheet.

    One of the caller's own. Administrators may get any timesheet of the tenant.
    """
    return await _item(request, await reading.get(request.caller, request.id))


@Route(ROUTES, "GET", "{id}/verification", operation_id="verify-timesheet", answer=Verification())
async def verify(request: Request) -> Reply:
    """Verify a timesheet.

    Whether the period's time entries are what was submitted, in whatever state it is. One's own; administrators may
    verify any timesheet of the tenant, and see what it amounts to now.
    """
    timesheet = await reading.get(request.caller, request.id)
    return Reply(await verification(request.caller, timesheet))


@Route(
    ROUTES,
    "POST",
    "{id}/approve",
    operation_id="approve-timesheet",
    body=DecisionBody(),
    headers=(IF_MATCH,),
    answer=Timesheet(),
    refusals=DECISION_REFUSALS,
    admin_only=True,
)
async def approve(request: Request) -> Reply:
    """Approve a timesheet.

    For administrators, and not for their own unless a setting allows it. Its amounts are kept as they are now.
    """
    return await _decide(request, rules.APPROVE)


@Route(
    ROUTES,
    "POST",
    "{id}/reject",
    operation_id="reject-timesheet",
    body=DecisionBody(),
    headers=(IF_MATCH,),
    answer=Timesheet(),
    refusals=DECISION_REFUSALS,
    admin_only=True,
)
async def reject(request: Request) -> Reply:
    """Reject a timesheet.

    For administrators. Its period can be changed and submitted again.
    """
    return await _decide(request, rules.REJECT)


@Route(
    ROUTES,
    "POST",
    "{id}/reopen",
    operation_id="reopen-timesheet",
    body=DecisionBody(),
    headers=(IF_MATCH,),
    answer=Timesheet(),
    refusals=DECISION_REFUSALS,
    admin_only=True,
)
async def reopen(request: Request) -> Reply:
    """Reopen an approved timesheet.

    For administrators. Its period can be changed and submitted again.
    """
    return await _decide(request, rules.REOPEN)


@Route(
    ROUTES,
    "POST",
    "{id}/withdraw",
    operation_id="withdraw-timesheet",
    body=DecisionBody(),
    headers=(IF_MATCH,),
    answer=Timesheet(),
    refusals={
        403: "Only its owner may withdraw a timesheet.",
        409: "The timesheet is no longer submitted; `state` says in which state it is.",
    },
)
async def withdraw(request: Request) -> Reply:
    """Withdraw a timesheet.

    For its owner, as long as nobody has decided on it. Its period can be changed and submitted again.
    """
    return await _decide(request, rules.WITHDRAW)


async def _decide(request: Request, transition: Transition) -> Reply:
    step = Step(transition, request.body.get("comment"))
    timesheet = await store.decide(request.caller, request.now, request.id, step, request.precondition)
    return await _item(request, timesheet)


async def _item(request: Request, timesheet: Document, headers: Mapping[str, str] | None = None) -> Reply:
    priced = None
    if request.caller.may_see_amounts and timesheet["amounts"] is None:
        priced = await amounts(timesheet, await reading.submitted(timesheet) or {})
    return Reply(shown(timesheet, request.caller, priced), headers={"ETag": etag_of(timesheet), **(headers or {})})


def _link(request: Request, more: Mapping[str, str | None]) -> dict[str, str]:
    """The `Link` to what follows: the same query, from the cursor on."""
    given = {
        name: ",".join(value) if isinstance(value, list) else getattr(value, "key", value)
        for name, value in request.query.items()
    }
    query = {name: value for name, value in (given | dict(more)).items() if value is not None}
    return {"Link": f'<?{urlencode(query)}>; rel="next"'}
