"""The change feed trigger: brings what was written to a watched container, so that its events reach the audit trail.

One handler serves every watched container. A batch that fails because a dependency is unavailable is retried in place
until it succeeds; a document that can't be processed goes to `dead_letter`, so that it does not hold up the others.
"""

import azure.functions as func

from shared.cosmos.containers import LEASES
from shared.logs import log_what_waits


def watch(app: func.FunctionApp, container_id: str) -> None:
    """Add the function that receives a container's changes."""
    name = f"change_feed_{container_id}"

    async def change_feed(documents: func.DocumentList) -> None:
        # Imported late: a cold start indexes the functions without it.
        from shared.events.delivery import deliver  # noqa: PLC0415

        try:
            await deliver(name, container_id, documents)
        finally:
            log_what_waits()

    triggered = app.cosmos_db_trigger(
        arg_name="documents",
        connection="COSMOS_CONNECTION",
        database_name="%COSMOS_DATABASE%",
        container_name=container_id,
        lease_container_name=LEASES,
        lease_container_prefix=container_id,
        create_lease_container_if_not_exists=False,
        start_from_beginning=True,  # type: ignore[arg-type] # annotated as a time by mistake
    )(change_feed)
    # -1: without an end. When the retries of a batch are used up, the host drops the batch.
    retried = app.retry(
        strategy="exponential_backoff", max_retry_count="-1", minimum_interval="00:00:01", maximum_interval="00:01:00"
    )(triggered)
    app.function_name(name)(retried)
