"""Lets all tests of a run share the commands that typer makes of an application's functions.

To take the signatures of more than a hundred functions apart anew was two thirds of what a command
cost that a test ran in this process. A command of a process of its own is made there, as ever.
"""

from functools import cache

from typer import testing
from typer.main import get_command


def share_commands() -> None:
    """Let runners that are made from now on make each application's commands once."""
    vars(testing)["_get_command"] = cache(get_command)
