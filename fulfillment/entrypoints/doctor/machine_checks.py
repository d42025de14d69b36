"""Checks of this machine and of what is set: the data folder, API keys, encryption."""

import shutil
import tempfile
from pathlib import Path

from fulfillment.entrypoints.doctor.findings import Answer, Site, ok, warning, wrong

WARN_BYTES, WRONG_BYTES = 2 * 1024**3, 100 * 1024**2
"""Free space below which mails, labels and an embedded database will soon find no room."""


async def data_folder(site: Site) -> Answer:
    """Look whether the data folder can be written to, and has room."""
    folder = site.settings.data_dir.absolute()
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        remedy = "let this user write there, or set FULFILLMENT_DATA_DIR"
        return wrong(f"{folder}: {error.strerror}", remedy)
    return of_space(folder, free)


def of_space(folder: Path, free_bytes: int) -> Answer:
    """Return whether so much room will do."""
    found = f"{folder} can be written to, {free_bytes / 1024**3:.1f} GiB free"
    remedy = "make room, or move the data folder (FULFILLMENT_DATA_DIR)"
    if free_bytes < WRONG_BYTES:
        return wrong(found, remedy)
    return warning(found, remedy) if free_bytes < WARN_BYTES else ok(found)


async def api_keys(site: Site) -> Answer:
    """Look whether anybody may ask over HTTP."""
    keys = site.settings.api_keys
    if not keys:
        remedy = "make one with `fulfillment api-key NAME ROLE`, if `fulfillment serve` is used"
        return warning("none is set, so `serve` answers 503 to every /v1 request", remedy)
    return ok(f"{len(keys)} set: {', '.join(sorted({key.role.value for key in keys}))}")


async def encryption(site: Site) -> Answer:
    """Look whether who reads Temporal's database reads customers' names and addresses."""
    ring = site.settings.keyring()
    if ring is None:
        remedy = "make a key with `fulfillment encryption-key` (docs/privacy.md)"
        return warning("off: Temporal's histories hold customers' data as it is", remedy)
    found = f"on: key {ring.ids[0]} encrypts, {len(ring.ids)} can decrypt"
    if site.settings.encryption_accept_plaintext:
        remedy = "unset FULFILLMENT_ENCRYPTION_ACCEPT_PLAINTEXT once no older order runs"
        return warning(f"{found}; plaintext is taken, too", remedy)
    return ok(found)
