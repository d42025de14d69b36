"""`fulfillment setup`: what is done once before the others start, and again after each upgrade."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Annotated, Any

import typer
from sqlalchemy import make_url
from temporalio.service import RPCError

from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError
from fulfillment.entrypoints.console import Address, errors, refuse, say
from fulfillment.operations.end_of_day import schedule_end_of_day
from fulfillment.operations.pick_batches import schedule_floor
from fulfillment.settings import Settings, load_settings
from fulfillment.temporal.namespaces import register_namespace
from fulfillment.temporal.registration import register_search_attributes

RETENTION_DAYS = 30

app = typer.Typer(
    help="Prepare the database and the Temporal server; each as often as one likes.",
    no_args_is_help=True,
)


@app.command("database")
def set_up_database() -> None:
    """Bring the database that DATABASE_URL names to this release's version."""
    _run(_database)


@app.command("namespace")
def set_up_namespace(
    retention_days: Annotated[
        int, typer.Option(min=1, max=3650, help="How long histories of ended orders stay.")
    ] = RETENTION_DAYS,
    address: Address = None,
) -> None:
    """Register the namespace and its search attributes on a Temporal server of one's own."""
    retention = timedelta(days=retention_days)
    _run(lambda settings: _namespace(settings, retention, address))


@app.command("floor")
def set_up_floor(address: Address = None) -> None:
    """Make or bring up to date each warehouse's Schedule of floor planning."""
    _run(lambda settings: _floor(settings, address))


@app.command("end-of-day")
def set_up_end_of_day(address: Address = None) -> None:
    """Make or bring up to date the Schedule of each warehouse's and carrier's cut-off."""
    _run(lambda settings: _end_of_day(settings, address))


async def _end_of_day(settings: Settings, address: str | None) -> None:
    async with bootstrap.engine(settings, address) as engine:
        made = await schedule_end_of_day(engine, bootstrap.end_of_day_carriers(settings))
    say(f"schedules: {', '.join(made) or 'there is no warehouse yet'}")


async def _floor(settings: Settings, address: str | None) -> None:
    async with bootstrap.engine(settings, address) as engine:
        made = await schedule_floor(engine)
    say(f"schedules, each {settings.plan_every}: {', '.join(made) or 'there is no warehouse yet'}")


async def _database(settings: Settings) -> None:
    async with bootstrap.database(settings):
        # As make_url shows it: without a password.
        say(f"{make_url(settings.database_url).render_as_string()} is at this release's version")


async def _namespace(settings: Settings, retention: timedelta, address: str | None) -> None:
    say(await register_namespace(retention, address=address))
    added = await register_search_attributes(await bootstrap.connect(settings, address))
    say(f"search attributes: {', '.join(added) or 'all there already'}")


def _run(step: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    try:
        asyncio.run(step(load_settings()))
    except (FulfillmentError, RPCError) as error:
        raise typer.Exit(refuse(error)) from error
    say("done", console=errors())
