"""What can be set, with defaults that serve one machine."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from fulfillment.domain.lifecycle import Policies, SubstitutionPolicy
from fulfillment.domain.sourcing import SourcingWeights
from fulfillment.settings.back_orders import BackOrderSettings
from fulfillment.settings.carriers import CarrierSettings
from fulfillment.settings.changes import ChangeSettings
from fulfillment.settings.continuing import ContinuingSettings
from fulfillment.settings.deliveries import DeliverySettings
from fulfillment.settings.encryption import EncryptionSettings
from fulfillment.settings.end_of_day import EndOfDaySettings
from fulfillment.settings.floor import FloorSettings
from fulfillment.settings.holds import HoldSettings
from fulfillment.settings.http import HttpSettings
from fulfillment.settings.mail import MailSettings
from fulfillment.settings.observing import ObservingSettings
from fulfillment.settings.packing import PackingSettings
from fulfillment.settings.patience import PATIENT, PatienceSettings
from fulfillment.settings.payments import PaymentSettings
from fulfillment.settings.returns import ReturnSettings
from fulfillment.settings.risk import RiskSettings
from fulfillment.settings.shipping_decision import ShippingDecisionSettings
from fulfillment.settings.spans import scaled
from fulfillment.settings.supply import SupplySettings
from fulfillment.settings.verifying import VerifyingSettings
from fulfillment.settings.webhooks import WebhookSettings
from fulfillment.settings.workers import WorkerSettings

PREFIX = "FULFILLMENT_"
NESTING = "__"
DATABASE_VARIABLE = "DATABASE_URL"
SECRET = (
    "database_url",
    "api_keys",
    "shopify_webhook_secret",
    "woocommerce_webhook_secret",
    "encryption_keys",
    "stripe_api_key",
    "codec_ui_ticket",
    "smtp_url",
    "carrier",
)
"""What no message shows."""


class Settings(
    BackOrderSettings,
    CarrierSettings,
    ChangeSettings,
    ContinuingSettings,
    DeliverySettings,
    EncryptionSettings,
    EndOfDaySettings,
    FloorSettings,
    HoldSettings,
    HttpSettings,
    MailSettings,
    ObservingSettings,
    PackingSettings,
    PatienceSettings,
    PaymentSettings,
    ReturnSettings,
    RiskSettings,
    ShippingDecisionSettings,
    SupplySettings,
    VerifyingSettings,
    WebhookSettings,
    WorkerSettings,
    BaseSettings,
):
    """Everything that can be set, with defaults that serve one machine.

    A field `name` is set by FULFILLMENT_NAME; `database_url` by DATABASE_URL. How long each stage
    waits is set span by span, as FULFILLMENT_PICK__REMIND_AFTER=PT2H (ISO 8601; 02:00:00 too).
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=NESTING,
        nested_model_default_partial_update=True,
        env_ignore_empty=True,
        populate_by_name=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    data_dir: Path = Path("var/data")
    """Where everything lies that has no place of its own."""
    database_url: str = Field(
        default="", repr=False, validation_alias=AliasChoices("database_url", DATABASE_VARIABLE)
    )
    """The record of things: a SQLite file in the data folder by default, or PostgreSQL.

    As sqlite:///path/to/file or postgresql://user:password@host:port/database.
    """
    mail_dir: Path = Path()
    """Where mails are put; `mail` in the data folder by default."""

    time_scale: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] = 1.0
    """What every patience is divided by: 3600 makes an hour a second, for demonstrations."""
    substitution: SubstitutionPolicy = SubstitutionPolicy.ALLOWED
    """Whether what is to be had nowhere is substituted as its customer allows: allowed, or never.

    What is missing is looked for in other bins and warehouses first, and back-ordered last.
    """
    sourcing: SourcingWeights = SourcingWeights()
    """What is weighed in the choice of warehouses, as FULFILLMENT_SOURCING__SHARE_MINOR=200."""

    @model_validator(mode="before")
    @classmethod
    def _fill_places(cls, data: Any) -> Any:  # noqa: ANN401 - whatever the sources gave
        if isinstance(data, dict):
            folder = Path(data.get("data_dir") or cls.model_fields["data_dir"].default)
            data.setdefault("mail_dir", folder / "mail")
            if not any(data.get(name) for name in ("database_url", DATABASE_VARIABLE)):
                data["database_url"] = f"sqlite+aiosqlite:///{folder / 'fulfillment.sqlite'}"
        return data

    def policies(self) -> Policies:
        """Return what each order keeps for its life, with the time scale applied."""
        patience: dict[str, Any] = {
            name: scaled(getattr(self, name), self.time_scale) for name in PATIENT
        }
        return Policies(
            picking=self.picking,
            pickup_grace=self.pickup_grace / self.time_scale,
            ship_within=self.ship_within / self.time_scale,
            substitution=self.substitution,
            weighing=self.weighing(),
            carrier_rest=self.carrier_rest / self.time_scale,
            intercept_fee_minor=self.intercept_fee_minor,
            renew_before=self.authorization_renew_before / self.time_scale,
            deliveries=self.delivery_rules(self.time_scale),
            **patience,
            pickups=self.pickups,
            hold_question=self.question_patience(self.time_scale),
            back_order_choice=self.choice_patience(self.time_scale),
            supply=self.supply,
            supply_day=timedelta(days=1) / self.time_scale,
            continue_after_events=self.continue_after_events,
        )

    def environment(self) -> dict[str, str]:
        """Return the variables by which another process has the same settings."""
        values = self.model_dump(mode="json", exclude_none=True)
        for name in SECRET:
            if isinstance(secret := getattr(self, name), SecretStr):
                values[name] = secret.get_secret_value()
        values["carrier"] = {
            name: {key: each.get_secret_value() for key, each in section.items()}
            for name, section in self.carrier.items()
        }
        database_url = values.pop("database_url")
        rest = {
            f"{PREFIX}{name}".upper(): json.dumps(value) if isinstance(value, dict) else str(value)
            for name, value in values.items()
        }
        return {DATABASE_VARIABLE: database_url, **rest}
