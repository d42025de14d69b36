"""Workers that can't start, tried one after the other in one process of their own.

What takes long is to load what a worker is made of, not to find out what is wrong.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence

from fulfillment.entrypoints.stack import WORKER_FILE

SECONDS = 60
END = "left with code "
ONE_AFTER_THE_OTHER = f"""
import asyncio, json, os, sys, worker
from fulfillment.temporal import clean_exit
kept = dict(os.environ)
for changes in json.loads(sys.argv.pop()):
    os.environ.clear()
    os.environ.update({{**kept, **changes}})
    print("{END}", asyncio.run(worker.main()), file=sys.stderr, sep="")
clean_exit.leave(0)
"""


async def refused(common: Mapping[str, str], changes: Sequence[Mapping[str, str]]) -> list[str]:
    """Return what `worker.py` says with each of these changed variables; its code must be 2.

    Args:
        common: variables of them all, as the server's address.
        changes: what one of them has beyond those.

    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ONE_AFTER_THE_OTHER, json.dumps([dict(each) for each in changes])),
        cwd=WORKER_FILE.parent,
        env={**os.environ, **common},
        stdout=PIPE,
        stderr=PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), SECONDS)
    *told, rest = errors.decode().split(f"{END}2\n")
    assert (0, b"", "") == (process.returncode, output, rest)
    assert len(changes) == len(told)
    return told
