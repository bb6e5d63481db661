"""Sending files to be imported, and what the formats' files look like."""

from typing import Any

from tests.calling import Answer, Item, Person

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOGGL = "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags"
CLOCKIFY = (
    '"Project","Client","Description","Task","User","Group","Email","Tags","Type","Billable","Invoiced","Invoice ID",'
    '"Start Date","Start Time","End Date","End Time","Duration (h)","Duration (decimal)","Billable Rate (USD)",'
    '"Billable Amount (USD)","Date of creation"'
)
HARVEST = (
    "Date,Client,Project,Project Code,Task,Notes,Hours,Billable?,Invoiced?,Approved?,First Name,Last Name,Roles,"
    "Employee?,Billable Rate,Billable Amount,Cost Rate,Cost Amount,Currency,External Reference URL"
)
GENERIC = "description,billable,client,project,tags,start,end,task,user_name,user_email"


async def send(
    who: Person,
    content: str | bytes,
    form: str = "generic",
    zone: str | None = None,
    media_type: str = CSV,
    **query: Any,
) -> Answer:
    """Send a file."""
    data = content.encode() if isinstance(content, str) else content
    asked = {"format": form, **({"timezone": zone} if zone else {}), **query}
    return await who.call("POST", "imports", asked, data=data, headers={"Content-Type": media_type})


async def imported(
    who: Person, content: str | bytes, form: str = "generic", zone: str | None = None, **more: Any
) -> Item:
    """Send a file that can be read; what came of it."""
    result: Item = (await send(who, content, form, zone, **more)).ok()
    return result


def file_of(header: str, *rows: str) -> str:
    """A CSV file."""
    return "\r\n".join([header, *rows, ""])


def generic(start: str, end: str, description: str = "Work", **more: str) -> str:
    """A row of the generic format, of what every test's tenant has."""
    cells = {
        "description": description, "billable": "true", "client": "Customer", "project": "Project", "tags": "",
        "start": start, "end": end, "task": "Activity", "user_name": "", "user_email": "",
    }  # fmt: skip
    return ",".join(f'"{text}"' for text in (cells | more).values())


def toggl(start: str, end: str, duration: str = "", **more: str) -> str:
    """A row of Toggl's, on one day: `toggl("2024-03-05 09:00:00", "10:00:00")`."""
    day, _, clock = start.partition(" ")
    end_day, _, end_clock = end.rpartition(" ")
    cells = {
        "user": "Somebody", "email": "", "client": "Customer", "project": "Project", "task": "Activity",
        "description": "Work", "billable": "Yes", "start date": day, "start time": clock,
        "end date": end_day or day, "end time": end_clock, "duration": duration, "tags": "",
    }  # fmt: skip
    return ",".join(f'"{text}"' for text in (cells | more).values())


async def entries(who: Person, year: int = 2024, month: int = 3) -> list[Item]:
    """The person's entries of a month, earliest first."""
    found: list[Item] = (await who.get("time-entries", {"year": year, "month": month, "timezone": "UTC"})).ok()
    return found[::-1]


def failures(result: Item) -> list[tuple[int, str]]:
    return [(one["row"], one["code"]) for one in result["failed"]]


def notes(result: Item) -> list[tuple[int, str]]:
    return [(one["row"], one["code"]) for one in result["notes"]]
