"""Runs a program to which the cyclists are known: ``python -m …launch worker.py`` or ``-m MODULE``.

So the processes of a demonstration are the product's own, with one network of carriers more.
"""

import runpy
import sys

from fulfillment.simulation.cyclists import register_cyclists

LAUNCHER = ("-m", "fulfillment.simulation.launch")
"""What stands between the interpreter and the program."""


def launch(program: list[str]) -> None:
    """Run a program as the interpreter would: a file, or a module behind ``-m``, and arguments."""
    register_cyclists()
    is_module = program[0] == "-m"
    sys.argv = program[1:] if is_module else program
    if is_module:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    launch(sys.argv[1:])
