"""Settings of the decision on cartons and carrier service."""

from datetime import timedelta

import pytest

from fulfillment.domain.shipping_decision import ShippingRules
from fulfillment.settings import Settings, SettingsInvalid, load_settings


def test_defaults_are_those_of_the_rules() -> None:
    """Without any variable four plans are rated, within two seconds."""
    assert ShippingRules() == Settings().shipping_rules()


def test_how_much_is_asked_of_carriers_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer plans where each question costs money."""
    monkeypatch.setenv("FULFILLMENT_SHIPPING_RATED_PLANS", "1")
    monkeypatch.setenv("FULFILLMENT_SHIPPING_QUOTED_WITHIN", "PT1S")

    expected = ShippingRules(rated_plans=1, quoted_within=timedelta(seconds=1))
    assert expected == load_settings().shipping_rules()


def test_no_plan_at_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is what is packed."""
    monkeypatch.setenv("FULFILLMENT_SHIPPING_RATED_PLANS", "0")

    with pytest.raises(SettingsInvalid, match="FULFILLMENT_SHIPPING_RATED_PLANS"):
        load_settings()
