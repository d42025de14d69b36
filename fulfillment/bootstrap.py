"""The only wiring: from settings to what the activities and the operations reach the world by."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    PollerBehaviorSimpleMaximum,
    Replayer,
    Worker,
    WorkerDeploymentConfig,
)

import fulfillment
from activities.registry import activities
from fulfillment.carriers.all_carriers import AllCarriers
from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.carriers.networks import DatabaseNotes, Network
from fulfillment.carriers.registry import NETWORKS
from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.domain.orders import problems_of
from fulfillment.domain.public_holidays import HolidayCalendars, load_holidays
from fulfillment.labels.pdf import PdfDocuments
from fulfillment.notifications.eml import EmlFolder
from fulfillment.notifications.letter_writer import TemplateLetters
from fulfillment.notifications.smtp import SmtpNotifier
from fulfillment.notifications.smtp_server import SmtpServer
from fulfillment.notifications.webhook_sender import HttpWebhookSender
from fulfillment.operations.engine import Engine, Interception
from fulfillment.operations.replays import ReplayScope
from fulfillment.operations.workload import workload
from fulfillment.payments.sandbox import SandboxGateway
from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.migrations import migrate
from fulfillment.planners.cartons import ThreadedPackPlanner
from fulfillment.ports import Database, PaymentGateway, Ports
from fulfillment.settings import DATABASE_VARIABLE, Settings, SettingsInvalid
from fulfillment.storefronts.mapping import Merchant
from fulfillment.telemetry import tracing
from fulfillment.telemetry.activity_metrics import ActivityMetrics
from fulfillment.telemetry.exposition import exposed
from fulfillment.telemetry.metered_database import MeteredDatabase
from fulfillment.telemetry.temporal_runtime import make_default as make_runtime
from fulfillment.telemetry.workload_metrics import WorkloadGauges
from fulfillment.temporal import client as temporal_client
from fulfillment.temporal.encryption import EncryptionCodec
from fulfillment.temporal.interceptors import ErrorTranslation
from fulfillment.temporal.plugin import FulfillmentPlugin
from fulfillment.temporal.supply_starter import TemporalSupplyStarter
from fulfillment.temporal.waker import TemporalWaker
from fulfillment.verification.addresses import GoogleAddressChecker
from fulfillment.verification.phones import GooglePhoneChecker
from workflows.registry import WORKFLOWS

DATA_VARIABLE = "FULFILLMENT_DATA_DIR"
CARRIER_VARIABLE = "FULFILLMENT_CARRIER"
TARIFFS_VARIABLE = "FULFILLMENT_TARIFFS"
MERCHANT_VARIABLE = "FULFILLMENT_MERCHANT"
DEPLOYMENT_VARIABLES = "FULFILLMENT_DEPLOYMENT_NAME and FULFILLMENT_BUILD_ID"
POLLERS = 2
"""Long polls of each kind a worker keeps open; more only cost on two cores."""
GAUGES = WorkloadGauges()
"""The open work, as this process saw it last."""
STICKY = timedelta(seconds=5)
"""How long an order waits for the worker that has it in memory, before another one takes it on."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present time in UTC."""
        return datetime.now(UTC)


def plugin(settings: Settings | None = None) -> FulfillmentPlugin:
    """Return what every client of this product is made with, and through it every worker.

    Args:
        settings: say whether payloads are encrypted; without any, they are not.

    """
    return FulfillmentPlugin(
        interceptors=[ActivityMetrics(), ErrorTranslation()],
        codec=encryption_codec(settings) if settings else None,
    )


def encryption_codec(settings: Settings) -> EncryptionCodec | None:
    """Return what payloads are encrypted with; None where no key is set."""
    keyring = settings.keyring()
    if keyring is None:
        return None
    return EncryptionCodec(keyring, accept_plaintext=settings.encryption_accept_plaintext)


def observe(settings: Settings, program: str, *, exposing: bool = False) -> None:
    """Begin logs, metrics and traces of this process; to be called before the first client.

    Args:
        settings: format and level of the log, and where metrics are exposed.
        program: what this process is, as `worker`.
        exposing: whether it runs for long, and exposes the SDK's metrics where that is set.

    Raises:
        MetricsAddressTaken: nothing can listen where the SDK's metrics shall be.
        TracingInvalid: the OTEL_* variables ask for something that is not here.

    """
    make_runtime(settings.temporal_metrics_bind if exposing else "")
    tracing.begin(program, is_short=not exposing)


@asynccontextmanager
async def exposing(settings: Settings, engine: Engine) -> AsyncIterator[None]:
    """Expose this product's metrics, with counts of the open work, where that is set.

    Raises:
        MetricsAddressTaken: nothing can listen there.

    """
    with exposed(settings.metrics_bind):
        if not settings.metrics_bind:
            yield
            return
        every = settings.metrics_interval.total_seconds()
        counting = asyncio.ensure_future(GAUGES.watch(lambda: workload(engine), every))
        try:
            yield
        finally:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)


