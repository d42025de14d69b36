"""The list of checks, and running them: none keeps another one from being done."""

from collections.abc import Callable
from dataclasses import replace

from temporalio.service import RPCError

from fulfillment.domain.errors import FulfillmentError, NotFound
from fulfillment.entrypoints.doctor import (
    database_checks,
    machine_checks,
    outside_checks,
    temporal_checks,
)
from fulfillment.entrypoints.doctor.clock_check import clocks
from fulfillment.entrypoints.doctor.findings import (
    DATABASE,
    SETTINGS,
    TEMPORAL,
    Check,
    Finding,
    Site,
    Verdict,
)
from fulfillment.entrypoints.doctor.stuck_checks import stuck_workflows
from fulfillment.persistence.condition import look
from fulfillment.settings import DATABASE_VARIABLE, Settings, SettingsInvalid, load_settings
from fulfillment.telemetry.safe_errors import kind_of
from fulfillment.temporal import client as temporal_client

ASKS_TEMPORAL = (SETTINGS, TEMPORAL)
ASKS_DATABASE = (SETTINGS, DATABASE)

CHECKS: tuple[Check, ...] = (
    Check("data folder", machine_checks.data_folder),
    Check("api keys", machine_checks.api_keys),
    Check("encryption", machine_checks.encryption),
    Check("payments", outside_checks.payments),
    Check("mail", outside_checks.mail),
    Check(DATABASE, database_checks.database, ASKS_DATABASE),
    Check("tables", database_checks.tables, ASKS_DATABASE),
    Check("catalog", database_checks.catalog, ASKS_DATABASE),
    Check(TEMPORAL, temporal_checks.server, ASKS_TEMPORAL),
    Check("namespace", temporal_checks.namespace, ASKS_TEMPORAL),
    Check("search attributes", temporal_checks.search_attributes, ASKS_TEMPORAL),
    Check("workers", temporal_checks.workers, ASKS_TEMPORAL),
    Check("stuck workflows", stuck_workflows, ASKS_TEMPORAL),
    Check("clocks", clocks, ASKS_TEMPORAL),
)
"""In the order in which they are told; one more check is one more entry."""


async def diagnose(
    address: str | None = None, settings: Callable[[], Settings] = load_settings
) -> list[Finding]:
    """Look at everything and return what was found, in the order of the checks.

    Args:
        address: the Temporal server, where it was named.
        settings: reads the settings.

    """
    site, findings = Site(), list[Finding]()
    try:
        site = replace(site, configured=settings())
        findings.append(_of(SETTINGS, Verdict.OK, "all variables can be read"))
    except SettingsInvalid as error:
        site = replace(site, missing=frozenset({SETTINGS, TEMPORAL, DATABASE}))
        findings += [_of(SETTINGS, Verdict.WRONG, f"{problem}") for problem in error.problems]
    else:
        site = await _open_database(site, findings)
        site = await _open_temporal(site, findings, address)
    # A part that could not be opened has its finding already.
    told = {finding.check for finding in findings}
    findings += [await _answer(check, site) for check in CHECKS if check.name not in told]
    places = [SETTINGS, *(check.name for check in CHECKS)]
    return sorted(findings, key=lambda finding: places.index(finding.check))


def is_wrong(findings: list[Finding]) -> bool:
    """Return whether anything is wrong."""
    return any(finding.verdict is Verdict.WRONG for finding in findings)


async def _answer(check: Check, site: Site) -> Finding:
    lacking = [need for need in check.needs if need in site.missing]
    if lacking:
        found = f"because of what is wrong with: {lacking[0]}"
        return _of(check.name, Verdict.NOT_CHECKED, found)
    try:
        answer = await check.look(site)
    except RPCError as error:
        found = f"Temporal answered {error.status.name}: {error.message}"
        return _of(check.name, Verdict.WRONG, found, "see the Temporal server's log")
    except Exception as error:  # noqa: BLE001 - one check that fails costs none of the others
        return _of(check.name, Verdict.WRONG, f"the check itself failed: {kind_of(error)}")
    return _of(check.name, answer.verdict, answer.found, answer.remedy)


async def _open_database(site: Site, findings: list[Finding]) -> Site:
    remedy = f"correct {DATABASE_VARIABLE}, or start the database"
    try:
        return replace(site, database=await look(site.settings.database_url))
    except NotFound as error:
        remedy = f"start a worker, which makes it; or correct {DATABASE_VARIABLE}"
        found = str(error)
    except (FulfillmentError, ValueError, OSError) as error:
        found = str(error)
    findings.append(_of(DATABASE, Verdict.WRONG, found, remedy))
    return replace(site, missing=site.missing | {DATABASE})


async def _open_temporal(site: Site, findings: list[Finding], address: str | None) -> Site:
    try:
        client = await temporal_client.reach(
            address=address, timeout_seconds=site.settings.connect_timeout.total_seconds()
        )
    except FulfillmentError as error:
        problem = error.problems[0]
        found = f"expected {problem.expected}, came {problem.came}"
        findings.append(_of(TEMPORAL, Verdict.WRONG, found, problem.remedy))
        return replace(site, missing=site.missing | {TEMPORAL})
    return replace(site, client=client)


def _of(check: str, verdict: Verdict, found: str, remedy: str = "") -> Finding:
    return Finding(check=check, verdict=verdict, found=found, remedy=remedy)
