"""Settings: what the variables mean, and what is said where they can't be used."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from fulfillment.domain.back_order_choices import BackOrderChoice, ChoicePatience
from fulfillment.domain.lifecycle import Patience, Policy
from fulfillment.domain.pickups import Pickups
from fulfillment.domain.supply import SupplyMode
from fulfillment.domain.tracking import TrackingException
from fulfillment.domain.weighing import Weighing
from fulfillment.settings import (
    DATABASE_VARIABLE,
    PREFIX,
    Settings,
    SettingsInvalid,
    load_settings,
    variables,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

DURATION = "a duration, as PT2H30M or 02:30:00"
POLICIES = "'keep_waiting', 'reassign' or 'cancel'"
MAIL = r"pattern '^[^@\s]+@[^@\s]+\.[^@\s]+$'"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(PREFIX) or name == DATABASE_VARIABLE:
            monkeypatch.delenv(name)


def problems_with(monkeypatch: pytest.MonkeyPatch, **environ: str) -> list[str]:
    """Return the lines that are said about an environment."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid) as refused:
        load_settings()
    return str(refused.value).splitlines()


def test_defaults() -> None:
    """Without any variable everything lies in one folder, and patience is that of a warehouse."""
    settings = load_settings()
    policies = settings.policies()
    assert settings.database_url == "sqlite+aiosqlite:///var/data/fulfillment.sqlite"
    assert settings.mail_dir == Path("var/data/mail")
    assert policies.pick == Patience(
        remind_after=2 * HOUR,
        escalate_after=2 * HOUR,
        then_after=4 * HOUR,
        policy=Policy.REASSIGN,
    )
    assert (policies.hold.span, policies.hold.policy) == (7 * DAY, Policy.CANCEL)
    assert policies.tracking.remind_after == 3 * DAY
    assert policies.ship_within == 2 * DAY
    assert policies.weighing == Weighing()


def test_weighing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Density, tolerance and supervisors; another process gets the same."""
    monkeypatch.setenv("FULFILLMENT_FILL_G_PER_L", "2.5")
    monkeypatch.setenv("FULFILLMENT_WEIGHT_TOLERANCE_PERCENT", "1")
    monkeypatch.setenv("FULFILLMENT_WEIGHT_TOLERANCE_G", "20")
    monkeypatch.setenv("FULFILLMENT_SUPERVISORS", "eve, frank,")
    expected = Weighing(
        fill_g_per_l=2.5, tolerance_percent=1, tolerance_g=20, supervisors=("eve", "frank")
    )
    settings = load_settings()
    assert expected == settings.policies().weighing
    assert "eve,frank" == settings.environment()["FULFILLMENT_SUPERVISORS"]


def test_the_end_of_day_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pickups by manifest, and carriers by name; another process gets the same."""
    assert Pickups.EACH is load_settings().policies().pickups
    monkeypatch.setenv("FULFILLMENT_PICKUPS", "manifest")
    monkeypatch.setenv("FULFILLMENT_DROP_OFF_CARRIERS", "overland, seaway,")
    monkeypatch.setenv("FULFILLMENT_END_OF_DAY_CARRIERS", "easypost-ups")
    settings = load_settings()
    assert Pickups.MANIFEST is settings.policies().pickups
    assert ("overland", "seaway") == settings.drop_off_carriers
    told = settings.environment()
    assert "overland,seaway" == told["FULFILLMENT_DROP_OFF_CARRIERS"]
    assert "easypost-ups" == told["FULFILLMENT_END_OF_DAY_CARRIERS"]


