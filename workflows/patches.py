"""Each `workflow.patched` id: what it guards, since when, and when it can go.

A change of what a workflow does is guarded by a patch as long as a workflow may be under way that
began before it. Then the old branch goes and `workflow.deprecate_patch` takes the guard's place;
once no history with the marker can be replayed any more, that goes, too (docs/operations.md).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Patch:
    """One patch: `patch_id`, or what begins the ids where a number follows."""

    patch_id: str
    since: str
    """The release that brought it."""
    guards: str
    goes_when: str


PATCHES = (
    Patch(
        patch_id="unreadable-signal-",
        since="0.1.0",
        guards="the decision that a signal could not be read when it came, one for each signal",
        goes_when="never: it is no change of the code but keeps that decision in the history,"
        " whichever keys a later worker has",
    ),
)
