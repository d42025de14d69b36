"""A lock between programs that dies with the last program that holds it."""

import sys
from io import TextIOWrapper
from pathlib import Path

if sys.platform != "win32":
    import fcntl


def try_lock(path: Path) -> TextIOWrapper | None:
    """Take the lock that a file stands for, if nobody has it.

    The lock belongs to the open file: it ends when the last process that inherited it closes
    it or dies, so a crash never leaves a stale one behind. Where the system has no such locks
    (Windows) it is always given.

    Args:
        path: the file; it is made where it is missing, and its text stays as it is.

    Returns:
        The open file, to be kept for as long as the lock is needed; None where another has it.

    """
    file = path.open("a+", encoding="utf-8")
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
    return file
