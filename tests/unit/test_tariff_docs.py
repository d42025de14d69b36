"""The documentation of tariffs is true: it names every field, and its sample basket is one."""

import json
import re
from pathlib import Path

from pydantic import BaseModel

from fulfillment.domain.baskets import Basket, parse_basket
from fulfillment.domain.charges import ChargeKind
from fulfillment.domain.surcharges import (
    OversizeSurcharge,
    RemoteArea,
    RemoteAreaSurcharge,
    ResidentialSurcharge,
    Surcharges,
)
from fulfillment.domain.tariffs import ServiceTariff, TariffBook, WeightStep, Zone

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "tariffs.md").read_text(encoding="utf-8")
MODELS: tuple[type[BaseModel], ...] = (
    TariffBook,
    ServiceTariff,
    Zone,
    WeightStep,
    Surcharges,
    RemoteAreaSurcharge,
    RemoteArea,
    OversizeSurcharge,
    ResidentialSurcharge,
    Basket,
)


def test_every_field_is_documented() -> None:
    """A field that is added is described too, and so is each line of a quote."""
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", TEXT))))
    fields = {name for model in MODELS for name in model.model_fields}
    assert set() == (fields | {kind.value for kind in ChargeKind}) - words


def test_what_a_service_must_have_is_said() -> None:
    """As the model has it, the service's two ids in one row."""
    rows = re.findall(r"^\| (`.+`) \| yes \|", TEXT, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    needed = {name for name, field in ServiceTariff.model_fields.items() if field.is_required()}
    assert needed == told


def test_the_sample_basket_is_one() -> None:
    """Of articles of the sample catalog."""
    basket = parse_basket(json.loads((ROOT / "samples" / "basket.json").read_text("utf-8")))
    catalog = json.loads((ROOT / "samples" / "catalog.json").read_text("utf-8"))
    known = {article["sku"] for article in catalog["articles"]}
    assert set() == {line.sku for line in basket.lines} - known
