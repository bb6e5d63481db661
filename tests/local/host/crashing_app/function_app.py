"""An app for a host in a process of its own: its handler says what it got and never comes to an end."""

import asyncio
import sys

import azure.functions as func

app = func.FunctionApp()


@app.function_name("receiver")
@app.cosmos_db_trigger(
    arg_name="documents",
    connection="FEED",
    database_name="%DATABASE%",
    container_name="watched",
    create_lease_container_if_not_exists=True,
    start_from_beginning=True,  # type: ignore[arg-type] # annotated as a time by mistake
    lease_renew_interval=300,
    lease_expiration_interval=1500,
)
async def receive(documents: func.DocumentList) -> None:
    sys.stdout.write(f"handling {[document['id'] for document in documents]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()
