"""Rules of outward webhooks: when it is tried again, who may be reached, what is said."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from activities import registry
from activities.announced_changes import ANNOUNCED, UNANNOUNCED
from fulfillment.domain.errors import Refused
from fulfillment.domain.webhook_events import MEANING, EventType, external_id, reason_words
from fulfillment.domain.webhooks import (
    RETRY_AFTER,
    Answer,
    Delivery,
    DeliveryState,
    Endpoint,
    WebhookRules,
    check_event_types,
    check_secret,
    check_url,
    delivery_after,
    endpoint_after,
    is_reachable,
)

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
RULES = WebhookRules()
LOCAL = WebhookRules(allow_loopback=True)
PRIVATE = WebhookRules(allow_private=True)
BAD = Answer(status=500)
FRESH = Delivery(message_id="m", endpoint_id="e", next_attempt_at=NOW)
ENDPOINT = Endpoint(
    endpoint_id="e", url="https://e.example", secret=SecretStr("whsec_a"), created_at=NOW
)

ANSWERS = st.builds(
    Answer,
    status=st.none() | st.integers(100, 599),
    retry_after=st.none() | st.timedeltas(timedelta(days=-1), timedelta(days=9)),
    error=st.just("no connection"),
)


def test_ten_attempts_over_three_days() -> None:
    """At once, then after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h, as the standard says."""
    at, delivery, made = NOW, FRESH, []
    while delivery.state is DeliveryState.PENDING:
        delivery = delivery_after(delivery, BAD, at, RULES)
        if delivery.next_attempt_at:
            made.append(delivery.next_attempt_at - at)
            at = delivery.next_attempt_at
    assert tuple(made) == RETRY_AFTER
    assert (delivery.attempts, delivery.state) == (10, DeliveryState.FAILED)
    assert delivery.error == "HTTP 500"
    assert timedelta(days=3) < at - NOW < timedelta(days=4)


@given(answers=st.lists(ANSWERS, min_size=1, max_size=15))
def test_a_delivery_ends_and_never_comes_before_its_time(answers: list[Answer]) -> None:
    """Pending has a time and an end has none; a wish for time is never cut short."""
    delivery = FRESH
    for number, answer in enumerate(answers, 1):
        if delivery.state is not DeliveryState.PENDING:
            break
        delivery = delivery_after(delivery, answer, NOW, RULES)
        assert delivery.attempts == number
        assert (delivery.state is DeliveryState.PENDING) == (delivery.next_attempt_at is not None)
        assert (delivery.state is DeliveryState.DELIVERED) == answer.accepted
        assert (delivery.state is DeliveryState.DELIVERED) == (delivery.error == "")
        if delivery.next_attempt_at:
            waits = [RETRY_AFTER[number - 1], answer.wish or timedelta()]
            assert delivery.next_attempt_at - NOW == max(waits) <= timedelta(days=1)
    assert delivery.attempts <= len(RETRY_AFTER) + 1


def test_an_endpoint_that_only_fails_is_disabled_after_days() -> None:
    """One good answer begins anew; 410 disables at once; 429 pauses."""
    failing = endpoint_after(ENDPOINT, BAD, NOW, RULES)
    assert (failing.failing_since, failing.enabled) == (NOW, True)
    assert endpoint_after(failing, Answer(status=204), NOW, RULES) == ENDPOINT
    late = NOW + RULES.disable_after
    assert endpoint_after(failing, BAD, late - timedelta(seconds=1), RULES).enabled
    disabled = endpoint_after(failing, BAD, late, RULES)
    assert not disabled.enabled
    assert "since 2026-11-23 10:00 UTC" in disabled.disabled_because
    assert not endpoint_after(ENDPOINT, Answer(status=410), NOW, RULES).enabled
    wish = Answer(status=429, retry_after=timedelta(seconds=7))
    assert endpoint_after(ENDPOINT, wish, NOW, RULES).paused_until == NOW + timedelta(seconds=7)
    assert disabled.enabled_again() == ENDPOINT


@pytest.mark.parametrize(
    ("address", "public", "local", "private"),
    [
        ("93.184.215.14", True, True, True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True, True, True),
        ("127.0.0.1", False, True, False),
        ("::1", False, True, False),
        ("::ffff:127.0.0.1", False, True, False),
        ("10.1.2.3", False, False, True),
        ("192.168.0.1", False, False, True),
        ("100.64.0.1", False, False, True),
        ("fd00::1", False, False, True),
        ("::ffff:10.0.0.1", False, False, True),
        ("64:ff9b::a00:1", False, False, True),
        ("2002:a00:1::", False, False, True),
        ("169.254.169.254", False, False, False),
        ("fe80::1", False, False, False),
        ("fec0::1", False, False, False),
        ("fd00:ec2::254", False, False, False),
        ("fd20:ce::254", False, False, False),
        ("100.100.100.200", False, False, False),
        ("0.0.0.0", False, False, False),  # noqa: S104 - refused
        ("224.0.0.1", False, False, False),
        ("255.255.255.255", False, False, False),
    ],
)
def test_which_addresses_may_be_reached(
    address: str, *, public: bool, local: bool, private: bool
) -> None:
    """Public ones; others only where a setting allows it; those of the cloud's own never."""
    reached = [is_reachable(address, rules) for rules in (RULES, LOCAL, PRIVATE)]
    assert [public, local, private] == reached


