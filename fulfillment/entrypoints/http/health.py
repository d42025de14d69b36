"""Whether this process lives, and whether it can work."""

from fastapi import APIRouter, Request

from fulfillment.domain.base import Value
from fulfillment.domain.errors import Problem, Unavailable
from fulfillment.entrypoints.http.security import service_of
from fulfillment.operations.readiness import OK, Readiness, readiness

router = APIRouter(tags=["health"])


class Health(Value):
    """The process answers."""

    status: str = OK


class NotReady(Unavailable):
    """The database or Temporal does not answer."""

    code = "not_ready"


@router.get("/healthz")
async def healthz() -> Health:
    """Say that the process lives; looks at nothing else."""
    return Health()


@router.get("/readyz")
async def readyz(request: Request) -> Readiness:
    """Say whether the database and the Temporal server answer in time; else 503."""
    found = await readiness(service_of(request).engine)
    if not found.ready:
        parts = {"database": found.database, "temporal": found.temporal}
        raise NotReady.of(
            *(
                Problem(path=part, expected=f"an answer from the {part}", came=came)
                for part, came in parts.items()
                if came != OK
            )
        )
    return found
