"""What every demonstration has in common: the play, its judgment by another process, the way on."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from rich.console import Console

from fulfillment.entrypoints.stack import Stack
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import order_handle
from fulfillment.operations.pick_batches import schedule_floor
from fulfillment.simulation.crew import Crew
from fulfillment.simulation.evidence import RUN_FILE
from fulfillment.simulation.floor_papers import write_papers
from fulfillment.simulation.judge import SUMMARY_FILE
from fulfillment.simulation.live import Show
from fulfillment.simulation.outages import Incidents, Outage
from fulfillment.simulation.play import LIMIT_SECONDS, Play
from fulfillment.simulation.shipping_evidence import PAPERS
from fulfillment.simulation.shipping_papers import write_shipping_papers
from fulfillment.simulation.stories import read_story
from fulfillment.simulation.world import World


@dataclass(frozen=True)
class Performance:
    """A scenario on a stack that runs, with its robots at work."""

    stack: Stack
    engine: Engine
    crew: Crew
    world: World
    console: Console
    keep: bool = False
    """Whether everything goes on running until Ctrl-C."""
    limit_seconds: float = LIMIT_SECONDS
    """How long the orders may take in all."""

    def say(self, text: str) -> None:
        """Print a line that stays."""
        self.console.print(text, highlight=False, soft_wrap=True)

    async def run(
        self,
        outages: Sequence[Outage],
        incidents: Incidents,
        *,
        judging: Sequence[str] = (),
        kept: Sequence[str] = (),
    ) -> int:
        """Play the scenario, have it judged by another process, and say where to look.

        Args:
            outages: who is killed in mid-run, one after the other.
            incidents: what they put on record.
            judging: what more the judge is told.
            kept: what a person is told of what goes on running.

        Returns:
            The judge's exit code: 0 only if every order ended as its scenario expects.

        """
        data = self.stack.settings.data_dir
        if self.world.scenario.floor:
            await schedule_floor(self.engine)
        with Show(self.console, self.world, self.crew.diary) as show:
            play = Play(
                self.engine,
                self.crew,
                self.world,
                show,
                outages=outages,
                incidents=incidents,
                ui_url=self.stack.ui_url,
                limit_seconds=self.limit_seconds,
            )
            run = await play.run()
        measured = run.model_copy(update={"memory_mib": self._memory(incidents)})
        (data / RUN_FILE).write_text(measured.model_dump_json(indent=2) + "\n", encoding="utf-8")
        await self._leave_papers(data)
        await self._tell_stories()
        code = await self._judged_by_another(judging)
        await self._point_out(data)
        if self.keep:
            for line in (*kept, "Everything goes on running until Ctrl-C"):
                self.say(line)
            await _until_interrupted()
        return code

    async def _leave_papers(self, data: Path) -> None:
        if self.world.scenario.floor:
            papers = await write_papers(self.engine, data / "floor")
            self.say(f"Pick lists and packing pictures: {papers} files in {data / 'floor'}")
        if self.world.scenario.shipping:
            orders = self.world.order_ids()
            papers = await write_shipping_papers(self.engine, data / PAPERS, orders)
            what = "Labels (PDF, PNG, ZPL), packing slips, invoices and manifests"
            self.say(f"{what}: {papers} files in {data / PAPERS}")
            self.say(f"Mails to customers and staff: {self.stack.settings.mail_dir}")

    async def _tell_stories(self) -> None:
        for planned in self.world.stories():
            story = await read_story(self.engine, planned, self.crew.diary)
            for line in story.lines():
                self.say(line)

    async def _judged_by_another(self, more: Sequence[str]) -> int:
        judge = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "fulfillment.simulation.judge"),
            *("--scenario", self.world.scenario.name, "--address", self.stack.address),
            *more,
            env=self.stack.environment(),
        )
        return await judge.wait()

    async def _point_out(self, data: Path) -> None:
        orders = [planned.order.order_id for planned in self.world.orders]
        split = (p.order.order_id for p in self.world.orders if "split" in p.group.kind)
        shown = next(split, orders[0])
        described = await order_handle(self.engine, shown).describe()
        name = quote(described.id, safe="")
        url = self.stack.ui_url
        self.say(f"Temporal UI: {url}")
        link = f"{url}/namespaces/default/workflows/{name}/{described.run_id}/history"
        self.say(f"Order {shown}: {link}")
        self.say(f"Summary: {data / SUMMARY_FILE}")

    def _memory(self, incidents: Incidents) -> dict[str, int]:
        """Return the most memory in MiB that each process that runs now has used."""
        pids: dict[str, int | None] = {
            f"worker {number}": pid for number, pid in enumerate(self.stack.worker_pids, 1)
        }
        pids["http"] = self.stack.http_pid
        pids["Temporal server"] = next(reversed(incidents.servers_started), None)
        found = {name: peak_memory_mib(pid) for name, pid in pids.items() if pid is not None}
        return {name: mib for name, mib in found.items() if mib is not None}


def peak_memory_mib(pid: int) -> int | None:
    """Return the most memory that a process has used, or None where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(found[0]) // 1024 if found else None


async def _until_interrupted() -> None:
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    await interrupted.wait()