async def connect(settings: Settings, address: str | None = None) -> Client:
    """Connect to the Temporal server at the address, or the one that TEMPORAL_* variables name.

    Raises:
        TemporalSetupError: it does not answer, or not as this product needs it.

    """
    return await temporal_client.connect(
        address=address,
        plugins=[plugin(settings), *tracing.plugins()],
        timeout_seconds=settings.connect_timeout.total_seconds(),
    )


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[SqlDatabase]:
    """Bring the database to its newest version and open it.

    Raises:
        SettingsInvalid: the URL names no database that this product can use.
        StoreBusy: another process held the database for too long.

    """
    _make_folder(settings)
    try:
        opened = SqlDatabase(settings.database_url)
    except (ValueError, ArgumentError) as error:
        raise _unusable(DATABASE_VARIABLE, str(error)) from error
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


def interception(settings: Settings, own: ContractCarrier) -> Interception:
    """Return which carriers bring parcels back: of those that there are, our own."""
    return Interception(can=own.speaks_for, fee_minor=settings.intercept_fee_minor)


def sent_mail(settings: Settings) -> EmlFolder | SmtpNotifier:
    """Return the mail server that is set, or the folder that keeps mails and erases them."""
    url = settings.smtp_url.get_secret_value()
    if url:
        return SmtpNotifier(SmtpServer.parse(url), SystemClock(), sender=settings.sender_mail)
    return EmlFolder(settings.mail_dir, SystemClock(), sender=settings.sender_mail)


@asynccontextmanager
async def all_carriers(
    settings: Settings, database: Database, own: ContractCarrier
) -> AsyncIterator[AllCarriers]:
    """Open our own carriers, and the networks that the settings switch on.

    Raises:
        SettingsInvalid: a network is not known, or its settings can't be used.

    """
    networks: list[Network] = [own]
    notes = DatabaseNotes(database)
    async with AsyncExitStack() as opened:
        for name, section in sorted(settings.carrier.items()):
            if name not in NETWORKS:
                raise _network_unknown(name)
            try:
                networks.append(await opened.enter_async_context(NETWORKS[name](section, notes)))
            except ValidationError as error:
                raise _section_invalid(name, error) from None
        yield AllCarriers(networks, SystemClock(), settings.circuit_rules())


def contract_carrier(settings: Settings) -> ContractCarrier:
    """Return the carriers of the tariffs that are set.

    Raises:
        SettingsInvalid: the file can't be read, or is no tariff file.

    """
    path = str(settings.tariffs)
    try:
        return ContractCarrier(load_tariffs(settings.tariffs))
    except OSError as error:
        raise _unusable(TARIFFS_VARIABLE, f"{path} ({error.strerror})") from error
    except ValidationError as error:
        problems = problems_of(error)
        in_file = [p.model_copy(update={"path": f"{path}: {p.path}"}) for p in problems]
        raise SettingsInvalid.of(*in_file) from error


def end_of_day_carriers(settings: Settings) -> tuple[str, ...]:
    """Return the carriers whose days end by Schedule: those of the tariffs, and those named.

    Raises:
        SettingsInvalid: the tariffs can't be read.

    """
    of_tariffs = {each.carrier_id for each in contract_carrier(settings).tariffs.services}
    return tuple(sorted(of_tariffs | {*settings.end_of_day_carriers}))


def merchant(settings: Settings) -> Merchant:
    """Return what the merchant says about a storefront's orders; nothing by default.

    Raises:
        SettingsInvalid: the file can't be read, or says something else.

    """
    path = settings.merchant
    if path is None:
        return Merchant()
    try:
        return Merchant.model_validate_json(path.read_bytes())
    except OSError as error:
        raise _unusable(MERCHANT_VARIABLE, f"{path} ({error.strerror})") from error
    except ValidationError as error:
        problems = problems_of(error)
        in_file = [p.model_copy(update={"path": f"{path}: {p.path}"}) for p in problems]
        raise SettingsInvalid.of(*in_file) from error


@asynccontextmanager
async def payment_gateway(settings: Settings) -> AsyncIterator[PaymentGateway]:
    """Give Stripe where its API key is set, and else the sandbox, in which no money moves."""
    api_key = settings.stripe_api_key.get_secret_value()
    if not api_key:
        yield sandbox_gateway(settings)
        return
    # Half a second for who has no account there.
    from fulfillment.payments.stripe_gateway import StripeGateway  # noqa: PLC0415

    async with StripeGateway(api_key) as gateway:
        yield gateway


