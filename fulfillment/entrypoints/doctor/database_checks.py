"""Checks of the database: its version, its place, its settings, its tables."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from fulfillment.entrypoints.doctor.findings import Answer, Site, Verdict, ok, warning, wrong
from fulfillment.persistence.condition import Condition
from fulfillment.persistence.postgresql_engines import READERS, WRITERS

OLDEST_POSTGRESQL = 14
NETWORK_FILESYSTEMS = frozenset({"9p", "cifs", "fuse.sshfs", "nfs", "nfs4", "smb3", "smbfs"})
_MOUNTS = Path("/proc/self/mounts")
PROGRAMS = 3
"""A worker, `serve` and a command: what the smallest set-up connects with."""


async def database(site: Site) -> Answer:
    """Look whether it is of a kind and set in a way that will do."""
    found = site.condition
    return of_sqlite(found) if found.kind == "sqlite" else of_postgresql(found)


async def tables(site: Site) -> Answer:
    """Look whether its tables are those that this program works with."""
    found = site.condition
    if found.revision == found.head:
        return ok(f"version {found.head}, the newest")
    if found.revision is None:
        return wrong("no tables yet", "start a worker, or any command but this one: it migrates")
    if found.is_known:
        told = f"version {found.revision}, this program needs {found.head}"
        return wrong(told, "back it up, then start a worker of this version: it migrates")
    told = f"version {found.revision}, which this program does not know (it knows {found.head})"
    return wrong(told, "upgrade this program to the version that the other ones run")


async def catalog(site: Site) -> Answer:
    """Look whether there is anything to sell, and a place that it ships from."""
    found = site.condition
    if found.articles is None or found.warehouses is None:
        return Answer(Verdict.NOT_CHECKED, "because of what is wrong with: tables")
    if not (found.articles and found.warehouses):
        told = f"{found.articles} articles, {found.warehouses} warehouses: every order is refused"
        return warning(told, "load it with `fulfillment catalog load FILE` (docs/operations.md)")
    return ok(f"{found.articles} articles, {found.warehouses} warehouses")


def of_sqlite(found: Condition) -> Answer:
    """Return whether a file's place and mode will do."""
    told = f"SQLite {found.version}, {found.place}"
    path = Path(found.place).absolute()
    if (kind := filesystem_of(path)) in NETWORK_FILESYSTEMS:
        remedy = "put it on a local disk, or use PostgreSQL (DATABASE_URL)"
        return wrong(f"{told}, on a network file system ({kind})", remedy)
    if found.facts["journal_mode"] != "wal":
        return wrong(
            f"{told}, journal {found.facts['journal_mode']}", "start a worker: it sets WAL"
        )
    if path.is_relative_to(Path(tempfile.gettempdir()).absolute()):
        return warning(
            f"{told}, among temporary files", "set FULFILLMENT_DATA_DIR to a place to stay"
        )
    return ok(told)


def of_postgresql(found: Condition) -> Answer:
    """Return whether a server's version and settings are as docs/operations.md asks for."""
    facts = found.facts
    told = f"PostgreSQL {found.version}, {found.place}"
    if int(found.version.split(".")[0]) < OLDEST_POSTGRESQL:
        return wrong(told, f"upgrade to {OLDEST_POSTGRESQL} or later")
    if facts["server_encoding"] != "UTF8":
        remedy = "create the database anew with ENCODING 'UTF8'"
        return wrong(f"{told}, encoding {facts['server_encoding']}", remedy)
    if facts["may_create"] != "yes":
        return wrong(f"{told}, may not create tables", "make this user the owner of the database")
    if facts["synchronous_commit"] == "off":
        remedy = "set synchronous_commit=on: a crash could forget what Temporal was told"
        return wrong(f"{told}, synchronous_commit=off", remedy)
    needed = PROGRAMS * (WRITERS + READERS)
    if int(facts["max_connections"]) <= needed:
        remedy = f"raise it above {WRITERS + READERS} for each worker, serve and command"
        return warning(f"{told}, max_connections={facts['max_connections']}", remedy)
    return ok(f"{told}, UTF8, max_connections={facts['max_connections']}")


def filesystem_of(path: Path) -> str:
    """Return the kind of the file system that a path is on; "" where this machine does not tell."""
    try:
        mounts = [line.split()[1:3] for line in _MOUNTS.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""
    return longest_mount(os.path.realpath(path), mounts)


def longest_mount(path: str, mounts: Iterable[list[str]]) -> str:
    """Return the kind of the innermost mount that a path lies in."""
    holding = [(len(at), kind) for at, kind in mounts if Path(path).is_relative_to(at)]
    return max(holding)[1] if holding else ""
