"""No activity fails the workflow of goods or money: each call says who hears it fail."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from workflows.fulfillment import FulfillmentWorkflow
from workflows.order import OrderWorkflow
from workflows.pick_batch import PickBatchWorkflow
from workflows.returns import ReturnWorkflow
from workflows.supply import SupplyWorkflow

WORKFLOWS = (OrderWorkflow, FulfillmentWorkflow, ReturnWorkflow, PickBatchWorkflow, SupplyWorkflow)

BESIDE = ("auditing", "renewing", "replacing", "telling")
"""Modules besides those of the workflows' classes that call activities for them."""

HEARD = {"attempt", "insist", "insist_beside", "open"}
"""Functions that take a step which may fail for good: refused, blocked and shown, or told."""

BY_CALLER = {
    "_book": "attempted by `_take_in`",
    "_buy_labels": "opened by `_usable_labels`",
    "_capture": "attempted by `take_money`, insisted on by `find_out_capture`",
    "_decide": "attempted by `stop`",
    "_end": "attempted by `_take_in`",
    "_issue": "attempted by `send_label`, and by `look`",
    "_order": "attempted by `look`",
    "_record": "attempted by `weigh_choices`",
    "_record_picking": "attempted by `recorded`",
    "_record_sorting": "attempted by `recorded`",
    "_refund": "attempted by `give_back`",
    "_send": "attempted by `look`",
    "_stop": "attempted by `weigh_cancellation`, insisted on by `withdraw`",
    "record_assignment": "an update's own refusal",
    "record_short": "an update's own refusal",
    "send_elsewhere": "an update's own refusal",
    "_record_wishes": "an update's own refusal",
    "send_replacement": "attempted by who sends",
    "_record_release": "an update's own refusal, or a signal's note",
    "record_address": "an update's own refusal, or a signal's note",
    "_record_payment": "an update's own refusal, or a signal's note",
    "_record_rejection": "an update's own refusal, or a signal's note",
    "_pay_later": "an update's own refusal, or a signal's note",
    "_put_question": "an update's own refusal, or a signal's note",
    "_record_reply": "an update's own refusal, or a signal's note",
}
"""Functions whose callers hear the failure."""


def unheard(tree: ast.AST, function: str = "", *, heard: bool = False) -> Iterator[str]:
    """Return the functions that call an activity whose failing for good nobody hears."""
    if isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef):
        function = tree.name
    if isinstance(tree, ast.Call):
        name = ast.unparse(tree.func).rpartition(".")[2]
        heard = heard or name in HEARD
        if name == "execute_activity_method" and not heard:
            yield function
    handlers = tree.handlers if isinstance(tree, ast.Try) else []
    heard = heard or any("ActivityError" in ast.unparse(each) for each in handlers)
    for child in ast.iter_child_nodes(tree):
        yield from unheard(child, function, heard=heard)


def files() -> set[Path]:
    """Return where the steps of an order and of a fulfillment are."""
    kinds = {kind for one in WORKFLOWS for kind in one.__mro__ if kind is not object}
    own = {Path(inspect.getfile(kind)) for kind in kinds}
    folder = Path(inspect.getfile(OrderWorkflow)).parent
    return own | {folder / f"{name}.py" for name in BESIDE}


def test_who_hears_each_activity_fail() -> None:
    """Who adds a step to a workflow decides what becomes of it: insisted on, refused, or told."""
    found = {
        function
        for path in files()
        for function in unheard(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert set(BY_CALLER) == found


def test_a_bare_call_is_found() -> None:
    """One that is awaited as it is, and one in a try that catches something else."""
    code = """
async def bare():
    await workflow.execute_activity_method(a)
async def caught():
    try:
        await workflow.execute_activity_method(a)
    except ValueError:
        pass
async def insists():
    await self.insist(lambda: workflow.execute_activity_method(a))
async def gives_up():
    try:
        await workflow.execute_activity_method(a)
    except ActivityError:
        pass
"""
    assert ["bare", "caught"] == list(unheard(ast.parse(code)))