def test_all_data_move_with_their_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What has no place of its own lies in the data folder."""
    monkeypatch.setenv("FULFILLMENT_DATA_DIR", str(tmp_path))
    settings = load_settings()
    assert settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/fulfillment.sqlite"
    assert settings.mail_dir == tmp_path / "mail"


def test_places_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """DATABASE_URL has no prefix, as everywhere; what is given wins over the folder."""
    monkeypatch.setenv("DATABASE_URL", "sqlite:////elsewhere/my.db")
    monkeypatch.setenv("FULFILLMENT_MAIL_DIR", str(tmp_path))
    settings = load_settings()
    assert settings.database_url == "sqlite:////elsewhere/my.db"
    assert settings.mail_dir == tmp_path


def test_one_span_of_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """A single span or policy can be set, and the rest of the stage stays."""
    monkeypatch.setenv("FULFILLMENT_PICK__REMIND_AFTER", "PT5M")
    monkeypatch.setenv("FULFILLMENT_PACK__POLICY", "keep_waiting")
    monkeypatch.setenv("FULFILLMENT_PICKUP_GRACE", "00:30:00")
    before, after = Settings.model_fields, load_settings()
    minutes = {"remind_after": timedelta(minutes=5)}
    assert after.pick == before["pick"].default.model_copy(update=minutes)
    assert after.pack == before["pack"].default.model_copy(update={"policy": Policy.KEEP_WAITING})
    assert after.pickup_grace == HOUR / 2


def test_time_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    """One setting shortens all patience, and nothing else."""
    monkeypatch.setenv("FULFILLMENT_TIME_SCALE", "3600")
    settings = load_settings()
    policies = settings.policies()
    second = timedelta(seconds=1)
    assert policies.pick.remind_after == 2 * second
    assert policies.hold.span == 7 * 24 * second
    assert policies.hold.policy == Policy.CANCEL
    assert (policies.pickup_grace, policies.ship_within) == (2 * second, 48 * second)
    assert settings.graceful_shutdown == 20 * second


def test_empty_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set to nothing is as if it were not set, as in compose files."""
    for name in variables():
        monkeypatch.setenv(name, "")
    assert load_settings() == Settings()


def test_every_wrong_setting_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is wrong is said at once: variable, expected, came, what to do."""
    lines = problems_with(
        monkeypatch,
        FULFILLMENT_TIME_SCALE="0",
        FULFILLMENT_PICK__POLICY="give up",
        FULFILLMENT_PACK__THEN_AFTER="two hours",
        FULFILLMENT_HOLD__THEN_AFTER="PT0S",
        FULFILLMENT_SHIP_WITHIN="-P1D",
        FULFILLMENT_SENDER_MAIL="nobody",
    )
    remedy = "; correct it, or unset it to have the default"
    assert sorted(lines) == [
        said + remedy
        for said in (
            "FULFILLMENT_HOLD: expected then_after longer than zero, came dict of 4",
            f"FULFILLMENT_PACK__THEN_AFTER: expected {DURATION}, came 'two hours'",
            f"FULFILLMENT_PICK__POLICY: expected {POLICIES}, came 'give up'",
            f"FULFILLMENT_SENDER_MAIL: expected String should match {MAIL}, came 'nobody'",
            "FULFILLMENT_SHIP_WITHIN: expected a duration longer than zero, came '-P1D'",
            "FULFILLMENT_TIME_SCALE: expected greater than 0, came '0'",
        )
    ]


def test_what_can_not_even_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage that is set as a whole, and not as JSON, is named."""
    lines = problems_with(monkeypatch, FULFILLMENT_PICK="PT2H")
    assert len(lines) == 1
    assert '"pick"' in lines[0]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("FULFILLMENT_PIK__REMIND_AFTER", "FULFILLMENT_PICK__REMIND_AFTER"),
        ("FULFILLMENT_PICK_REMIND_AFTER", "FULFILLMENT_PICK__REMIND_AFTER"),
        ("FULFILLMENT_TIMESCALE", "FULFILLMENT_TIME_SCALE"),
    ],
)
def test_a_typing_error_in_a_name(monkeypatch: pytest.MonkeyPatch, name: str, meant: str) -> None:
    """A name that sets nothing, and nearly is one that does, is refused."""
    lines = problems_with(monkeypatch, **{name: "1"})
    came = "came '1' under a name that sets nothing"
    assert lines == [f"{name}: expected {meant}, {came}; call it {meant}, or unset it"]


def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by what prints the settings, nor where the variable has a wrong name."""
    url = "postgresql://shop:Tr0ub4dor@db/shop"
    monkeypatch.setenv(DATABASE_VARIABLE, url)
    assert load_settings().database_url == url
    assert "Tr0ub4dor" not in repr(load_settings())
    (line,) = problems_with(monkeypatch, FULFILLMENT_DATABASE_URL=url)
    assert "FULFILLMENT_DATABASE_URL: expected DATABASE_URL, came a value that is not" in line
    assert "Tr0ub4dor" not in line


def test_names_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of the tests and of tools begin with the prefix too, and don't matter."""
    monkeypatch.setenv("FULFILLMENT_DATA", "/data")
    monkeypatch.setenv("FULFILLMENT_CI", "1")
    assert load_settings() == Settings()


