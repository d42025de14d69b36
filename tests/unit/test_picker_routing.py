"""The published picker routing problems: a sample of them, solved and checked independently."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.picker_routing import answers, published, summary


@pytest.fixture
def data() -> Path:
    """Return the folder of public data, or skip."""
    root = os.environ.get("FULFILLMENT_DATA")
    if not root or not (Path(root) / "picker_routing").is_dir():
        pytest.skip("FULFILLMENT_DATA does not name the folder of the public data")
    return Path(root)


def test_published_optima_are_reached(data: Path, tmp_path: Path) -> None:
    """Exactly where an article lies in one bin, within 3 % where it lies in several."""
    folder, file = data / "picker_routing", tmp_path / "answers.jsonl"

    found = list(answers(folder, published(folder)[::5]))

    kinds = summary(found)
    for blocks in (1, 2):
        single = kinds[f"single-location/{blocks}"]
        assert single["instances"] == single["equal_to_optimum"]
        assert single["instances"] > 30
    assert 0 <= kinds["scattered-storage/1"]["mean_gap"] <= 0.03
    assert kinds["scattered-storage/1"]["instances"] > 10
    file.write_text("".join(json.dumps(answer) + "\n" for answer, _, _ in found))
    checker = data / "validators" / "check_routes.py"
    command = [sys.executable, "-B", str(checker), str(folder), str(file)]
    checked = subprocess.run(command, check=True, capture_output=True, text=True)
    assert json.loads(checked.stdout)["violations"] == 0
