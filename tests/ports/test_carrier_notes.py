"""What is noted under a key stays, whoever comes second."""

import asyncio

from fulfillment.carriers.networks import DatabaseNotes
from fulfillment.persistence.database import SqlDatabase


async def test_the_first_note_stays(database: SqlDatabase) -> None:
    """Also of several at once: all are told the one that is kept."""
    notes = DatabaseNotes(database)
    assert await notes.find("k") is None
    kept = await asyncio.gather(*(notes.keep("k", f"shp_{n}") for n in range(4)))
    assert set(kept) == {await notes.find("k")}
    assert await notes.keep("k", "shp_late") == kept[0]
    assert await notes.keep("other", "shp_late") == "shp_late"
    async with database.reading() as tx:
        noted = await tx.carrier_notes.among(["k", "other", "none"])
    assert noted == {"k": kept[0], "other": "shp_late"}