SPANS = st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=1000))


@tried(deadline=None)
@given(
    spans=st.tuples(SPANS, SPANS, SPANS),
    policy=st.sampled_from(Policy),
    time_scale=st.floats(0.001, 1000),
    cached=st.integers(0, 10**6),
)
def test_another_process_gets_the_same(
    spans: tuple[timedelta, timedelta, timedelta],
    policy: Policy,
    time_scale: float,
    cached: int,
) -> None:
    """What is passed on by the environment is read as it was."""
    patience = Patience(
        remind_after=spans[0], escalate_after=spans[1], then_after=spans[2], policy=policy
    )
    settings = Settings(
        tracking=patience, time_scale=time_scale, max_cached_workflows=cached, tariffs=Path("a b")
    )
    with pytest.MonkeyPatch.context() as environ:
        for name, value in settings.environment().items():
            environ.setenv(name, value)
        assert load_settings() == settings


def test_which_exceptions_are_worked_is_passed_on() -> None:
    """They stand with commas between, as they are read: else no worker starts."""
    settings = Settings(delivery_worked=(TrackingException.LOST, TrackingException.DAMAGED))
    assert "lost,damaged" == settings.environment()["FULFILLMENT_DELIVERY_WORKED"]


def test_all_variables_are_known() -> None:
    """What is passed on are variables that set something."""
    assert set(Settings().environment()) <= set(variables())


def test_what_is_done_about_missing_goods_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The customer's time to choose and its default, and supply; scaled as all patience is."""
    assert SupplyMode.NONE is load_settings().policies().supply
    monkeypatch.setenv("FULFILLMENT_BACK_ORDER_REMIND_CUSTOMER", "P4D")
    monkeypatch.setenv("FULFILLMENT_BACK_ORDER_DEFAULT", "cancel")
    monkeypatch.setenv("FULFILLMENT_SUPPLY", "automatic")
    monkeypatch.setenv("FULFILLMENT_SUPPLY_OVERDUE__REMIND_AFTER", "P2D")
    monkeypatch.setenv("FULFILLMENT_TIME_SCALE", "2")
    policies = load_settings().policies()
    expected = ChoicePatience(
        remind_after=2 * DAY, decide_after=2.5 * DAY, default=BackOrderChoice.CANCEL
    )
    assert expected == policies.back_order_choice
    assert (SupplyMode.AUTOMATIC, DAY, DAY / 2) == (
        policies.supply,
        policies.supply_overdue.remind_after,
        policies.supply_day,
    )


def test_a_customer_has_time_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time at all is refused by the variable's name."""
    [line] = problems_with(monkeypatch, FULFILLMENT_BACK_ORDER_DECIDE="PT0S")
    assert line.startswith("FULFILLMENT_BACK_ORDER_DECIDE: expected a duration longer than zero")


def test_the_rules_of_risk_are_read_and_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each limit by a variable of its own; amounts by currency and lists as JSON."""
    said = {
        "VALUE_MINOR": '{"EUR": 100000}',
        "VELOCITY_ORDERS": "3",
        "VELOCITY_WINDOW": "PT2H",
        "MAIL_DOMAINS": '["throwaway.example"]',
    }
    for name, value in said.items():
        monkeypatch.setenv(f"FULFILLMENT_RISK__{name}", value)
    rules = load_settings().risk
    assert ({"EUR": 100_000}, 3) == (rules.value_minor, rules.velocity_orders)
    assert (timedelta(hours=2), ("throwaway.example",)) == (
        rules.velocity_window,
        rules.mail_domains,
    )
    passed_on = load_settings().environment()["FULFILLMENT_RISK"]
    for name in said:
        monkeypatch.delenv(f"FULFILLMENT_RISK__{name}")
    monkeypatch.setenv("FULFILLMENT_RISK", passed_on)
    assert rules == load_settings().risk
