"""What a task looks like to the person who does it: pick list, put wall, pack plan, dock."""

from collections.abc import Mapping
from typing import Any

from fulfillment.domain.lifecycle import TaskKind
from fulfillment.entrypoints.console import print_table, say
from fulfillment.records import TaskRecord


def print_task(task: TaskRecord) -> None:
    """Print a task with what is to be done, in the order in which it is done."""
    whose = f"given to {task.assignee}" if task.assignee else "in the pool"
    batch = f"batch {task.batch_id}" if task.batch_id else ""
    of = task.fulfillment_id or batch or f"bin {task.plan['bin_id']}"
    say(f"{task.kind.value} of {of} in {task.warehouse_id}", "bold")
    say(f"{task.state.value}, {whose}")
    (BATCH_SHEETS if task.batch_id else SHEETS)[task.kind](task.plan)


def _pick(plan: Mapping[str, Any]) -> None:
    rows = [
        (number, i["bin_id"], i["quantity"], i["sku"], i["name"], i["lot"], _wishes(i))
        for number, i in enumerate(plan["items"], 1)
    ]
    columns = ("stop", "bin", "take", "sku", "article", "lot", "wishes")
    print_table("", columns, rows, "nothing is left to pick")
    say(f"walk: {plan['distance_mm'] / 1000:.0f} m")
    _gift(plan.get("gift"))


def _sort(plan: Mapping[str, Any]) -> None:
    say(f"put into slot {plan['slot']}, in this sequence:", "bold")
    rows = [
        (cluster["segregation_group"], i["quantity"], i["sku"], i["name"], i["fragile"] or None)
        for cluster in plan["clusters"]
        for i in cluster["items"]
    ]
    print_table("", ("keep together", "units", "sku", "article", "fragile"), rows, "nothing")


def _walk(plan: Mapping[str, Any]) -> None:
    columns = ("pick_no", "bin_id", "quantity", "sku", "name", "lot", "tote", "wishes")
    rows = [(*(i[column] for column in columns[:-1]), _wishes(i)) for i in plan["walk"]]
    heads = ("pick", "bin", "take", "sku", "article", "lot", "tote", "wishes")
    print_table("", heads, rows, "nothing is left to pick")
    say(f"walk: {plan['distance_mm'] / 1000:.0f} m, {len(plan['members'])} orders")


def _wall(plan: Mapping[str, Any]) -> None:
    for slot in plan["slots"]:
        say(f"{slot['fulfillment_id']}:", "bold")
        _sort(slot)


def _pack(plan: Mapping[str, Any]) -> None:
    for carton in plan["steps"]:
        say(f"carton {carton['carton_number']}: {carton['carton_id']}", "bold")
        for step in carton["steps"]:
            say(f"  {step['number']}. {step['text']}")
    say("`fulfillment floor picture` with the task's id draws each carton")


def _hand_over(plan: Mapping[str, Any]) -> None:
    say(f"{plan['carrier_id']} ({plan['service_id']}) comes from {plan['pickup_from']}", "bold")
    pickup = plan["pickup_reference"] or f"of {plan['manifest_id']}"
    say(f"until {plan['pickup_until']}, pickup {pickup}")
    rows = [(parcel["parcel_id"], parcel["tracking_number"]) for parcel in plan["parcels"]]
    print_table("", ("parcel", "tracking number"), rows, "no parcels")


def _wishes(item: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {wish}" for name, wish in item["properties"].items())


def _gift(gift: Mapping[str, Any] | None) -> None:
    if gift is None:
        return
    message = f", with the message: {gift['message']}" if gift["message"] else ""
    say(f"a gift{', to be wrapped' if gift['wrap'] else ''}{message}")


def _recount(plan: Mapping[str, Any]) -> None:
    lot = f" of lot {plan['lot']}" if plan["lot"] else ""
    say(f"count {plan['sku']}{lot} in bin {plan['bin_id']}, because of {plan['because']};", "bold")
    say(f"then `fulfillment floor recount {plan['bin_id']} {plan['sku']} FOUND`")


def _put_back(plan: Mapping[str, Any]) -> None:
    if plan["comes_back"]:
        say("the carrier brings the parcels back; then", "bold")
    rows = [(r["source"], r["quantity"], r["sku"], r["lot"], r["bin_id"]) for r in plan["rows"]]
    print_table("put back", ("from", "units", "sku", "lot", "into bin"), rows, "nothing")


SHEETS = {
    TaskKind.PICK: _pick,
    TaskKind.SORT: _sort,
    TaskKind.PACK: _pack,
    TaskKind.HAND_OVER: _hand_over,
    TaskKind.PUT_BACK: _put_back,
    TaskKind.RECOUNT: _recount,
}
BATCH_SHEETS = {TaskKind.PICK: _walk, TaskKind.SORT: _wall}
