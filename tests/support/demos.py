"""A whole demo, run as its user runs it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def run_demo(scenario: str, data: Path, seconds: float) -> tuple[str, dict[str, Any]]:
    """Run a scenario's demo to its good end in a folder; return its output and its summary."""
    command = (sys.executable, "-m", "fulfillment.simulation.demo", "--scenario", scenario)
    done = subprocess.run(
        [*command, "--data", str(data)],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert (0, True) == (done.returncode, "no findings" in done.stdout), done.stdout + done.stderr
    return done.stdout, json.loads((data / "summary.json").read_text(encoding="utf-8"))
