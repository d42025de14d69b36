"""The sandbox gateway: once by key, steered by the card, and sound through crashes."""

import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.authorizations import NO_CURRENCY
from fulfillment.domain.errors import (
    EffectConflict,
    FulfillmentError,
    NotFound,
    PaymentDeclined,
    PaymentUnclear,
)
from fulfillment.payments.sandbox import SandboxGateway
from fulfillment.payments.sandbox_books import Kind
from fulfillment.ports import Authorization, PaymentGateway

KEY = "order/4711/authorize_payment/-/1"
SECOND_KEY = "order/4711/authorize_payment/-/2"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the gateway's books are."""
    return tmp_path / "gateway.sqlite"


@pytest.fixture
def gateway(file: Path) -> SandboxGateway:
    """Return a gateway with empty books."""
    return SandboxGateway(file)


async def refusal(call: Awaitable[Authorization]) -> FulfillmentError | None:
    """Return the error of a call, or None."""
    try:
        await call
    except FulfillmentError as error:
        return error
    return None


def test_it_is_a_payment_gateway(file: Path) -> None:
    """The sandbox has the port's shape."""
    gateway: PaymentGateway = SandboxGateway(file)
    assert isinstance(gateway, SandboxGateway)


async def test_authorizes(gateway: SandboxGateway) -> None:
    """A good card has the amount held."""
    held = await gateway.authorize(KEY, 1290, "EUR", "tok_visa")
    assert held == Authorization(reference=held.reference, amount_minor=1290, currency="EUR")


async def test_same_key_same_answer(gateway: SandboxGateway) -> None:
    """Asking again holds nothing more."""
    first = await gateway.authorize(KEY, 1290, "EUR", "tok_visa")
    again = await gateway.authorize(KEY, 1290, "EUR", "tok_visa")
    operations = await gateway.operations()
    assert (again, len(await gateway.accounts())) == (first, 1)
    assert [(op.key, op.tries, op.moved_minor) for op in operations] == [(KEY, 2, 1290)]


@pytest.mark.parametrize(
    ("amount_minor", "currency", "source"),
    [(1291, "EUR", "tok_visa"), (1290, "USD", "tok_visa"), (1290, "EUR", "tok_declined")],
)
async def test_same_key_other_request(
    gateway: SandboxGateway, amount_minor: int, currency: str, source: str
) -> None:
    """A key that comes back with another request is refused, and nothing moves."""
    await gateway.authorize(KEY, 1290, "EUR", "tok_visa")
    with pytest.raises(EffectConflict, match=KEY):
        await gateway.authorize(KEY, amount_minor, currency, source)
    operations = await gateway.operations()
    assert [(op.tries, op.moved_minor) for op in operations] == [(1, 1290)]


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("tok_declined", "declined by the bank"),
        ("tok_declined-4711", "declined by the bank"),
        ("tok_insufficient", "not enough"),
        ("tok_viza", "no such card.*tok_visa"),
    ],
)
async def test_declines_for_good(gateway: SandboxGateway, card: str, words: str) -> None:
    """A bad card is declined under every key, each time with the same words."""
    for key in (KEY, KEY, SECOND_KEY):
        with pytest.raises(PaymentDeclined, match=words):
            await gateway.authorize(key, 1290, "EUR", card)
    assert await gateway.accounts() == []


async def test_declines_once_for_each_subject(gateway: SandboxGateway) -> None:
    """The first key of a subject is declined for good, the next one is accepted."""
    for subject in ("order/1", "order/2"):
        first = await refusal(gateway.authorize(f"{subject}/1", 5, "EUR", "tok_decline_once"))
        second = await gateway.authorize(f"{subject}/2", 5, "EUR", "tok_decline_once")
        again = await refusal(gateway.authorize(f"{subject}/1", 5, "EUR", "tok_decline_once"))
        assert isinstance(first, PaymentDeclined)
        assert isinstance(again, PaymentDeclined)
        assert second.amount_minor == 5


async def test_declines_a_capture_once(gateway: SandboxGateway) -> None:
    """It is held at once, taken at the second attempt, and what was declined stays so."""
    held = await gateway.authorize(KEY, 1290, "EUR", "tok_declines_capture-7")
    for _ in range(2):
        assert isinstance(
            await refusal(gateway.capture("share/1/capture/-/1", held.reference, 1290)),
            PaymentDeclined,
        )
    taken = await gateway.capture("share/1/capture/-/2", held.reference, 1290)
    assert 1290 == taken.captured_minor


