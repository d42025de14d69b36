"""Databases that are filled once in a run, of which each test gets a copy."""

import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from sqlalchemy import make_url

from postgres_server import Server

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SCHEME = "sqlite:///"

WITHOUT_RULES = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
        WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.name, one.conname); END LOOP;
END $$
"""
"""Takes PostgreSQL's checks and references away, which can't be ignored."""


class Templates:
    """The templates of a run, by kind of database and name."""

    def __init__(self, folder: Path, postgres: Callable[[], Server]) -> None:
        """Keep where files lie, and how to get a server."""
        self._folder, self._postgres = folder, postgres
        self._urls: dict[tuple[str, str], str] = {}
        self._open = ExitStack()

    async def of(
        self,
        kind: str,
        name: str,
        fill: Callable[[str], Awaitable[None]],
        like: str | None = None,
    ) -> str:
        """Return the URL of a template; whoever asks for it first fills it.

        It begins empty, or as a copy of the template at the URL `like`.
        """
        if (kind, name) not in self._urls:
            folder = self._folder / f"{len(self._urls)}"
            folder.mkdir()
            url = self._open.enter_context(
                self.copy(like, folder)
                if like
                else self._postgres().database()
                if kind == POSTGRESQL
                else nullcontext(SCHEME + str(folder / "record.db"))
            )
            await fill(url)
            self._urls[kind, name] = url
        return self._urls[kind, name]

    @contextmanager
    def copy(self, template: str, folder: Path) -> Iterator[str]:
        """Give a copy of a template, to which nobody may be connected."""
        if template.startswith(SCHEME):
            file = folder / "record.db"
            shutil.copy(template.removeprefix(SCHEME), file)
            yield SCHEME + str(file)
            return
        with self._postgres().database(str(make_url(template).database)) as url:
            yield url
