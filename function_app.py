"""The Functions app: every trigger of the backend, registered."""

import gc

# What is imported stays. To look through it for garbage, again and again while it grows, would take a tenth of a cold
# start; and once it is there, it is not looked through again either.
gc.disable()

import azure.functions as func

from functions.change_feed.blueprint import bp as change_feed
from functions.http_activities.blueprint import bp as activities
from functions.http_customers.blueprint import bp as customers
from functions.http_docs.blueprint import bp as docs
from functions.http_events.blueprint import bp as events
from functions.http_feature_toggles.blueprint import bp as feature_toggles
from functions.http_health.blueprint import bp as health
from functions.http_project_types.blueprint import bp as project_types
from functions.http_projects.blueprint import bp as projects
from functions.http_technologies.blueprint import bp as technologies
from functions.http_time_entries.blueprint import bp as time_entries
from functions.http_users.blueprint import bp as users
from functions.not_found.blueprint import bp as not_found

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

for blueprint in (
    time_entries,
    projects,
    project_types,
    customers,
    activities,
    technologies,
    users,
    events,
    feature_toggles,
    health,
    docs,
    change_feed,
    not_found,
):
    app.register_functions(blueprint)

gc.freeze()
gc.enable()
