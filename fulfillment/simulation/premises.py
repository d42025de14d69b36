"""Where a demo runs: a folder of its own, and settings whose waits are short."""

import shutil
from datetime import timedelta
from pathlib import Path

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.domain.lifecycle import Patience, Picking, Policy
from fulfillment.domain.pickups import Pickups
from fulfillment.domain.supply import SupplyMode
from fulfillment.settings import Settings
from fulfillment.simulation.cyclists import CYCLISTS, cyclist_section
from fulfillment.simulation.scenario import Scenario
from fulfillment.temporal.file_lock import try_lock

LOCK_FILE = "temporal.lock"
"""What the Temporal server leaves in its data folder."""


def _patience(remind: float, escalate: float, then: float, policy: Policy) -> Patience:
    return Patience(
        remind_after=timedelta(seconds=remind),
        escalate_after=timedelta(seconds=escalate),
        then_after=timedelta(seconds=then),
        policy=policy,
    )


def demo_settings(data: Path, scenario: Scenario | None = None) -> Settings:
    """Return settings whose waits are short, with everything in one folder.

    A step that is done in time is never pressed for, also if a killed worker delays it; an order on
    hold ends after twelve seconds. Where stories are told, a hold lasts a minute, and what is
    missing is arranged for. Where the scenario is about shipping, there are cyclists, who
    count as having missed a pickup two seconds after it.
    """
    settings = _settings(data, scenario.picking if scenario else Picking.SINGLE)
    if scenario is not None and scenario.tells_stories:
        settings = settings.model_copy(
            update={"supply": SupplyMode.AUTOMATIC, "hold": _patience(20, 20, 20, Policy.CANCEL)}
        )
    if scenario is None or scenario.shipping is None:
        return settings
    shipping = {
        "pickups": Pickups.MANIFEST,
        "pickup_grace": timedelta(seconds=2),
        "carrier": {CYCLISTS: cyclist_section(data)},
        "carrier_circuit_open": timedelta(seconds=4),
    }
    return settings.model_copy(update=shipping)


def _settings(data: Path, picking: Picking) -> Settings:
    floor = _patience(45, 30, 30, Policy.REASSIGN)
    return Settings(
        data_dir=data,
        database_url=f"sqlite+aiosqlite:///{data / 'fulfillment.sqlite'}",
        mail_dir=data / "mail",
        time_scale=1.0,
        pick=floor,
        sort=floor,
        pack=floor,
        hand_over=floor,
        tracking=_patience(60, 60, 60, Policy.KEEP_WAITING),
        hold=_patience(4, 4, 4, Policy.CANCEL),
        back_order=_patience(20, 20, 20, Policy.KEEP_WAITING),
        picking=picking,
        floor_plan_every=timedelta(seconds=2),
        cart_totes=24,
        batch_fewest=8,
        batch_max_wait=timedelta(seconds=15),
        batch_urgent_within=timedelta(minutes=1),
        graceful_shutdown=timedelta(seconds=5),
    )


def make_fresh(data: Path) -> None:
    """Empty the folder of an earlier demo, and no other.

    Raises:
        FulfillmentError: a server works on it, or it is somebody else's.

    """
    if data.exists() and any(data.iterdir()):
        if not (data / LOCK_FILE).exists():
            raise _not_ours(data, "files that no demo made")
        lock = try_lock(data / LOCK_FILE)
        if lock is None:
            raise _not_ours(data, "a demo that is still running")
        with lock:
            shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)


def _not_ours(data: Path, came: str) -> FulfillmentError:
    remedy = "stop it, or give another folder with --data"
    problem = Problem(
        path=f"{data}", expected="an empty folder, or an earlier demo's", came=came, remedy=remedy
    )
    return FulfillmentError.of(problem)
