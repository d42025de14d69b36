"""A PostgreSQL server of our own: started for the tests that want it, and stopped at their end."""

import asyncio
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import asyncpg

from fulfillment.simulation.postgresql_server import PostgresqlServer, running_postgresql

OPTIONS = {
    "listen_addresses": "",
    "max_connections": "100",
    # Nothing of it outlives the tests.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "deadlock_timeout": "200ms",
}
_numbers = itertools.count(1)


class Server(PostgresqlServer):
    """A running server with what tests do on it."""

    def url(self, database: str) -> str:
        """Return the URL of a database on it."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def execute(self, database: str, statement: str, *values: str) -> str:
        """Execute SQL past all rules; return what was done, as `UPDATE 1`."""

        async def run() -> str:
            connection = await asyncpg.connect(self.url(database))
            try:
                return str(await connection.execute(statement, *values))
            finally:
                await connection.close()

        # In a thread, since a test's loop may be running in this one.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, run()).result()

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Give a database of its own, made like another one; it is dropped afterwards."""
        name = f"record_{next(_numbers)}"
        self.execute("postgres", f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield self.url(name)
        self.execute("postgres", f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running_server(**options: str) -> Iterator[Server]:
    """Run a server in a temporary folder of its own."""
    with running_postgresql(OPTIONS | options) as running:
        yield Server(running.folder, running.process, running.binaries)