@pytest.mark.parametrize(
    ("url", "rules"),
    [
        ("https://shop.example/hooks?x=1", RULES),
        ("https://shop.example:8443/", RULES),
        ("http://127.0.0.1:8080/x", LOCAL),
        ("http://localhost/x", LOCAL),
        ("https://10.0.0.1/", PRIVATE),
        ("https://shop.example./", RULES),
        ("https://käse.example/", RULES),
        (f"https://{'a' * 63}.a_b.example/", RULES),
    ],
)
def test_urls_that_may_be_endpoints(url: str, rules: WebhookRules) -> None:
    """Https, or http to this machine where a setting allows it."""
    assert check_url(url, rules) == url


@pytest.mark.parametrize(
    ("url", "rules"),
    [
        ("shop.example", LOCAL),
        ("ftp://shop.example/", LOCAL),
        ("http://shop.example/", LOCAL),
        ("http://127.0.0.1/", RULES),
        ("https://localhost/", RULES),
        ("https://[::1]/", RULES),
        ("https://10.0.0.1/", LOCAL),
        ("https://169.254.169.254/latest", PRIVATE),
        ("https://user:password@shop.example/", RULES),
        ("https://shop.example/#part", RULES),
        (f"https://shop.example/{'x' * 2_000}", RULES),
        (f"https://{'a' * 64}.example/", RULES),
        ("https://a..b/", RULES),
    ],
)
def test_urls_that_may_not(url: str, rules: WebhookRules) -> None:
    """Each is refused by its field, and a password is not repeated."""
    with pytest.raises(Refused) as refused:
        check_url(url, rules)
    assert refused.value.problems[0].path == "url"
    assert "password" not in str(refused.value)


def test_secrets_and_event_types() -> None:
    """A secret has 24 to 64 bytes; a type is one of ours, or all of a kind."""
    good = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert check_secret(good).get_secret_value() == good
    for bad in ("", "whsec_", good.removeprefix("whsec_"), "whsec_c2hvcnQ=", "whsec_%%"):
        with pytest.raises(Refused, match="24 to 64 bytes") as refused:
            check_secret(bad)
        assert len(bad) < 8 or bad not in str(refused.value)
    assert check_event_types(["order.*", "order.*", "payment.captured"]) == (
        "order.*",
        "payment.captured",
    )
    with pytest.raises(Refused, match=r"order\.shipped"):
        check_event_types(["order.shipped"])
    choosy = ENDPOINT.model_copy(update={"event_types": ("order.*", "payment.captured")})
    wanted = [kind for kind in ("order.on_hold", "payment.captured") if choosy.wants(kind)]
    assert len(wanted) == 2
    assert not choosy.wants("payment.voided")


def test_a_reason_repeats_nothing_of_what_a_customer_wrote() -> None:
    """Only what the hold is about."""
    hold = "address: no postal code 'Ada, payment: x' in DE; phone: +49 is none; availability: OLD"
    assert reason_words(hold) == "address, phone, availability"
    assert reason_words("payment: the bank said no to Ada") == "payment"
    assert reason_words("changed my mind, says Ada") is None


@pytest.mark.parametrize(
    ("order_id", "known_as"),
    [("woo-727", "727"), ("shopify-berlin-450789469", "450789469"), ("A-1001", "A-1001")],
)
def test_the_storefronts_own_number(order_id: str, known_as: str) -> None:
    """By which the storefront finds its order again."""
    assert external_id(order_id) == known_as


def test_every_effect_is_announced_or_known_to_change_nothing() -> None:
    """A new activity must say which; each event has its meaning."""
    names = {
        getattr(method, "__temporal_activity_definition").name
        for kind in registry.CLASSES
        for method in vars(kind).values()
        if hasattr(method, "__temporal_activity_definition")
    }
    assert {*ANNOUNCED, *UNANNOUNCED} == names - {"deliver_webhooks", "poll_tracking"}
    assert set(MEANING) == set(EventType)
