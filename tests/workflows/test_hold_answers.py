"""What people can do about an order on hold: each choice, by update and by signal."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from temporalio.client import Client

import plant as plants
from floor_driver import Placed, place, refusal_of
from fulfillment.domain.address_verdicts import AddressVerdict
from fulfillment.domain.addresses import Address
from fulfillment.domain.errors import CarrierUnavailable, ConfirmationRefused, Problem
from fulfillment.domain.holds import HoldChoice, HoldKind
from fulfillment.domain.lifecycle import OrderStage, Outcome
from fulfillment.domain.risk import RiskRules
from fulfillment.domain.unit_choice import LineUnits
from fulfillment.messages import CancelRequest
from fulfillment.messages.holds import AnswerQuestion, AskCustomer, PayOtherwise, RejectOrder
from fulfillment.operations import holds, order_changes, orders
from fulfillment.operations.verify import verify
from fulfillment.ports import VERIFIED_WITHIN, Ports
from histories import details
from workflows.order import OrderWorkflow

UNUSABLE = {
    "name": "Ada Lovelace",
    "street": ["Reeperbahn 1"],
    "city": "Hamburg",
    "postal_code": "999",
    "country": "DE",
}
AMBIGUOUS = {**UNUSABLE, "street": ["Reeperbahn"], "postal_code": "20359"}
USABLE = {**AMBIGUOUS, "street": ["Reeperbahn 1"]}
DECLINED = {"method": "to_authorize", "reference": "tok_declined"}


RISKY = RiskRules(value_minor={"EUR": 5_000}, value_score=60, velocity_orders=1, velocity_score=60)


async def held(shop: plants.Plant, name: str, **changes: Any) -> Placed:
    """Place an order that goes on hold."""
    order = await place(shop, name, **changes)
    await order.at(OrderStage.ON_HOLD)
    return order


async def outcome(order: Placed) -> Outcome:
    """Return how an order ended."""
    return (await order.handle.result()).outcome


async def test_an_unusable_address_can_not_be_released(shop: plants.Plant) -> None:
    """The refusal says what can be done; by update it leaves no event, by signal it is shown."""
    order = await held(shop, "unusable", ship_to=UNUSABLE)
    status = (await order.status()).hold
    assert status is not None
    possible = (HoldChoice.CORRECT_ADDRESS, HoldChoice.ASK, HoldChoice.REJECT)
    assert ((HoldKind.ADDRESS_UNUSABLE,), possible) == (status.kinds, status.choices)
    refusal = await refusal_of(orders.release_hold(shop.engine, order.order_id, "eve"))
    assert ConfirmationRefused is type(refusal)
    assert "expected one of correct_address, ask, reject, came release" in str(refusal)
    refusal = await refusal_of(
        holds.pay_otherwise(shop.engine, order.order_id, PayOtherwise(reference="tok_visa"))
    )
    assert "pay, which does not help against address_unusable" in str(refusal)
    await order.handle.signal("hold_released", {"by": "kim"})
    assert (await order.noted("release by signal")).refused
    await order.handle.signal("address_corrected", {"address": USABLE, "by": "kim"})
    await order.share()
    [closed] = await holds.holds_of(shop.engine, order.order_id)
    assert (HoldChoice.CORRECT_ADDRESS, "kim", ()) == (
        closed.answer,
        closed.closed_by,
        closed.choices,
    )


async def test_a_declined_card_is_replaced(shop: plants.Plant) -> None:
    """The bank is asked anew for the other card: once by update, and once by signal."""
    by_update, by_signal = await asyncio.gather(
        held(shop, "pay", payment=DECLINED), held(shop, "pay", payment=DECLINED)
    )
    other = PayOtherwise(reference="tok_visa-4711", by="ada")
    await holds.pay_otherwise(shop.engine, by_update.order_id, other)
    await by_signal.handle.signal("paid_otherwise", "tok_visa")
    assert (await by_signal.noted("expected JSON with reference")).refused
    await by_signal.handle.signal("paid_otherwise", {"reference": "tok_visa"})
    await by_signal.share()
    assert "completed" == await by_update.finish()
    for order, reference in ((by_update, "tok_visa-4711"), (by_signal, "tok_visa")):
        asked = [(o.request.kind.value, o.answer is None) for o in await order.gateway()]
        captured = [("capture", False)] if order is by_update else []
        assert [("authorize", True), ("authorize", False), *captured] == asked
        assert reference == (await order.record()).order.payment.reference


async def test_an_order_is_rejected_by_a_person(shop: plants.Plant) -> None:
    """It ends with that reason, or with that of the hold, and the customer is told."""
    with_reason, bare = await asyncio.gather(
        held(shop, "reject", payment=DECLINED), held(shop, "reject", ship_to=AMBIGUOUS)
    )
    no_use = RejectOrder(reason="no answer on the phone", by="eve")
    await holds.reject_order(shop.engine, with_reason.order_id, no_use)
    await bare.handle.signal("order_rejected")
    assert "rejected: no answer on the phone" == (await outcome(with_reason)).summary
    assert (
        "rejected: address: street: Reeperbahn has no house number" == (await outcome(bare)).summary
    )
    for order, by in ((with_reason, "eve"), (bare, "unknown")):
        assert ["acknowledged", "on_hold", "rejected"] == await order.told()
        assert ("reject_order", by) in [(a.action, a.by) for a in await order.actions()]
        assert (0, 0, 0) == await order.money()
    refusal = await refusal_of(holds.reject_order(shop.engine, bare.order_id, no_use))
    assert "has ended" in str(refusal)


async def test_the_customer_is_asked_and_answers(shop: plants.Plant) -> None:
    """The order waits for the answer; with it, it is staff's turn again."""
    order = await held(shop, "asked", ship_to=AMBIGUOUS)
    early = await refusal_of(
        holds.answer_question(shop.engine, order.order_id, AnswerQuestion(answer="7"))
    )
    assert "expected a question to the customer that is open, came none" in str(early)
    question = AskCustomer(question="which house number?", by="eve")
    asked = await holds.ask_customer(shop.engine, order.order_id, question)
    assert asked.hold is not None
    assert asked.hold.asked
    assert asked.blocked_on.startswith(f"answer: asked until {asked.hold.until:%Y-%m-%d}; address:")
    await order.noted("customer told: question")
    assert (await order.record()).blocked_on == asked.blocked_on
    assert "waiting for answer: asked until" in await details(order.handle)
    [waiting] = [
        hold for hold in await holds.list_holds(shop.engine) if hold.order_id == order.order_id
    ]
    assert ("which house number?", asked.hold.until) == (waiting.question, waiting.until)

    said = AnswerQuestion(answer="there is none", by="ada")
    answered = await holds.answer_question(shop.engine, order.order_id, said)
    assert answered.hold is not None
    assert not answered.hold.asked
    assert "address: street: Reeperbahn has no house number" == answered.blocked_on
    await order.noted("reminder: the customer has answered")
    [waiting] = await holds.holds_of(shop.engine, order.order_id)
    assert ("there is none", None) == (waiting.reply, waiting.asked_at)
    await orders.release_hold(shop.engine, order.order_id, "eve", "the customer says so")
    await order.share()


