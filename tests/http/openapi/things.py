"""Things to call about: made over the API, so that calls that Schemathesis makes up meet something."""

from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any
from uuid import UUID

import requests

from tests.http.openapi.serving import Person, Served

# What a field of a body refers to.
REFERENCES = {
    "project_id": "projects",
    "activity_id": "activities",
    "customer_id": "customers",
    "project_type_id": "project-types",
    "parent_id": "project-types",
}
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


class Things:
    """What there is in the caller's tenant."""

    def __init__(self, served: Served, caller: Person) -> None:
        self._served, self._caller = served, caller
        self._admin = Person(caller.tenant_id, admin=True)
        self._numbers = count()

    def aim(self, case: Any) -> None:
        """Let the path and the body of a call mean things that are there."""
        if "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = self._fresh(case.path)
        if isinstance(case.body, dict):
            for name in REFERENCES.keys() & case.body.keys():
                if _is_id(case.body[name]):
                    case.body[name] = self._standing[name]
        # Such a header would be the tag of nothing.
        (case.headers or {}).pop("If-Match", None)

    def _fresh(self, path: str) -> str:
        """The id of something that the call may spoil."""
        resource = path.split("/")[1]
        if resource == "users":
            return self._caller.user_id
        if resource == "time-entries":
            made = self._entry(running=path.endswith("/stop"))
        elif resource == "imports":
            return self._import()
        elif resource == "rates":
            made = self._rate()
        elif resource == "webhooks":
            made = self._admin.post(self._served, "webhooks", url="https://8.8.8.8/hooks", events=["*"])
        elif resource == "timesheets":
            made = self._timesheet(self._caller if path.endswith("/withdraw") else self._admin)
        else:
            made = self._made(resource)
        return str(made["id"])

    @cached_property
    def _standing(self) -> dict[str, str]:
        return {name: self._made(resource)["id"] for name, resource in REFERENCES.items()}

    def _made(self, resource: str) -> dict[str, Any]:
        return self._admin.post(self._served, resource, name=f"Thing {next(self._numbers)}")

    def _rate(self) -> dict[str, Any]:
        since = (LONG_AGO + timedelta(days=next(self._numbers))).date().isoformat()
        return self._admin.post(self._served, "rates", kind="cost", amount="1.00", currency="EUR", valid_from=since)

    def _import(self) -> str:
        answer = requests.post(
            f"{self._served.url}/api/imports?timezone=UTC",
            data=f"project,start,end,description\nProject,2024-01-01T09:00,2024-01-01T10:00,{next(self._numbers)}\n",
            headers={**self._caller.headers, "Content-Type": "text/csv"},
            timeout=10,
        )
        assert answer.status_code == requests.codes.ok, answer.text
        return str(answer.json()["import_id"])

    def _entry(self, *, running: bool) -> dict[str, Any]:
        # A call before may have submitted a period that it lies in.
        self._withdraw_all()
        start = LONG_AGO + timedelta(hours=next(self._numbers))
        dates = {"start_date": start.isoformat(), "end_date": (start + timedelta(minutes=30)).isoformat()}
        if running:
            self._stop()
        references = {name: self._standing[name] for name in ("project_id", "activity_id")}
        return self._caller.post(self._served, "time-entries", **references, **({} if running else dates))

    def _timesheet(self, owner: Person) -> dict[str, Any]:
        day = (LONG_AGO - timedelta(days=1 + next(self._numbers))).date().isoformat()
        return owner.post(self._served, "timesheets", start_date=day, end_date=day, timezone="UTC")

    def _withdraw_all(self) -> None:
        url = f"{self._served.url}/api/timesheets?status=submitted"
        for timesheet in requests.get(url, headers=self._caller.headers, timeout=10).json():
            self._caller.post(self._served, f"timesheets/{timesheet['id']}/withdraw")

    def _stop(self) -> None:
        running = requests.get(f"{self._served.url}/api/time-entries/running", headers=self._caller.headers, timeout=10)
        if running.status_code == requests.codes.ok:
            self._caller.post(self._served, f"time-entries/{running.json()['id']}/stop")


def _is_id(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False
