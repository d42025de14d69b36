"""How numeric kernels are compiled."""

from collections.abc import Callable
from typing import Any

from numba import njit

Kernel = Callable[..., Any]


def compiled(function: Kernel) -> Kernel:
    """Compile a function at its first call, once for all processes; it runs without the GIL.

    What was compiled is kept in NUMBA_CACHE_DIR, else beside the module, else in the user's cache
    folder (docs/operations.md). It is made anew when its module changes, but not when another does:
    so a kernel calls no kernel of another module.
    """
    kernel: Kernel = njit(cache=True, nogil=True, fastmath=True)(function)
    return kernel
