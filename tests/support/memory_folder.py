"""Lets the files of a run lie in memory, where the machine has a folder with room for that.

A new PostgreSQL database is some thousand files: on a disk, to copy them took ten times the time of
the test that wanted them.
"""

import os
import tempfile
from pathlib import Path
from typing import Final

FOLDER: Final = Path("/dev/shm")  # noqa: S108 - only a parent of folders with unguessable names
ENOUGH_BYTES: Final = 4 * 2**30


def keep_files_in_memory() -> None:
    """Set TMPDIR for this process and those that it starts, unless somebody set it already."""
    if "TMPDIR" in os.environ or not _has_room(FOLDER):
        return
    os.environ["TMPDIR"] = str(FOLDER)
    tempfile.tempdir = None


def _has_room(folder: Path) -> bool:
    if not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    # Containers often have a small one, from which nothing can be started.
    return found.f_bavail * found.f_frsize >= ENOUGH_BYTES and not found.f_flag & os.ST_NOEXEC