@pytest.mark.parametrize(("card", "acted"), [("tok_timeout_before", 0), ("tok_timeout_after", 1)])
async def test_times_out_once_for_each_key(gateway: SandboxGateway, card: str, acted: int) -> None:
    """The first try stays unanswered, whether it acted or not; the next one tells the truth."""

    async def accounts_after_first_try(call: Callable[[], Awaitable[Authorization]]) -> int:
        with pytest.raises(PaymentUnclear, match="same key"):
            await call()
        return len(await gateway.accounts())

    async def authorize() -> Authorization:
        return await gateway.authorize(KEY, 1290, "EUR", card)

    assert await accounts_after_first_try(authorize) == acted
    held = await authorize()

    async def capture() -> Authorization:
        return await gateway.capture("capture", held.reference, 290)

    await accounts_after_first_try(capture)
    assert (await gateway.accounts())[0].captured_minor == 290 * acted
    assert (await capture()).captured_minor == 290
    assert [op.tries for op in await gateway.operations()] == [2, 2]


async def test_captures_at_most_what_is_held(gateway: SandboxGateway) -> None:
    """Captures add up to the authorized amount at most."""
    held = await gateway.authorize(KEY, 1000, "EUR", "tok_visa")
    part = await gateway.capture("c1", held.reference, 400)
    assert part == held.model_copy(update={"captured_minor": 400})
    with pytest.raises(PaymentDeclined, match="at most 600"):
        await gateway.capture("c2", held.reference, 601)
    assert (await gateway.capture("c3", held.reference, 600)).captured_minor == 1000


async def test_void_gives_back_the_rest(gateway: SandboxGateway) -> None:
    """What is captured stays so; what is voided can't be captured, and voiding again is nothing."""
    held = await gateway.authorize(KEY, 1000, "EUR", "tok_visa")
    await gateway.capture("c1", held.reference, 400)
    voided = await gateway.void("v1", held.reference)
    assert (voided.captured_minor, voided.voided) == (400, True)
    assert await gateway.void("v1", held.reference) == voided
    assert await gateway.void("v2", held.reference) == voided
    with pytest.raises(PaymentDeclined, match="voided"):
        await gateway.capture("c2", held.reference, 1)
    moved = [op.moved_minor for op in await gateway.operations() if op.request.kind is Kind.VOID]
    assert moved == [600, 0]


async def test_an_authorization_may_lapse(gateway: SandboxGateway) -> None:
    """A card whose authorization lapses is accepted first and declined at capture."""
    held = await gateway.authorize(KEY, 1000, "EUR", "tok_expired")
    with pytest.raises(PaymentDeclined, match="lapsed"):
        await gateway.capture("c1", held.reference, 400)


async def test_takes_a_storefronts_authorization(gateway: SandboxGateway) -> None:
    """A reference as a storefront may have it from the gateway counts, for any amount."""
    assert (NO_CURRENCY, False) == (
        (seen := await gateway.get("pi_3PQ")).currency,
        seen.voided,
    )
    captured = await gateway.capture("c1", "pi_3PQ", 70_000)
    voided = await gateway.void("v1", "pi_3PQ")
    assert captured == Authorization(
        reference="pi_3PQ", amount_minor=70_000, currency=NO_CURRENCY, captured_minor=70_000
    )
    assert voided == captured.model_copy(update={"voided": True})


@pytest.mark.parametrize("reference", ["sandbox_nonsense", "shopify_payments/450789469", "ch_1"])
async def test_knows_its_own_references(gateway: SandboxGateway, reference: str) -> None:
    """One that it never gave out it does not know, as a real gateway does not."""
    for asked in (
        gateway.capture("c1", reference, 1),
        gateway.void("v1", reference),
        gateway.get(reference),
    ):
        with pytest.raises(NotFound, match=reference):
            await asked
    assert await gateway.operations() == []


