"""The Functions app: a function for each resource, and one for each watched container."""

import gc

# What is imported stays. Garbage collection during imports would take a tenth of a cold start, and later runs need not
# look through what was imported either.
gc.disable()

import azure.functions as func

from functions import http_trigger
from functions.change_feed import trigger as change_feed
from shared import logs
from shared.cosmos.containers import WATCHED

logs.silence_sdks()
app = func.FunctionApp()

for function in http_trigger.HTTP_FUNCTIONS:
    http_trigger.serve(app, function)
for container_id in WATCHED:
    change_feed.watch(app, container_id)

gc.freeze()
gc.enable()
