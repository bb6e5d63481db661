"""The Functions app: a function for each resource, one for each watched container, and those that run by the clock."""

import gc

# What is imported stays. Garbage collection during imports would take a tenth of a cold start, and later runs need not
# look through what was imported either.
gc.disable()

import azure.functions as func

from functions import http_trigger
from functions.change_feed import trigger as change_feed
from functions.forgotten_timers import trigger as forgotten_timers
from functions.webhook_sender import trigger as webhook_sender
from shared import logs
from shared.cosmos.containers import WATCHED

logs.silence_sdks()
app = func.FunctionApp()

for function in http_trigger.HTTP_FUNCTIONS:
    http_trigger.serve(app, function)
for container_id in WATCHED:
    change_feed.watch(app, container_id)
forgotten_timers.schedule(app)
webhook_sender.schedule(app)

gc.freeze()
gc.enable()
