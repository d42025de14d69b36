"""What people do about an order on hold: ask its customer, or let it go on as it is."""

from functools import partial

from fulfillment.domain.lifecycle import OrderStage
from fulfillment.messages.holds import AnswerQuestion, AskCustomer
from fulfillment.operations import holds, orders
from fulfillment.simulation.cases import CUSTOMER, OFFICE, Case
from fulfillment.simulation.scenario import Act


async def ask_customer(case: Case) -> None:
    """Ask where the goods can be sent, and correct the address by the answer."""
    await case.at(OrderStage.ON_HOLD)
    question = AskCustomer(question="Which postal code is yours?", by=OFFICE)
    asking = partial(
        holds.ask_customer, case.engine, case.order_id, question, update_id=case.name("ask")
    )
    await case.ask(OFFICE, Act.ASK_CUSTOMER, asking, lambda status: f"{status.stage}")
    address = case.planned.corrected
    reply = AnswerQuestion(answer=address.postal_code, by=CUSTOMER)
    answering = partial(
        holds.answer_question, case.engine, case.order_id, reply, update_id=case.name("answer")
    )
    await case.ask(CUSTOMER, "answer", answering, lambda status: f"{status.stage}")
    correcting = partial(
        orders.correct_address,
        case.engine,
        case.order_id,
        address,
        OFFICE,
        update_id=case.name("correct"),
    )
    await case.ask(OFFICE, "correct address", correcting, lambda status: f"{status.stage}")


async def release(case: Case) -> None:
    """Let an order go on that is held for its risk."""
    await case.at(OrderStage.ON_HOLD)
    releasing = partial(
        orders.release_hold,
        case.engine,
        case.order_id,
        OFFICE,
        "a customer of ours",
        update_id=case.name("release"),
    )
    await case.ask(OFFICE, Act.RELEASE, releasing, lambda status: f"{status.stage}")
