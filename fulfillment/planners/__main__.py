"""Compiles the kernels, once after installing: ``python -m fulfillment.planners``.

With ``--containers`` also those that load containers, which no order needs.
"""

import sys
from importlib import import_module
from math import inf

from fulfillment.planners.cartons import plan_something


def load_something() -> None:
    """Load a few cubes, for which every kernel of `container_loading` is compiled."""
    loading = import_module("fulfillment.domain.container_loading")
    cubes = [loading.BoxType("cube", (2, 2, 2), (True, True, True), 9)]
    for full_support in (True, False):
        loading.load_container(
            (4, 4, 4), cubes, full_support=full_support, remaining_seconds=lambda: inf, widest=2
        )


if __name__ == "__main__":
    plan_something()
    if "--containers" in sys.argv:
        load_something()
