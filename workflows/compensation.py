"""The undo list: what was done and can be taken back, last in, first out."""

from collections.abc import Awaitable, Callable


class UndoList:
    """Undos of the effects so far; each is itself an effect that happens once.

    It runs inside the workflow's own steps, which Temporal's Cancel never interrupts, so it needs
    no further shield.
    """

    def __init__(self) -> None:
        """Begin with nothing to undo."""
        self._undos: list[tuple[str, Callable[[], Awaitable[object]]]] = []

    def add(self, what: str, undo: Callable[[], Awaitable[object]]) -> None:
        """Remember how to take something back."""
        self._undos.append((what, undo))

    async def run(self) -> list[str]:
        """Take everything back and say what was done: as it was noted, unless an undo says more."""
        done: list[str] = []
        while self._undos:
            what, undo = self._undos[-1]
            said = await undo()
            self._undos.pop()
            done.append(said if isinstance(said, str) else what)
        return done
