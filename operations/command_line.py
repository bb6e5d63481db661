"""What the commands of the command line share: options, and how a coroutine is run."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from azure.core.exceptions import AzureError, HttpResponseError
from marshmallow import ValidationError

from operations.pace import Pace
from shared import clients
from shared.errors import ApiError
from shared.ids import is_uuid
from shared.logs import log_what_waits

T = TypeVar("T")


def a_uuid(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """The callback of an option that holds a UUID."""
    if value is None or is_uuid(value):
        return value
    raise click.BadParameter(f"{value!r} is not a UUID")


def some_uuids(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """The callback of an option that holds several."""
    return tuple(value for value in values if a_uuid(context, parameter, value))


UNITS = click.option(
    "--units",
    # With less, a request would wait for so long after a large page that its signature would expire.
    type=click.FloatRange(min=10),
    default=400,
    show_default=True,
    help="Request units a second that the command may use.",
)
TENANT = click.option("--tenant", callback=a_uuid, required=True, help="The tenant's id, a UUID.")
PERSON = click.option("--user", callback=a_uuid, required=True, help="The person's id, a UUID.")


def perform(work: Callable[[], Awaitable[T]], pace: Pace | None = None) -> T:
    """Run a coroutine at this pace and close the clients.

    A bad option and a failure of the database become a one-line message.
    """

    async def run() -> T:
        if pace:
            clients.cosmos_transport.set(lambda: pace)
        try:
            return await work()
        finally:
            log_what_waits()
            await clients.close()

    try:
        return asyncio.run(run())
    except ApiError as error:
        raise click.ClickException(error.message) from error
    except ValidationError as error:
        raise click.ClickException(_complaint(error)) from error
    except HttpResponseError as error:
        raise click.ClickException(f"the database answered {error.status_code}: {error.reason}") from error
    except AzureError as error:
        raise click.ClickException(f"the database can't be reached ({type(error).__name__})") from error


def _complaint(error: ValidationError) -> str:
    """What is wrong with which option, as calls say it."""
    options: dict[str, list[str]] = error.normalized_messages()  # type: ignore[no-untyped-call]
    return "; ".join(f"{name}: {' '.join(sentences)}" for name, sentences in options.items())
