"""What a workflow remembers to tell people: timeline, decisions, and the page in the UI."""

from collections import deque

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.decisions import Decision
    from fulfillment.messages import TimelineEntry
    from fulfillment.messages.continuing import JournalCarried

KEPT_ENTRIES = 200
SHOWN_ENTRIES = 12


class Journal:
    """The timeline and the decisions of one workflow, shown in Temporal's current details."""

    def __init__(self, title: str) -> None:
        """Begin an empty journal under a title."""
        self._title = title
        self._state = ""
        self._entries: deque[TimelineEntry] = deque(maxlen=KEPT_ENTRIES)
        self._decisions: list[Decision] = []

    def rename(self, title: str) -> None:
        """Go on under a title that says more; what is noted stays."""
        self._title = title

    @property
    def entries(self) -> list[TimelineEntry]:
        """The timeline, oldest first."""
        return list(self._entries)

    @property
    def decisions(self) -> list[Decision]:
        """The decisions, oldest first."""
        return list(self._decisions)

    def note(self, event: str, by: str = "engine", *, refused: bool = False) -> None:
        """Add to the timeline."""
        at = workflow.now()
        self._entries.append(TimelineEntry(at=at, event=event, by=by, refused=refused))
        self._show()

    def decide(self, decision: Decision) -> None:
        """Keep a decision with its alternatives, for `why`."""
        self._decisions.append(decision)
        self.note(f"{decision.subject}: {decision.chosen} ({decision.because})")

    def state(self, text: str) -> None:
        """Say in a line where the work stands and what it waits for."""
        self._state = text
        self._show()

    def carried(self) -> JournalCarried:
        """Return what the next run goes on with."""
        return JournalCarried(
            title=self._title,
            state=self._state,
            entries=tuple(self._entries),
            decisions=tuple(self._decisions),
        )

    def restore(self, carried: JournalCarried) -> None:
        """Go on with what an earlier run has noted."""
        self._title, self._state = carried.title, carried.state
        self._entries.extend(carried.entries)
        self._decisions.extend(carried.decisions)
        self._show()

    def _show(self) -> None:
        recent = list(self._entries)[-SHOWN_ENTRIES:]
        rows = [
            f"- `{entry.at:%Y-%m-%d %H:%M:%S}` {'**refused** ' if entry.refused else ''}"
            f"{entry.event} _{entry.by}_"
            for entry in reversed(recent)
        ]
        workflow.set_current_details("\n".join([f"### {self._title}", self._state, "", *rows]))


class TellsTimeline:
    """Lets others ask what happened when."""

    journal: Journal

    @workflow.query(name="timeline")
    def timeline(self) -> list[TimelineEntry]:
        """Say what happened when, by whom."""
        return self.journal.entries


class TellsWhy(TellsTimeline):
    """Lets others also ask what was decided."""

    @workflow.query(name="why")
    def why(self) -> list[Decision]:
        """Say what was decided, with the alternatives and why they lost."""
        return self.journal.decisions
