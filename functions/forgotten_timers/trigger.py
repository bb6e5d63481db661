"""The function that finds forgotten timers, every five minutes. One instance at a time runs it."""

import azure.functions as func

NAME = "forgotten_timers"
# An event comes within 10 minutes of being due, also when another instance has to take over first (75 s).
EVERY_FIVE_MINUTES = "0 */5 * * * *"


def schedule(app: func.FunctionApp) -> None:
    """Add the function to the app."""

    async def find_forgotten_timers(timer: func.TimerRequest) -> None:  # noqa: ARG001 - the binding wants it
        # Imported late: a cold start indexes the functions without it.
        from shared import instants  # noqa: PLC0415
        from shared.logs import log_what_waits  # noqa: PLC0415
        from shared.time_entries import forgotten  # noqa: PLC0415

        try:
            await forgotten.tell_of_all(instants.now())
        finally:
            log_what_waits()

    triggered = app.timer_trigger(arg_name="timer", schedule=EVERY_FIVE_MINUTES)(find_forgotten_timers)
    app.function_name(NAME)(triggered)
