"""`fulfillment doctor`: what is wrong with a set-up, and how to mend it."""

import asyncio

import typer

from fulfillment.entrypoints.console import REFUSED, Address, AsJson, print_json, say
from fulfillment.entrypoints.doctor.checks import diagnose, is_wrong
from fulfillment.entrypoints.doctor.findings import Finding, Verdict

STYLES = {
    Verdict.OK: "green",
    Verdict.WARNING: "yellow",
    Verdict.WRONG: "red",
    Verdict.NOT_CHECKED: "dim",
}


def doctor(as_json: AsJson, address: Address = None) -> None:
    """Look at settings, Temporal, database, workers and clocks; changes nothing.

    Exit code 1 if anything is wrong; warnings alone are 0.
    """
    findings = asyncio.run(diagnose(address))
    if as_json:
        print_json(findings)
    for finding in [] if as_json else findings:
        say(_line(finding), STYLES[finding.verdict])
    raise typer.Exit(REFUSED if is_wrong(findings) else 0)


def _line(finding: Finding) -> str:
    remedy = f"; {finding.remedy}" if finding.remedy else ""
    return f"{finding.verdict:<11}  {finding.check}: {finding.found}{remedy}"
