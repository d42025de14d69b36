"""The outside parties that the settings name: carriers, gateways, mail, the merchant."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import ValidationError

from fulfillment.bootstrap.clock import SystemClock
from fulfillment.bootstrap.unusable import (
    make_folder,
    network_unknown,
    reading,
    section_invalid,
)
from fulfillment.carriers.all_carriers import AllCarriers
from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.carriers.networks import DatabaseNotes, Network
from fulfillment.carriers.registry import NETWORKS
from fulfillment.notifications.eml import EmlFolder
from fulfillment.notifications.smtp import SmtpNotifier
from fulfillment.notifications.smtp_server import SmtpServer
from fulfillment.operations.engine import Interception
from fulfillment.payments.sandbox import SandboxGateway
from fulfillment.ports import Database, PaymentGateway
from fulfillment.settings import Settings
from fulfillment.storefronts.mapping import Merchant

TARIFFS_VARIABLE = "FULFILLMENT_TARIFFS"
MERCHANT_VARIABLE = "FULFILLMENT_MERCHANT"


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
                raise network_unknown(name)
            try:
                networks.append(await opened.enter_async_context(NETWORKS[name](section, notes)))
            except ValidationError as error:
                raise section_invalid(name, error) from None
        yield AllCarriers(networks, SystemClock(), settings.circuit_rules())


def contract_carrier(settings: Settings) -> ContractCarrier:
    """Return the carriers of the tariffs that are set.

    Raises:
        SettingsInvalid: the file can't be read, or is no tariff file.

    """
    with reading(TARIFFS_VARIABLE, settings.tariffs):
        return ContractCarrier(load_tariffs(settings.tariffs))


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
    with reading(MERCHANT_VARIABLE, path):
        return Merchant.model_validate_json(path.read_bytes())


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
    make_folder(settings)
    return SandboxGateway(settings.data_dir / "gateway.sqlite")
