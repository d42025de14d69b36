"""How the dev server is started, and which ports and folders it refuses."""

import socket
from pathlib import Path

import pytest

from fulfillment.temporal.dev_server import (
    HOST,
    dev_server_command,
    free_port,
    start_dev_server,
)
from fulfillment.temporal.file_lock import try_lock
from fulfillment.temporal.setup_errors import DataFolderInUse, DevServerFailed, PortTaken

REST = [
    *("--search-attribute", "OrderStage=Keyword"),
    *("--search-attribute", "BlockedOn=Keyword"),
    *("--search-attribute", "SlaDue=Datetime"),
    *("--search-attribute", "Warehouse=Keyword"),
    *("--search-attribute", "Carrier=Keyword"),
    *("--dynamic-config-value", "frontend.enableServerVersionCheck=false"),
    *("--log-level", "warn"),
]


def test_a_server_with_data_and_ui() -> None:
    """The database lies in the folder, with the faster journal, and only this machine is served."""
    assert dev_server_command(Path("cli"), port=1, ui_port=2, data_dir=Path("data")) == [
        *("cli", "server", "start-dev", "--ip", "127.0.0.1", "--port", "1", "--ui-port", "2"),
        *("--db-filename", "data/temporal.sqlite"),
        *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
        *REST,
    ]


def test_a_server_in_memory_without_ui() -> None:
    """Without a folder there is no database file, without a UI port no UI."""
    assert dev_server_command(Path("cli"), port=1) == [
        *("cli", "server", "start-dev", "--ip", "127.0.0.1", "--port", "1", "--headless"),
        *REST,
    ]


async def test_a_given_port_in_use_is_refused(tmp_path: Path) -> None:
    """A port that was asked for is not replaced by another one."""
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} to be free"):
            await start_dev_server(tmp_path, port=port, cli=Path("/bin/false"))


async def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    """Two servers never work on one database; the error names the one that does."""
    claim = try_lock(tmp_path / "temporal.lock")
    assert claim is not None
    with claim:
        claim.write("4711\n")
        claim.flush()
        with pytest.raises(DataFolderInUse, match="process 4711 works on it"):
            await start_dev_server(tmp_path, cli=Path("/bin/false"))


async def test_a_server_that_dies_shows_its_log(tmp_path: Path) -> None:
    """The end of the log stands in the error."""
    cli = tmp_path / "cli"
    cli.write_text("#!/bin/sh\necho database is broken\nexit 3\n", encoding="utf-8")
    cli.chmod(0o755)
    with pytest.raises(DevServerFailed, match=r"ended with code 3(.|\n)*database is broken"):
        await start_dev_server(tmp_path, cli=cli)


def test_a_free_port_can_be_bound() -> None:
    """The port is one that a server may take."""
    with socket.socket() as server:
        server.bind((HOST, port := free_port()))
        assert server.getsockname() == (HOST, port)
