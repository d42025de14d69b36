"""Compiles the kernels, once after installing: ``python -m fulfillment.planners``."""

from fulfillment.planners.cartons import plan_something

if __name__ == "__main__":
    plan_something()
