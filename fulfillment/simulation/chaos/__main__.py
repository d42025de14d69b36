"""The campaign's command: ``make chaos``, or ``python -m fulfillment.simulation.chaos --smoke``."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fulfillment.simulation.chaos.campaign import Campaign, campaign_settings
from fulfillment.simulation.chaos.findings import RULES
from fulfillment.simulation.chaos.plan import FULL, SMOKE, Plan, stretched
from fulfillment.temporal import clean_exit

SEED = 20261130
NOTHING_LOST, SOMETHING_LOST = 0, 1
"""Exit codes."""


async def _run(plan: Plan, seed: int, data: Path | None) -> dict[str, Any]:
    if data is not None:
        return await Campaign(plan, seed, campaign_settings(data)).run()
    with tempfile.TemporaryDirectory() as folder:
        return await Campaign(plan, seed, campaign_settings(Path(folder))).run()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign, print its result as one line of JSON; 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m fulfillment.simulation.chaos")
    parser.add_argument("--smoke", action="store_true", help="some of everything in three minutes")
    parser.add_argument("--times", type=float, default=1.0, help="so many times as long")
    parser.add_argument("--seed", type=int, default=SEED, help="decides orders and faults")
    parser.add_argument("--data", type=Path, help="an empty folder that is kept")
    given = parser.parse_args(arguments)
    plan = stretched(SMOKE if given.smoke else FULL, given.times)
    result = asyncio.run(_run(plan, given.seed, given.data))
    for finding in result.pop("findings"):
        print(finding, file=sys.stderr)
    print(json.dumps(result))
    return SOMETHING_LOST if any(result[name] for name in (*RULES, "verify")) else NOTHING_LOST


if __name__ == "__main__":
    clean_exit.command(main)
