"""Hundreds of stories look at one board, which reads the database seldom."""

import asyncio
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from fulfillment.domain.lifecycle import OrderStage
from fulfillment.operations.order_views import OrderSnapshot
from fulfillment.simulation import cases
from fulfillment.simulation.cases import Board


async def test_many_looks_are_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one asked for is there with the next read, with what the others asked for by then."""
    read: list[list[str]] = []

    async def snapshots(_: Any, order_ids: Iterable[str]) -> list[OrderSnapshot]:
        read.append(list(order_ids))
        return [seen(name) for name in read[-1] if name != "NOT-YET"]

    monkeypatch.setattr(cases, "snapshots", snapshots)
    now = 10.0
    monkeypatch.setattr(cases, "time", SimpleNamespace(monotonic=lambda: now))
    no_engine: Any = None
    board = Board(no_engine, every_seconds=2.0)
    names = ("A", "B", "NOT-YET")
    assert [seen("A"), None, None] == await asyncio.gather(*map(board.find, names))
    now = 12.0
    assert [seen("A"), seen("B"), None] == await asyncio.gather(*map(board.find, names))
    now = 13.9
    assert await board.find("B") == seen("B")
    now = 14.0
    assert await board.find("C") == seen("C")
    assert read == [["A"], ["A", "B", "NOT-YET"], ["B", "C", "NOT-YET"]]
    assert await board.find("A") is None


def seen(order_id: str) -> OrderSnapshot:
    """Return how such an order is seen."""
    stage = OrderStage.RECEIVED
    return OrderSnapshot(
        order_id=order_id, stage=stage, blocked_on="", outcome=None, fulfillments=()
    )
