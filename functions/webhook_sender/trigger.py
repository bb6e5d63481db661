"""The function that sends what webhooks are told, every ten seconds. One instance at a time runs it."""

import azure.functions as func

from shared.logs import log_what_waits

NAME = "webhook_sender"
# Each look costs request units, also where there is nothing to send: see docs/capacity.md.
EVERY_TEN_SECONDS = "*/10 * * * * *"


def schedule(app: func.FunctionApp) -> None:
    """Add the function to the app."""

    async def send(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the binding wants it
        # Imported late: a cold start indexes the functions without it.
        from shared.webhooks import sender  # noqa: PLC0415

        try:
            await sender.run()
        finally:
            log_what_waits()

    triggered = app.timer_trigger(arg_name="timer", schedule=EVERY_TEN_SECONDS, use_monitor=False)(send)
    app.function_name(NAME)(triggered)
