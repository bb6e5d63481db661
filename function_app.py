"""The Functions app: a function for each resource, one for each watched container, and those that run by the clock."""

from shared.collector import imported_to_stay

with imported_to_stay():
    import azure.functions as func

    from functions import http_trigger
    from functions.change_feed import trigger as change_feed
    from functions.forgotten_timers import trigger as forgotten_timers
    from functions.webhook_sender import trigger as webhook_sender

    # Every call needs the database, so its SDK is imported at once.
    from shared import clients, logs  # noqa: F401
    from shared.cosmos.containers import WATCHED

    logs.silence_sdks()
    app = func.FunctionApp()

    for function in http_trigger.HTTP_FUNCTIONS:
        http_trigger.serve(app, function)
    for container_id in WATCHED:
        change_feed.watch(app, container_id)
    forgotten_timers.schedule(app)
    webhook_sender.schedule(app)
