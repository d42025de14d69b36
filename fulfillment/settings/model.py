"""What can be set, with defaults that serve one machine."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from fulfillment.domain.access import ApiKey, parse_api_keys
from fulfillment.domain.batch_models import BatchRules, Cart, Tote
from fulfillment.domain.cartonization import PackRules
from fulfillment.domain.circuits import CircuitRules
from fulfillment.domain.confirmations import Person
from fulfillment.domain.keyring import Keyring
from fulfillment.domain.lifecycle import Patience, Picking, Policies, Policy, SubstitutionPolicy
from fulfillment.domain.short_picks import ShortPickPolicy
from fulfillment.domain.sourcing import SourcingWeights
from fulfillment.domain.webhooks import WebhookRules
from fulfillment.domain.weighing import Weighing
from fulfillment.notifications.smtp_server import SmtpServer
from fulfillment.settings.back_orders import BackOrderSettings
from fulfillment.settings.changes import ChangeSettings
from fulfillment.settings.continuing import ContinuingSettings
from fulfillment.settings.deliveries import DeliverySettings
from fulfillment.settings.end_of_day import EndOfDaySettings
from fulfillment.settings.holds import HoldSettings
from fulfillment.settings.payments import PaymentSettings
from fulfillment.settings.returns import ReturnSettings
from fulfillment.settings.risk import RiskSettings
from fulfillment.settings.shipping_decision import ShippingDecisionSettings
from fulfillment.settings.supply import SupplySettings
from fulfillment.settings.verifying import VerifyingSettings
from fulfillment.telemetry.logs import LogFormat, LogLevel
from fulfillment.temporal.identifiers import TASK_QUEUE

MM3_PER_LITER = 1_000_000
PREFIX = "FULFILLMENT_"
NESTING = "__"
DATABASE_VARIABLE = "DATABASE_URL"
PATIENT = (
    "pick",
    "sort",
    "pack",
    "hand_over",
    "tracking",
    "hold",
    "back_order",
    "delivery_exception",
    "put_back",
    "supply_overdue",
)
SPANS = ("remind_after", "escalate_after", "then_after")
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

MailAddress = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]

MetricsAddress = Annotated[str, Field(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^:\s]+):\d{1,5}$|^$")]
"""An address to listen at, as host:port; "" is nowhere."""


def _too_short(spans: list[str]) -> PydanticCustomError:
    what = " and ".join(spans)
    return PydanticCustomError("too_short", "{what} longer than zero", {"what": what})


def _hours(remind: int, escalate: int, then: int, policy: Policy) -> Patience:
    return Patience(
        remind_after=timedelta(hours=remind),
        escalate_after=timedelta(hours=escalate),
        then_after=timedelta(hours=then),
        policy=policy,
    )


def _days(remind: int, escalate: int, then: int, policy: Policy) -> Patience:
    return _hours(24 * remind, 24 * escalate, 24 * then, policy)


def _text(value: Any) -> Any:  # noqa: ANN401 - whatever the sources gave
    return str(value) if isinstance(value, int | float) else value


class Settings(
    BackOrderSettings,
    ChangeSettings,
    ContinuingSettings,
    DeliverySettings,
    EndOfDaySettings,
    HoldSettings,
    PaymentSettings,
    ReturnSettings,
    RiskSettings,
    ShippingDecisionSettings,
    SupplySettings,
    VerifyingSettings,
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
    stripe_api_key: SecretStr = SecretStr("")
    """Whose account at Stripe cards are charged to; without it, the sandbox that moves no money."""
    tariffs: Path | None = None
    """The contract carriers' tariffs as JSON; sample tariffs by default."""

    smtp_url: SecretStr = SecretStr("")
    """The mail server, as smtp://user:password@host:587 or smtps://…; without it, the folder."""
    tracking_link: Annotated[str, Field(pattern=r"^(https?://\S*\{tracking_number\}\S*)?$")] = ""
    """Where customers follow a parcel, as https://…/{tracking_number}; nowhere by default."""
    carrier: dict[str, dict[str, SecretStr]] = Field(default_factory=dict)
    """Networks of carriers beside the contract carriers, as FULFILLMENT_CARRIER__EASYPOST__API_KEY.

    Which there are and what each has to be told: docs/carriers.md. Nobody is asked by default.
    """
    carrier_rest: timedelta = timedelta(minutes=5)
    """How long an order waits where no carrier answers: then twice that, at most 12 times."""
    carrier_circuit_failures: Annotated[int, Field(gt=0)] = 3
    """How often in a row a network may fail to answer before it is left alone for a while."""
    carrier_circuit_open: timedelta = timedelta(seconds=30)
    """How long that is; then one question tries whether it is back."""

    sender_mail: MailAddress = "orders@shop.example"
    floor_mail: MailAddress = "floor@shop.example"
    """Who is reminded."""
    supervisor_mail: MailAddress = "supervisor@shop.example"
    """Who is told when a reminder has not helped."""

    connect_timeout: timedelta = timedelta(seconds=10)
    """How long Temporal may take to answer when a program starts."""
    task_queue: Annotated[str, Field(min_length=1, max_length=200)] = TASK_QUEUE
    max_cached_workflows: Annotated[int, Field(ge=0)] = 500
    """Workflows that a worker keeps in memory; the others are replayed when they go on."""
    max_concurrent_activities: Annotated[int, Field(gt=0)] = 20
    max_concurrent_workflow_tasks: Annotated[int, Field(ge=2)] = 20
    task_pollers: Annotated[int, Field(ge=2, le=100)] = 2
    """Long polls of each kind a worker keeps open; more only cost where the server answers fast."""
    graceful_shutdown: timedelta = timedelta(seconds=20)
    """How long activities under way may go on when a worker is told to stop."""

    deployment_name: Annotated[str, Field(pattern=r"^[^.]*$", max_length=200)] = ""
    """The Worker Deployment that a worker is part of, in Temporal's terms; none without it.

    With it goes `build_id`; a version takes orders only once it was made the current one
    (docs/operations.md).
    """
    build_id: Annotated[str, Field(max_length=200)] = ""
    """Which version of that deployment a worker is, such as a commit."""
    versioning: Literal["pinned", "auto_upgrade"] = "pinned"
    """Whether an order stays with the version that it began with, or goes on with the current."""

    api_keys: Annotated[tuple[ApiKey, ...], NoDecode] = ()
    """Who may ask over HTTP, as `fulfillment api-key` prints it: name:role:sha256, commas between.

    Without any, nobody may.
    """
    http_requests_per_second: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = 50.0
    """How often each key may ask, on average."""
    http_burst: Annotated[int, Field(gt=0, le=1_000_000)] = 200
    """How many requests of a key may come at once."""
    http_body_limit: Annotated[int, Field(gt=0, le=100_000_000)] = 2_000_000
    """Bytes that a request's body may have."""
    shopify_webhook_secret: SecretStr = SecretStr("")
    """What Shopify signs its webhooks with; without it, none is taken."""
    woocommerce_webhook_secret: SecretStr = SecretStr("")
    webhook_max_age: timedelta = timedelta(days=3)
    """How old a delivery of Shopify may be; its repeats keep the time of the first."""
    merchant: Path | None = None
    """What only the merchant knows about a storefront's orders, as JSON (docs/storefronts.md)."""

    encryption_keys: SecretStr = SecretStr("")
    """What Temporal's histories are encrypted with, as `fulfillment encryption-key` prints it.

    id:key, commas between: the first encrypts, each decrypts. Without any nothing is encrypted.
    """
    encryption_accept_plaintext: bool = False
    """Whether payloads that are not encrypted are taken too; only while older orders still run."""
    codec_ui_origins: str = ""
    """Pages that may ask the codec server, as http://127.0.0.1:8233, commas between."""
    codec_ui_ticket: SecretStr = SecretStr("")
    """What stands in the address that a local Temporal UI asks; `make up` makes one by itself."""

    log_format: LogFormat = LogFormat.TEXT
    """How the log is written: text for people, JSON lines for machines (docs/observability.md)."""
    log_level: LogLevel = LogLevel.INFO
    metrics_bind: MetricsAddress = ""
    """Where a worker or `serve` exposes its metrics to Prometheus, as 127.0.0.1:9464; nowhere."""
    temporal_metrics_bind: MetricsAddress = ""
    """Where it exposes those of Temporal's SDK, as 127.0.0.1:9465; nowhere."""
    metrics_interval: timedelta = timedelta(seconds=15)
    """How often the open work is counted where metrics are exposed."""

    webhook_timeout: Annotated[timedelta, Field(le=timedelta(seconds=60))] = timedelta(seconds=15)
    """How long an endpoint of the merchant may take to answer."""
    webhook_sweep: timedelta = timedelta(minutes=1)
    """How often an endpoint's workflow looks for what is due without having been waked."""
    webhook_disable_after: timedelta = timedelta(days=5)
    """After so long of nothing but failures an endpoint is disabled."""
    webhook_rotation: timedelta = timedelta(days=1)
    """How long an endpoint's old secret signs beside its new one."""
    webhook_allow_loopback: bool = False
    """Whether endpoints may be on this machine, and there by http: for trying things out."""
    webhook_allow_private: bool = False
    """Whether endpoints may be in a private network."""

    pack_support_percent: Annotated[int, Field(ge=0, le=100)] = 80
    """How much of its base each item in a carton rests on, at least."""
    pack_padding_mm: Annotated[int, Field(ge=0, le=1000)] = 15
    """How much protective fill lies on every side of a fragile item."""
    pack_minor_per_kg: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    """What a kilogram of chargeable weight counts, in minor units, when cartons are chosen."""
    pack_divisor_mm3_per_g: Annotated[int, Field(gt=0, le=1_000_000)] = 5000
    """How much outer volume the carriers charge like a gram."""
    pack_limit: timedelta = timedelta(seconds=4)
    """How long a plan of cartons may take before the best so far is taken."""
    short_pick: ShortPickPolicy = ShortPickPolicy.OTHER_BIN
    """Where a scanner looks first for what a bin did not hold: on the walk, or by its order."""

    time_scale: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] = 1.0
    """What every patience below is divided by: 3600 makes an hour a second, for demonstrations."""
    pick: Patience = _hours(2, 2, 4, Policy.REASSIGN)
    sort: Patience = _hours(1, 1, 2, Policy.REASSIGN)
    pack: Patience = _hours(2, 2, 4, Policy.REASSIGN)
    hand_over: Patience = _hours(4, 4, 24, Policy.KEEP_WAITING)
    tracking: Patience = _days(3, 2, 2, Policy.KEEP_WAITING)
    """From the last news of a parcel on."""
    hold: Patience = _days(1, 2, 4, Policy.CANCEL)
    back_order: Patience = _days(3, 4, 7, Policy.KEEP_WAITING)
    pickup_grace: timedelta = timedelta(hours=2)
    """How long after its window a pickup counts as missed."""
    ship_within: timedelta = timedelta(days=2)
    """The promise: how long after an order is on record its goods shall have left."""
    substitution: SubstitutionPolicy = SubstitutionPolicy.ALLOWED
    """Whether what is to be had nowhere is substituted as its customer allows: allowed, or never.

    What is missing is looked for in other bins and warehouses first, and back-ordered last.
    """
    sourcing: SourcingWeights = SourcingWeights()
    """What is weighed in the choice of warehouses, as FULFILLMENT_SOURCING__SHARE_MINOR=200."""

    fill_g_per_l: Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)] = 10.0
    """What a liter of protective fill weighs: crumpled paper about 10 g, air cushions about 2 g."""
    weight_tolerance_percent: Annotated[int, Field(ge=0, le=100)] = 3
    """How far a packed carton's weight may be from what is expected: this, or the grams below."""
    weight_tolerance_g: Annotated[int, Field(ge=0, le=100_000)] = 50
    supervisors: Annotated[tuple[Person, ...], NoDecode] = ()
    """Who may override what the floor's checks stop, commas between; nobody named: a colleague."""

    picking: Picking = Picking.SINGLE
    """Whether each fulfillment is picked by itself, or several in one walk, as pick batches."""
    floor_plan_every: timedelta = timedelta(minutes=5)
    """How often pick batches are formed of what is released; `fulfillment floor plan` does at once.

    Not more often than each second, whatever the time scale: Temporal's Schedules can't.
    """
    cart_totes: Annotated[int, Field(gt=0, le=100)] = 12
    """Totes on a cart; each holds goods of one fulfillment and one segregation group."""
    tote_units: Annotated[int, Field(gt=0)] = 60
    tote_volume_l: Annotated[int, Field(gt=0)] = 60
    tote_weight_g: Annotated[int, Field(gt=0)] = 15_000
    batch_fewest: Annotated[int, Field(gt=0)] = 4
    """A batch of fewer fulfillments waits for more, unless one of them can't."""
    batch_max_wait: timedelta = timedelta(minutes=30)
    """Nobody waits longer for a fuller batch."""
    batch_urgent_within: timedelta = timedelta(hours=2)
    """What must ship so soon does not wait for a fuller batch."""

    @field_validator(
        "carrier_circuit_open",
        "carrier_rest",
        "floor_plan_every",
        "batch_max_wait",
        "batch_urgent_within",
        "connect_timeout",
        "graceful_shutdown",
        "metrics_interval",
        "pack_limit",
        "pickup_grace",
        "ship_within",
        "webhook_max_age",
        "webhook_timeout",
        "webhook_sweep",
        "webhook_disable_after",
        "webhook_rotation",
    )
    @classmethod
    def _is_positive(cls, span: timedelta) -> timedelta:
        if span <= timedelta(0):
            raise _too_short(["a duration"])
        return span

    @field_validator(*PATIENT)
    @classmethod
    def _spans_are_positive(cls, patience: Patience) -> Patience:
        short = [span for span in SPANS if getattr(patience, span) <= timedelta(0)]
        if short:
            raise _too_short(short)
        return patience

    @field_validator("api_keys", mode="before")
    @classmethod
    def _are_keys(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the sources gave
        if not isinstance(value, str):
            return value
        try:
            return parse_api_keys(value)
        except ValueError as error:
            message = (
                "name:role:sha256 for each key, each name once, as `fulfillment api-key` prints"
            )
            raise PydanticCustomError("api_keys", message) from error  # noqa: EM101 - its kind

    @field_validator("supervisors", mode="before")
    @classmethod
    def _are_names(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the sources gave
        if not isinstance(value, str):
            return value
        return tuple(name.strip() for name in value.split(",") if name.strip())

    @field_validator("carrier", mode="before")
    @classmethod
    def _are_texts(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the sources gave
        if not isinstance(value, dict):
            return value
        # The environment reads a key of digits alone as a number.
        return {
            name: {key: _text(each) for key, each in section.items()}
            if isinstance(section, dict)
            else section
            for name, section in value.items()
        }

    @field_validator("encryption_keys")
    @classmethod
    def _are_encryption_keys(cls, value: SecretStr) -> SecretStr:
        try:
            Keyring.parse(value.get_secret_value())
        except ValueError:
            message = "id:key for each, each id once, as `fulfillment encryption-key` prints"
            raise PydanticCustomError("encryption_keys", message) from None  # noqa: EM101 - its kind
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr) -> SecretStr:
        try:
            if value.get_secret_value():
                SmtpServer.parse(value.get_secret_value())
        except ValueError:
            message = "smtp://user:password@host:port, or smtps:// for TLS at once"
            raise PydanticCustomError("smtp_url", message) from None  # noqa: EM101 - its kind
        return value

    @field_serializer("api_keys", "supervisors")
    def _as_text(self, keys: tuple[ApiKey | str, ...]) -> str:
        return ",".join(map(str, keys))

    @model_validator(mode="before")
    @classmethod
    def _fill_places(cls, data: Any) -> Any:  # noqa: ANN401 - whatever the sources gave
        if isinstance(data, dict):
            folder = Path(data.get("data_dir") or cls.model_fields["data_dir"].default)
            data.setdefault("mail_dir", folder / "mail")
            if not any(data.get(name) for name in ("database_url", DATABASE_VARIABLE)):
                data["database_url"] = f"sqlite+aiosqlite:///{folder / 'fulfillment.sqlite'}"
        return data

    def pack_rules(self) -> PackRules:
        """Return the rules of packing."""
        return PackRules(
            support_percent=self.pack_support_percent,
            padding_mm=self.pack_padding_mm,
            minor_per_kg=self.pack_minor_per_kg,
            divisor_mm3_per_g=self.pack_divisor_mm3_per_g,
        )

    def policies(self) -> Policies:
        """Return what each order keeps for its life, with the time scale applied."""
        patience: dict[str, Any] = {name: self._scaled(getattr(self, name)) for name in PATIENT}
        return Policies(
            picking=self.picking,
            pickup_grace=self.pickup_grace / self.time_scale,
            ship_within=self.ship_within / self.time_scale,
            substitution=self.substitution,
            weighing=Weighing(
                fill_g_per_l=self.fill_g_per_l,
                tolerance_percent=self.weight_tolerance_percent,
                tolerance_g=self.weight_tolerance_g,
                supervisors=self.supervisors,
            ),
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

    @property
    def plan_every(self) -> timedelta:
        """Return how often pick batches are formed, with the time scale applied."""
        return self.floor_plan_every / self.time_scale

    def cart(self) -> Cart:
        """Return what a picker pushes."""
        return Cart(
            totes=tuple(
                Tote(
                    tote=f"T{number:02}",
                    units=self.tote_units,
                    volume_mm3=self.tote_volume_l * MM3_PER_LITER,
                    weight_g=self.tote_weight_g,
                )
                for number in range(1, self.cart_totes + 1)
            )
        )

    def batch_rules(self) -> BatchRules:
        """Return how long who waits for a fuller batch, with the time scale applied."""
        return BatchRules(
            fewest_members=self.batch_fewest,
            max_wait=self.batch_max_wait / self.time_scale,
            urgent_within=self.batch_urgent_within / self.time_scale,
        )

    def keyring(self) -> Keyring | None:
        """Return the keys that histories are encrypted with; None where they are not."""
        return Keyring.parse(self.encryption_keys.get_secret_value())

    def circuit_rules(self) -> CircuitRules:
        """Return when a carrier network is left alone, and for how long."""
        return CircuitRules(
            failures=self.carrier_circuit_failures,
            open_for=self.carrier_circuit_open / self.time_scale,
        )

    def webhook_rules(self) -> WebhookRules:
        """Return how webhooks are delivered, with the time scale applied."""
        return WebhookRules(
            sweep=self.webhook_sweep,
            disable_after=self.webhook_disable_after,
            rotation=self.webhook_rotation,
            allow_loopback=self.webhook_allow_loopback,
            allow_private=self.webhook_allow_private,
        ).scaled(self.time_scale)

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

    def _scaled(self, patience: Patience) -> Patience:
        spans = {span: getattr(patience, span) / self.time_scale for span in SPANS}
        return patience.model_copy(update=spans)
