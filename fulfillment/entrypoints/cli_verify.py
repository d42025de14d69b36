"""`fulfillment verify`: whether the books hold, and the repair of what is safe to repair."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from fulfillment.domain.repairs import Repair
from fulfillment.entrypoints.console import Address, AsJson, By, flag, print_json, run, say
from fulfillment.operations.engine import Engine
from fulfillment.operations.money import gateway_findings
from fulfillment.operations.repairs import Repaired, carry_out, repairs_of
from fulfillment.operations.verify import GRACE
from fulfillment.operations.verify import verify as verified
from fulfillment.records import BookFinding

FINDINGS = 1


def verify(  # noqa: PLR0913, PLR0917 - each is an option
    as_json: AsJson,
    by: By,
    settled: Annotated[
        bool, flag("--settled", "Every order must have ended; no difference is allowed.")
    ],
    gateway: Annotated[
        bool, flag("--gateway", "Also ask the payment gateway for what is on its books.")
    ],
    repair: Annotated[
        bool, flag("--repair", "Also do what mends the findings, where that is safe; asks first.")
    ],
    yes: Annotated[bool, flag("--yes", "With --repair: do not ask.")],
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds that database and workflow may differ.")
    ] = GRACE.total_seconds(),
    address: Address = None,
) -> None:
    """Recompute the books and compare them with Temporal; each finding names its repair."""
    if as_json and repair and not yes:
        message = "--repair with --json asks nothing: give --yes, too"
        raise typer.BadParameter(message)

    async def checked(engine: Engine) -> int:
        findings = await verified(engine, settled=settled, grace=timedelta(seconds=grace))
        findings += await gateway_findings(engine) if gateway else []
        if not as_json:
            _show(findings)
        repairs = repairs_of(findings) if repair else []
        wanted = bool(repairs) and (yes or _agreed(repairs))
        repaired = await carry_out(engine, repairs, by) if wanted else []
        if as_json:
            print_json({"findings": findings, "repaired": repaired} if repair else findings)
        else:
            _show_repaired(repaired)
        return FINDINGS if _left(findings, repaired) else 0

    run(checked, address, as_json=as_json)


def _agreed(repairs: Sequence[Repair]) -> bool:
    for one in repairs:
        say(f"would {one}")
    return typer.confirm(f"do these {len(repairs)}?")


def _left(findings: Sequence[BookFinding], repaired: Sequence[Repaired]) -> bool:
    """Return whether a finding is left that no repair was done about."""
    done = {one.repair for one in repaired if not one.refusal}
    return any(finding.safe_repair not in done for finding in findings)


def _show(findings: Sequence[BookFinding]) -> None:
    if not findings:
        say("all books hold", "green")
    for finding in findings:
        say(f"{finding.rule}: {finding.message}", "red")
        say(f"  rows: {', '.join(finding.rows)}")
        safe = " (or `fulfillment verify --repair`)" if finding.safe_repair else ""
        say(f"  repair: {finding.repair}{safe}")


def _show_repaired(repaired: Sequence[Repaired]) -> None:
    for one in repaired:
        if one.refusal:
            say(f"not done: {one.repair}: {one.refusal}", "red")
        else:
            say(f"done: {one.repair}", "green")
    if repaired:
        say("run `fulfillment verify` again to see what is left")