async def test_who_was_asked_may_also_correct_the_address_or_cancel(shop: plants.Plant) -> None:
    """By signal too, without a word of one's own; a restart goes on waiting for the customer."""
    corrected, canceled = await asyncio.gather(
        held(shop, "correct", ship_to=UNUSABLE), held(shop, "cancel", ship_to=UNUSABLE)
    )
    for order in (corrected, canceled):
        await order.handle.signal("customer_asked")
        await order.noted("customer told: question")
    await corrected.handle.terminate("test")
    await orders.resume_order(shop.engine, corrected.order_id)
    await waits_for_customer(corrected)
    address = plants.order("X").ship_to
    await orders.correct_address(shop.engine, corrected.order_id, address, "ada")
    await corrected.share()
    assert 1 == (await corrected.told()).count("question")
    await canceled.cancel()
    assert "canceled" == (await outcome(canceled)).summary


async def test_a_customer_who_was_asked_twice_is_waited_for_after_a_restart(
    shop: plants.Plant,
) -> None:
    """In one hold, or in two: the last question is not sent again, and the order goes on."""
    one_hold, two_holds = await asyncio.gather(
        held(shop, "twice", ship_to=AMBIGUOUS), held(shop, "twice", ship_to=UNUSABLE)
    )
    for order in (one_hold, two_holds):
        await ask(shop, order, "which house number?")
    said = AnswerQuestion(answer="the red house", by="ada")
    await holds.answer_question(shop.engine, one_hold.order_id, said)
    doubtful = Address.model_validate(AMBIGUOUS)
    await orders.correct_address(shop.engine, two_holds.order_id, doubtful, "eve")
    await two_holds.at(OrderStage.ON_HOLD)
    for order in (one_hold, two_holds):
        await ask(shop, order, "which red house?")
        await order.handle.terminate("test")
        await orders.resume_order(shop.engine, order.order_id)
        await waits_for_customer(order)
        await orders.release_hold(shop.engine, order.order_id, "eve", "found")
        await order.share()
        assert 2 == (await order.told()).count("question")


async def ask(shop: plants.Plant, order: Placed, question: str) -> None:
    """Ask the customer, once staff is waited for, and wait until the letter is sent."""
    told = (await order.told()).count("question")
    asked = AskCustomer(question=question, by="eve")
    await holds.ask_customer(shop.engine, order.order_id, asked)

    async def sent() -> bool:
        return (await order.told()).count("question") > told

    await plants.eventually(sent)


async def waits_for_customer(order: Placed) -> None:
    """Wait until an order that was started again shows that its customer is asked."""

    async def shown() -> bool:
        status = await order.status()
        return status.hold is not None and status.hold.asked

    await plants.eventually(shown)


