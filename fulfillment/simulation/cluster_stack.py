"""The engine on a Temporal cluster: workers and HTTP on a server that can be killed."""

import sys

from fulfillment.entrypoints.stack import Stack
from fulfillment.settings import Settings
from fulfillment.simulation.launch import LAUNCHER
from fulfillment.temporal.cluster_server import ClusterServer


class ClusterStack(Stack):
    """Workers and `fulfillment serve` on a server with all services; as a context it stops all."""

    python = (sys.executable, *LAUNCHER)

    def __init__(self, settings: Settings, server: ClusterServer) -> None:
        """Keep the server, which is not started yet."""
        super().__init__(settings)
        self.cluster = server

    @property
    def address(self) -> str:
        """Return `host:port` of the server's frontend."""
        return self.cluster.address

    @property
    def ui_url(self) -> str | None:
        """Return where the UI is."""
        return self.cluster.ui_url

    async def start_server(self) -> str:
        """Start the server and its UI, and return its address.

        Raises:
            ServerFailed: it ended by itself, or did not answer in time.

        """
        await self.cluster.start()
        await self.cluster.start_ui()
        return self.address

    async def kill_server(self) -> int:
        """Kill the server by SIGKILL, and return the process id that it had.

        Raises:
            ValueError: none runs.

        """
        pid = self.cluster.pid
        if pid is None:
            message = "there is no server before start_server()"
            raise ValueError(message)
        await self.cluster.kill()
        return pid

    async def restart_server(self) -> int:
        """Start the server again after it was killed, and return its process id.

        Raises:
            ServerFailed: it ended by itself, or did not answer in time.

        """
        return await self.cluster.start()

    async def stop_server(self) -> None:
        """Stop the server and its UI."""
        await self.cluster.stop()
