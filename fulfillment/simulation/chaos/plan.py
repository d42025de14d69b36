"""What a campaign of faults does, and when; a seed decides the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Incident(StrEnum):
    """What happens to processes and to the database."""

    KILL_WORKER = "worker killed"
    """By SIGKILL, as a power cut would."""
    STOP_WORKER = "worker stopped"
    """By SIGTERM, as a deployment would."""
    CRASH_WORKER = "worker crashed after a commit"
    """In an activity whose effect is on record, before anybody was told."""
    RESTART_SERVER = "Temporal server restarted"
    KILL_SERVER = "Temporal server killed"
    LOCK_DATABASE = "database locked"


class Message(StrEnum):
    """What happens to what people, shops and carriers tell."""

    DELAYED = "delayed"
    REPEATED = "repeated"
    STALE = "repeated late"
    """When the order has gone on."""
    SHUFFLED = "out of order"
    LOST_ANSWER = "answer lost"
    NONSENSE = "nonsense"
    """A signal with arguments that nobody expects."""
    POISON = "poison order"


@dataclass(frozen=True)
class Plan:
    """How long, how many orders, and how many faults of each kind."""

    seconds: float
    """Of faults; what is open then ends in peace."""
    orders: int
    incidents: dict[Incident, int]
    most_seconds: float
    """How long it may take in all: so long orders may take to end when the faults are over."""
    repeats: int = 2
    """How often each message comes again, at most."""
    poison_percent: int = 5
    workers: int = 2

    @property
    def poisons(self) -> int:
        """Return how many poison orders come on top."""
        return max(1, self.orders * self.poison_percent // 100)

    def timeline(self, luck: Random) -> Iterator[tuple[float, Incident]]:
        """Yield the incidents with the second at which each is due, in their order."""
        kinds = [kind for kind, count in self.incidents.items() for _ in range(count)]
        luck.shuffle(kinds)
        moments = sorted(luck.uniform(0.02, 1.0) * self.seconds for _ in kinds)
        yield from zip(moments, kinds, strict=True)


SMOKE = Plan(
    seconds=75.0,
    orders=44,
    incidents={
        Incident.KILL_WORKER: 5,
        Incident.STOP_WORKER: 1,
        Incident.CRASH_WORKER: 8,
        Incident.RESTART_SERVER: 1,
        Incident.KILL_SERVER: 1,
        Incident.LOCK_DATABASE: 3,
    },
    most_seconds=420.0,
)
"""Some of everything in three minutes, for the checks; on a slow machine it takes longer."""

FULL = Plan(
    seconds=600.0,
    orders=210,
    incidents={
        Incident.KILL_WORKER: 54,
        Incident.STOP_WORKER: 6,
        Incident.CRASH_WORKER: 30,
        Incident.RESTART_SERVER: 5,
        Incident.KILL_SERVER: 6,
        Incident.LOCK_DATABASE: 14,
    },
    most_seconds=1150.0,
    repeats=1,
)
"""A campaign of at most twenty minutes on two cores."""


def stretched(plan: Plan, times: float) -> Plan:
    """Return a plan that lasts so many times as long, with as many times the orders and faults."""
    return Plan(
        seconds=plan.seconds * times,
        orders=round(plan.orders * times),
        incidents={kind: round(count * times) for kind, count in plan.incidents.items()},
        most_seconds=plan.most_seconds * times,
        repeats=plan.repeats,
        poison_percent=plan.poison_percent,
        workers=plan.workers,
    )


def order_of_arrival(count: int, luck: Random) -> Sequence[int]:
    """Return the places of orders in the sequence in which they are handed in."""
    places = list(range(count))
    luck.shuffle(places)
    return places
