"""Where Temporal's programs stay that were downloaded or built, and one maker at a time."""

import asyncio
import platform
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import platformdirs

from fulfillment.temporal.file_lock import try_lock

_LOCK_POLL_SECONDS = 0.5
_SUFFIX = ".exe" if sys.platform == "win32" else ""


def cache_folder() -> Path:
    """Tell where the programs that were downloaded or built stay.

    Returns:
        A folder in the user's cache; it may not exist yet.

    """
    return Path(platformdirs.user_cache_dir("fulfillment-engine", appauthor=False)) / "temporal"


def cached_name(program: str, version: str) -> str:
    """Tell a cached program's name, which no other release or kind of machine shares.

    Returns:
        For example ``temporal-1.8.2-linux-x86_64``.

    """
    system, machine = platform.system().lower(), platform.machine().lower()
    return f"{program}-{version}-{system}-{machine}{_SUFFIX}"


@asynccontextmanager
async def only_maker(
    cache: Path, name: str, title: str, tell: Callable[[str], None]
) -> AsyncIterator[None]:
    """Be the one process that makes something; wait as long as another one does.

    Args:
        cache: the folder; it is made if it is not there.
        name: of what is made.
        title: the same for a person.
        tell: is told that there is somebody to wait for.

    Raises:
        OSError: the folder can't be written to.

    """
    path = _lock_file(cache, name)
    lock = try_lock(path)
    if lock is None:
        tell(f"another process is making {title}; waiting for it …")
    while lock is None:
        await asyncio.sleep(_LOCK_POLL_SECONDS)
        lock = try_lock(path)
    with lock:
        yield


def _lock_file(cache: Path, name: str) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    return cache / f"{name}.lock"
