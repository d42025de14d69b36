"""The only wiring: from settings to what the activities and the operations reach the world by."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from fulfillment.bootstrap.clock import SystemClock
from fulfillment.bootstrap.connecting import (
    connect,
    encryption_codec,
    exposing,
    observe,
    plugin,
)
from fulfillment.bootstrap.outside import (
    all_carriers,
    contract_carrier,
    end_of_day_carriers,
    interception,
    merchant,
    payment_gateway,
    sandbox_gateway,
    sent_mail,
)
from fulfillment.bootstrap.unusable import make_folder, unusable
from fulfillment.bootstrap.workers import make_replayer, make_worker, replay_scope
from fulfillment.domain.public_holidays import HolidayCalendars, load_holidays
from fulfillment.labels.pdf import PdfDocuments
from fulfillment.notifications.letter_writer import TemplateLetters
from fulfillment.notifications.webhook_sender import HttpWebhookSender
from fulfillment.operations.engine import Engine
from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.migrations import migrate
from fulfillment.planners.cartons import ThreadedPackPlanner
from fulfillment.ports import Ports
from fulfillment.settings import DATABASE_VARIABLE, Settings
from fulfillment.telemetry.metered_database import MeteredDatabase
from fulfillment.verification.addresses import GoogleAddressChecker
from fulfillment.verification.phones import GooglePhoneChecker

__all__ = [
    "SystemClock",
    "all_carriers",
    "connect",
    "contract_carrier",
    "database",
    "encryption_codec",
    "end_of_day_carriers",
    "engine",
    "exposing",
    "interception",
    "make_replayer",
    "make_worker",
    "merchant",
    "observe",
    "payment_gateway",
    "plugin",
    "ports",
    "replay_scope",
    "sandbox_gateway",
    "sent_mail",
]


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[SqlDatabase]:
    """Bring the database to its newest version and open it.

    Raises:
        SettingsInvalid: the URL names no database that this product can use.
        StoreBusy: another process held the database for too long.

    """
    make_folder(settings)
    try:
        opened = SqlDatabase(settings.database_url)
    except (ValueError, ArgumentError) as error:
        raise unusable(DATABASE_VARIABLE, str(error)) from error
    try:
        await _migrate(settings.database_url)
        yield opened
    finally:
        await opened.dispose()


@asynccontextmanager
async def ports(settings: Settings) -> AsyncIterator[Ports]:
    """Open everything that the activities reach the outside through.

    Raises:
        SettingsInvalid: a setting names something that can't be used.
        StoreBusy: another process held the database for too long.

    """
    clock = SystemClock()
    rules = settings.webhook_rules()
    planner = ThreadedPackPlanner(settings.pack_limit)
    planner.warm_up()
    # Or the first orders wait for it all at once, and give their carriers up as down.
    await asyncio.to_thread(load_holidays)
    async with (
        database(settings) as opened,
        HttpWebhookSender(rules, settings.webhook_timeout) as sender,
        payment_gateway(settings) as gateway,
        all_carriers(
            settings, metered := MeteredDatabase(opened), contract_carrier(settings)
        ) as carrier,
    ):
        yield Ports(
            database=metered,
            carrier=carrier,
            interceptor=carrier,
            verifier=carrier if carrier.verifies_addresses else None,
            payments=gateway,
            notifier=sent_mail(settings),
            letters=TemplateLetters(),
            addresses=GoogleAddressChecker(),
            phones=GooglePhoneChecker(),
            documents=PdfDocuments(),
            planner=planner,
            pack_rules=settings.pack_rules(),
            returns=settings.return_policy(),
            shipping_rules=settings.shipping_rules(),
            risk=settings.risk,
            clock=clock,
            policies=settings.policies(),
            sourcing=settings.sourcing,
            webhooks=sender,
            webhook_rules=rules,
            cart=settings.cart(),
            batch_rules=settings.batch_rules(),
            calendars=HolidayCalendars(),
            drop_off_carriers=frozenset(settings.drop_off_carriers),
            floor_mail=settings.floor_mail,
            supervisor_mail=settings.supervisor_mail,
            tracking_link=settings.tracking_link,
        )


@asynccontextmanager
async def engine(settings: Settings, address: str | None = None) -> AsyncIterator[Engine]:
    """Open what storefronts, staff and operators reach the running engine through.

    Raises:
        TemporalSetupError: Temporal does not answer, or not as this product needs it.
        SettingsInvalid: a setting names something that can't be used.

    """
    async with (
        database(settings) as opened,
        payment_gateway(settings) as gateway,
        all_carriers(
            settings, metered := MeteredDatabase(opened), own := contract_carrier(settings)
        ) as carrier,
    ):
        policies = settings.policies()
        yield Engine(
            client=await connect(settings, address),
            database=metered,
            clock=SystemClock(),
            task_queue=settings.task_queue,
            documents=PdfDocuments(),
            short_pick=settings.short_pick,
            tracking_link=settings.tracking_link,
            plan_every=settings.plan_every,
            interception=interception(settings, own),
            payments=gateway,
            carrier=carrier,
            sourcing=settings.sourcing,
            ship_within=policies.ship_within,
            substitution=policies.substitution,
            returns=settings.return_policy(),
        )


async def _migrate(url: str) -> None:
    try:
        await migrate(url)
    except (OperationalError, ProgrammingError) as error:
        # Not there, not allowed, or not ours. As make_url shows it: without a password.
        came = f"{make_url(url).render_as_string()} ({error.orig})"
        raise unusable(DATABASE_VARIABLE, came) from error
