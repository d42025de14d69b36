"""What the engine needs from outside, as Protocols; adapters and fakes implement them."""

from fulfillment.ports.carriers import (
    NO_RATES,
    QUOTED_WITHIN,
    VERIFIED_WITHIN,
    AddressVerifier,
    CarrierClient,
    CarrierNotes,
    Interceptor,
    NoInterceptor,
    NoRates,
    RateQuoter,
)
from fulfillment.ports.checks import AddressChecker, PhoneChecker
from fulfillment.ports.mail import Attachment, Handed, LetterWriter, Mail, Notifier, SentMail
from fulfillment.ports.packing import Documents, PackPlanner
from fulfillment.ports.payments import Authorization, PaymentGateway
from fulfillment.ports.record import Clock, Database
from fulfillment.ports.supply import SupplyStarter
from fulfillment.ports.wired import Ports

__all__ = [
    "NO_RATES",
    "QUOTED_WITHIN",
    "VERIFIED_WITHIN",
    "AddressChecker",
    "AddressVerifier",
    "Attachment",
    "Authorization",
    "CarrierClient",
    "CarrierNotes",
    "Clock",
    "Database",
    "Documents",
    "Handed",
    "Interceptor",
    "LetterWriter",
    "Mail",
    "NoInterceptor",
    "NoRates",
    "Notifier",
    "PackPlanner",
    "PaymentGateway",
    "PhoneChecker",
    "Ports",
    "RateQuoter",
    "SentMail",
    "SupplyStarter",
]