@pytest.mark.parametrize("amount_minor", [0, -1])
async def test_refuses_amounts_that_are_none(gateway: SandboxGateway, amount_minor: int) -> None:
    """Nothing, and less than nothing, is neither held nor taken."""
    held = await gateway.authorize(KEY, 1000, "EUR", "tok_visa")
    with pytest.raises(PaymentDeclined, match="above zero"):
        await gateway.authorize(SECOND_KEY, amount_minor, "EUR", "tok_visa")
    with pytest.raises(PaymentDeclined, match="above zero"):
        await gateway.capture("c1", held.reference, amount_minor)


async def test_acts_once_for_callers_at_the_same_time(file: Path) -> None:
    """Many with the same key, each with its own connection, have one authorization."""
    calls = [SandboxGateway(file).authorize(KEY, 5, "EUR", "tok_visa") for _ in range(12)]
    answers = await asyncio.gather(*calls)
    gateway = SandboxGateway(file)
    assert answers == [answers[0]] * 12
    assert [(op.tries, op.moved_minor) for op in await gateway.operations()] == [(12, 5)]


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from fulfillment.payments.sandbox import SandboxGateway
async def main():
    gateway = SandboxGateway(Path(sys.argv[1]))
    try:
        await gateway.authorize(sys.argv[2], 5, "EUR", "tok_timeout_after")
    finally:
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""


async def test_remembers_when_its_caller_is_killed(file: Path) -> None:
    """What was done for a process that is gone is known to the next one."""
    command = [sys.executable, "-c", KILLED, str(file), KEY]
    ended = await asyncio.to_thread(subprocess.run, command, check=False)
    gateway = SandboxGateway(file)
    held = await gateway.authorize(KEY, 5, "EUR", "tok_timeout_after")
    assert ended.returncode == -signal.SIGKILL
    assert held.amount_minor == 5
    assert [(op.tries, op.moved_minor) for op in await gateway.operations()] == [(2, 5)]


async def test_books_out_of_reach_are_unclear(tmp_path: Path) -> None:
    """Where the books can't be opened nobody can say what was done."""
    gateway = SandboxGateway(tmp_path / "missing" / "gateway.sqlite")
    with pytest.raises(PaymentUnclear, match="did not answer"):
        await gateway.authorize(KEY, 5, "EUR", "tok_visa")


Step = tuple[Kind, str, int, int]

STEPS = st.lists(
    st.tuples(
        st.sampled_from([Kind.AUTHORIZE, Kind.CAPTURE, Kind.VOID]),
        st.sampled_from(["tok_visa", "tok_timeout_before", "tok_timeout_after", "tok_expired"]),
        st.integers(1, 40),
        st.integers(1, 3),
    ),
    max_size=8,
)


async def take(gateway: SandboxGateway, key: str, step: Step) -> None:
    """Ask for something as often as the step says, of the first authorization there is."""
    kind, card, amount_minor, tries = step
    reference = next((account.reference for account in await gateway.accounts()), "pi_1")
    for _ in range(tries):
        if kind is Kind.AUTHORIZE:
            await refusal(gateway.authorize(key, amount_minor, "EUR", card))
        elif kind is Kind.CAPTURE:
            await refusal(gateway.capture(key, reference, amount_minor))
        else:
            await refusal(gateway.void(key, reference))


async def moved(gateway: SandboxGateway, kind: Kind) -> int:
    """Return what all operations of a kind have moved."""
    operations = await gateway.operations()
    return sum(op.moved_minor for op in operations if op.request.kind is kind)


@settings(deadline=None, max_examples=40)
@given(steps=STEPS)
def test_books_balance(steps: list[Step]) -> None:
    """Whatever is asked how often: captured ≤ held, and each amount moves under one key."""

    async def play(file: Path) -> None:
        gateway = SandboxGateway(file)
        for number, step in enumerate(steps):
            await take(gateway, f"{number}", step)
        accounts = await gateway.accounts()
        assert sum(account.captured_minor for account in accounts) == await moved(
            gateway, Kind.CAPTURE
        )
        held = [account for account in accounts if account.amount_minor is not None]
        assert sum(account.amount_minor or 0 for account in held) == await moved(
            gateway, Kind.AUTHORIZE
        )
        assert all(account.captured_minor <= (account.amount_minor or 0) for account in held)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder) / "gateway.sqlite"))
