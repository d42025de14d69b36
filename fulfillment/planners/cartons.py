"""Carton plans, made in this process by kernels that run without the GIL."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from importlib import import_module
from threading import Thread
from typing import Any

from fulfillment.domain.cartonization import PackItem, PackPlan, PackRules
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.units import Dimensions

TINY = Dimensions(length_mm=1, width_mm=1, height_mm=1)


def _search() -> Any:  # noqa: ANN401 - a module
    # Not at the top: numba takes a second to import, and only a worker plans.
    return import_module("fulfillment.domain.carton_search")


class ThreadedPackPlanner:
    """Searches in the caller's thread; the others go on meanwhile."""

    def __init__(self, limit: timedelta) -> None:
        """Set how long a plan may take before the best so far is taken."""
        self._limit = limit

    def warm_up(self) -> None:
        """Have the kernels loaded, or compiled where no earlier process has, in the background."""
        # No daemon: a process that ended while LLVM works would crash.
        Thread(target=plan_something, name="kernels").start()

    def plan(
        self, items: Sequence[PackItem], cartons: Sequence[CartonType], rules: PackRules
    ) -> PackPlan:
        """Choose cartons for these items, and a place for each; see `carton_search`.

        Raises:
            Unpackable: some items fit no carton.
            PlanInvalid: two items have the same `item_ref`.

        """
        cartonize = _search().cartonize
        plan: PackPlan = cartonize(items, cartons, rules, expired=self._deadline())
        return plan

    def candidates(
        self, items: Sequence[PackItem], cartons: Sequence[CartonType], rules: PackRules
    ) -> Sequence[PackPlan]:
        """Return a few plans that differ, that of `plan` first; see `carton_candidates`.

        Raises:
            Unpackable: some items fit no carton.
            PlanInvalid: two items have the same `item_ref`.

        """
        candidate_plans = import_module("fulfillment.domain.carton_candidates").candidate_plans
        plans: list[PackPlan] = candidate_plans(items, cartons, rules, expired=self._deadline())
        return plans

    def _deadline(self) -> Callable[[], bool]:
        end = time.monotonic() + self._limit.total_seconds()
        return lambda: time.monotonic() > end


def plan_something() -> None:
    """Plan a carton, so that the kernels are compiled, or loaded."""
    item = PackItem(item_ref="1/1", line_no=1, sku="ANY", name="Any", dimensions=TINY, weight_g=1)
    carton = CartonType(carton_id="ANY", inner=TINY, outer=TINY, empty_weight_g=1, max_weight_g=2)
    _search().cartonize([item], [carton])
