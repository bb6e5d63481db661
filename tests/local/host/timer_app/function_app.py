"""An app for hosts in processes of their own: its timer says each time that it ran, and in which process."""

import os
import sys

import azure.functions as func

app = func.FunctionApp()


@app.function_name("probe")
@app.timer_trigger(arg_name="timer", schedule="* * * * * *", run_on_startup=True)
async def probe(timer: func.TimerRequest) -> None:  # noqa: ARG001
    sys.stdout.write(f"ran in {os.getpid()}\n")
    sys.stdout.flush()