def sandbox_gateway(settings: Settings) -> SandboxGateway:
    """Return the payment gateway to try things with, whose books lie in the data folder."""
    _make_folder(settings)
    return SandboxGateway(settings.data_dir / "gateway.sqlite")


def make_worker(
    client: Client,
    ports: Ports,
    settings: Settings,
    **overrides: Any,  # noqa: ANN401 - each is an option of the SDK's Worker
) -> Worker:
    """Return a worker for every workflow and activity of this product.

    An error of the domain fails a workflow; any other is a bug, and its task is tried again until
    it is mended.
    """
    polls = PollerBehaviorSimpleMaximum(maximum=POLLERS)
    deployment = _deployment(settings)
    ports = replace(
        ports,
        waker=TemporalWaker(client, settings.task_queue),
        supply=TemporalSupplyStarter(client, settings.task_queue),
    )
    options: dict[str, Any] = {
        "task_queue": settings.task_queue,
        "workflows": WORKFLOWS,
        "activities": activities(ports),
        "workflow_failure_exception_types": [FulfillmentError],
        "identity": f"worker {os.getpid()}@{socket.gethostname()}",
        # Or the SDK reads, and perhaps compiles, each module that is loaded, to make one of them.
        "build_id": None if deployment else f"fulfillment-engine-{fulfillment.__version__}",
        "graceful_shutdown_timeout": settings.graceful_shutdown,
        "sticky_queue_schedule_to_start_timeout": STICKY,
        "max_cached_workflows": settings.max_cached_workflows,
        "max_concurrent_activities": settings.max_concurrent_activities,
        "max_concurrent_workflow_tasks": settings.max_concurrent_workflow_tasks,
        "workflow_task_poller_behavior": polls,
        "activity_task_poller_behavior": polls,
        "deployment_config": deployment,
    }
    return Worker(client, **{**options, **overrides})


def make_replayer(settings: Settings | None = None) -> Replayer:
    """Return what replays histories as the product's workers do."""
    return Replayer(
        workflows=WORKFLOWS,
        plugins=[plugin(settings)],
        workflow_failure_exception_types=[FulfillmentError],
    )


def replay_scope(settings: Settings, limit: int) -> ReplayScope:
    """Return which running workflows a worker of these settings may be given, so many a kind.

    Raises:
        SettingsInvalid: half a deployment version is set.

    """
    deployment = _deployment(settings)
    stays = deployment is not None and settings.versioning == "pinned"
    return ReplayScope(
        kinds=[workflow.__name__ for workflow in WORKFLOWS],
        task_queue=settings.task_queue,
        limit=limit,
        version=f"{settings.deployment_name}:{settings.build_id}" if stays else "",
    )


def _deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    if bool(settings.deployment_name) is not bool(settings.build_id):
        problem = Problem(
            path=DEPLOYMENT_VARIABLES,
            expected="both of a worker, or neither",
            came=settings.deployment_name or settings.build_id,
            remedy="set the other one too (docs/operations.md)",
        )
        raise SettingsInvalid.of(problem)
    if not settings.deployment_name:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment_name, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior[settings.versioning.upper()],
    )


def _make_folder(settings: Settings) -> None:
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        came = f"{settings.data_dir} ({error.strerror})"
        raise _unusable(DATA_VARIABLE, came) from error


async def _migrate(url: str) -> None:
    try:
        await migrate(url)
    except (OperationalError, ProgrammingError) as error:
        # Not there, not allowed, or not ours. As make_url shows it: without a password.
        came = f"{make_url(url).render_as_string()} ({error.orig})"
        raise _unusable(DATABASE_VARIABLE, came) from error


def _network_unknown(name: str) -> SettingsInvalid:
    return SettingsInvalid.of(
        Problem(
            path=f"{CARRIER_VARIABLE}__{name.upper()}",
            expected=f"a network of carriers: {', '.join(sorted(NETWORKS))}",
            came="another one",
            remedy="correct the name, or unset it",
        )
    )


def _section_invalid(name: str, error: ValidationError) -> SettingsInvalid:
    """Name each wrong setting of a network; what came is not shown, since it may be a key."""
    problems = [
        Problem(
            path=f"{CARRIER_VARIABLE}__{name}__{problem.path}".upper(),
            expected=problem.expected.removeprefix("Input should be "),
            came="a value that is not shown here",
            remedy="correct it (docs/carriers.md)",
        )
        for problem in problems_of(error)
    ]
    return SettingsInvalid.of(*problems)


def _unusable(variable: str, came: str) -> SettingsInvalid:
    problem = Problem(
        path=variable,
        expected="something that can be used",
        came=came,
        remedy="correct it, or unset it to have the default",
    )
    return SettingsInvalid.of(problem)
