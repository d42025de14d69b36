"""EasyPost switched on by its settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Literal

import httpx
from pydantic import Field, SecretStr, field_validator

from fulfillment.carriers.easypost.carrier import EasyPostCarrier
from fulfillment.carriers.easypost.http import BASE_URL, EasyPostHttp
from fulfillment.carriers.networks import Section
from fulfillment.domain.base import StrictValue
from fulfillment.ports import CarrierNotes


class EasyPostSettings(StrictValue):
    """What can be set, as FULFILLMENT_CARRIER__EASYPOST__API_KEY and the like."""

    api_key: Annotated[SecretStr, Field(min_length=1)]
    """Without it, EasyPost is never asked."""
    webhook_secret: SecretStr = SecretStr("")
    """What its webhooks are signed with; without it, none is taken."""
    label_format: Literal["PDF", "PNG", "ZPL"] = "PDF"
    carrier_accounts: tuple[str, ...] = ()
    """Whose rates are asked, by EasyPost's ids, commas between; all by default."""
    verify_addresses: bool = False
    """Whether it is asked if it finds the address of each new order."""
    base_url: Annotated[str, Field(pattern=r"^https://[^\s]+$")] = BASE_URL
    timeout: timedelta = timedelta(seconds=8)
    """How long an answer may take."""

    @field_validator("carrier_accounts", mode="before")
    @classmethod
    def _by_commas(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @classmethod
    def of(cls, section: Section) -> "EasyPostSettings":
        """Return the settings of a section.

        Raises:
            pydantic.ValidationError: one is missing, wrong or unknown.

        """
        return cls.model_validate(
            {name: value.get_secret_value() for name, value in section.items()}
        )


@asynccontextmanager
async def open_network(
    section: Section, notes: CarrierNotes, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[EasyPostCarrier]:
    """Open EasyPost with its settings; `transport` is for tests.

    Raises:
        pydantic.ValidationError: a setting is missing or wrong.

    """
    settings = EasyPostSettings.of(section)
    async with EasyPostHttp(
        settings.api_key,
        base_url=settings.base_url,
        timeout=settings.timeout,
        transport=transport,
    ) as http:
        yield EasyPostCarrier(
            http,
            notes,
            label_format=settings.label_format,
            carrier_accounts=settings.carrier_accounts,
            verifies_addresses=settings.verify_addresses,
        )