async def test_nobody_answers_while_a_cancellation_is_decided(shop: plants.Plant) -> None:
    """Neither staff nor customer, by update or signal: it would be on record, and in vain."""
    order = await held(shop, "deciding", ship_to=AMBIGUOUS)
    await ask(shop, order, "which house number?")
    async with shop.database.writing() as tx:
        await tx.orders.lock(order.order_id)  # nothing is decided before this ends
        canceling = asyncio.create_task(order.cancel())
        await order.noted("cancellation asked")
        answers = [
            asyncio.create_task(answer)
            for answer in (
                orders.release_hold(shop.engine, order.order_id, "eve"),
                holds.ask_customer(shop.engine, order.order_id, AskCustomer()),
                holds.answer_question(shop.engine, order.order_id, AnswerQuestion(answer="7")),
                order_changes.change_address(
                    shop.engine, order.order_id, Address.model_validate(USABLE), "ada"
                ),
            )
        ]
        await asyncio.wait(answers, timeout=10)
    for answer in answers:
        assert "one that is being canceled or rejected" in str(await refusal_of(answer))
    await canceling
    assert "canceled" == (await outcome(order)).summary
    [hold] = await holds.holds_of(shop.engine, order.order_id)
    assert None is hold.answer
    assert {"release_hold", "correct_address"}.isdisjoint(a.action for a in await order.actions())


async def test_risk_holds_an_order_and_a_person_lets_it_go_on(
    client: Client, tmp_path: Path
) -> None:
    """The rules and their points are staff's to see, not the customer's; others go on at once."""
    async with plants.plant(client, tmp_path, risk=RISKY) as shop:
        first = await place(shop, "first")
        await first.share()
        [decision, *_] = await first.handle.query(OrderWorkflow.why)
        assert ("risk", "go on") == (decision.subject, decision.chosen)
        second = await held(shop, "second")
        reason = "risk: 120 points of 100: 75.94 EUR, limit 50.00 EUR (60), 2 orders with"
        assert (await second.status()).blocked_on.startswith(reason)
        [decision] = await second.handle.query(OrderWorkflow.why)
        assert ("risk", "hold") == (decision.subject, decision.chosen)
        rules = [other.choice for other in decision.alternatives]
        assert ["value: 60 points", "velocity: 60 points"] == rules
        mail = await plants.eventually(lambda: asked_for_help(shop))
        assert "a check of the order" in mail
        assert "points" not in mail
        [waiting] = await holds.list_holds(shop.engine, kind=HoldKind.RISK)
        assert second.order_id == waiting.order_id
        await orders.release_hold(shop.engine, second.order_id, "eve", "known")
        await second.share()
        for order in (first, second):
            await order.cancel()
            assert "canceled" == await order.ended()
        assert [] == await verify(shop.engine, settled=True)


class Finder:
    """A carrier that finds no address in Hamburg, and is away when asked about another town."""

    async def verify_address(
        self, address: Address, within: timedelta = VERIFIED_WITHIN
    ) -> AddressVerdict:
        """Return that it does not deliver there, at once."""
        del within
        if address.city != "Hamburg":
            message = "no answer"
            raise CarrierUnavailable(message)
        problem = Problem(path="address", expected="one that is found", came="NOT_FOUND")
        return AddressVerdict(problems=(problem,), verified=True)


async def test_what_a_carrier_says_of_the_address(client: Client, tmp_path: Path) -> None:
    """What it does not find is held until a person releases it; no answer holds nothing."""

    def change(ports: Ports) -> Ports:
        return replace(ports, verifier=Finder())

    kiel = {**USABLE, "city": "Kiel", "postal_code": "24103"}
    async with plants.plant(client, tmp_path, change=change) as shop:
        order, unanswered = await asyncio.gather(
            held(shop, "found"), place(shop, "away", ship_to=kiel)
        )
        assert (await order.status()).blocked_on == (
            "address: address: the carrier does not deliver there (NOT_FOUND)"
        )
        await orders.release_hold(shop.engine, order.order_id, "eve", "a new house")
        await order.share()
        await unanswered.share()
        assert await unanswered.noted("address not verified: carrier_unavailable")


async def test_an_order_on_hold_without_a_unit_left_ends(shop: plants.Plant) -> None:
    """Canceled line by line it is canceled: nobody asks the bank, and the customer is told so."""
    order = await held(shop, "emptied", ship_to=UNUSABLE)
    lines = tuple(
        LineUnits(line_no=line.line_no, quantity=line.quantity)
        for line in (await order.record()).order.lines
    )
    request = CancelRequest(reason="not needed", by="ada", lines=lines)
    answer = await order_changes.cancel(shop.engine, order.order_id, request)
    assert "canceled" == await order.ended()
    assert "canceled 2 x MUG, 1 x BOOK" in answer.done
    assert ["acknowledged", "on_hold", "canceled"] == await order.told()
    assert [] == await order.gateway()


async def asked_for_help(shop: plants.Plant) -> str | None:
    """Return the text of the one mail that asks a customer for help, once it was sent."""
    files = sorted(shop.settings.mail_dir.rglob("*.eml"))
    read = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
    bodies = [one.get_body(("plain",)) for one in read if "We need your help" in one["subject"]]
    if not bodies:
        return None
    [body] = bodies
    assert body is not None
    return str(body.get_content())
