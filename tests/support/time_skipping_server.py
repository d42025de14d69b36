"""Finds or makes the time-skipping test server, in which a month passes in seconds.

Use, with what the session's fixture got::

    path = await time_skipping_server()
    if path is None:
        pytest.skip("no time-skipping server: neither a download nor Java with Maven")
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(path), test_server_startup_timeout=STARTUP_LIMIT
    ) as environment: ...
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path

from fulfillment.temporal import sdk_download
from fulfillment.temporal.binary_cache import cache_folder

STARTUP_LIMIT = timedelta(seconds=60)
VERSION = "1.38.0"
_NAME = f"time-skipping-{VERSION}"
_MAIN = "io.temporal.testserver.TestServer"
_MAVEN_SECONDS = 300
_POM = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example.invalid</groupId>
  <artifactId>time-skipping-server</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>{VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""


async def time_skipping_server(cache: Path | None = None) -> Path | None:
    """Find the time-skipping server, or make it.

    Args:
        cache: where what is made stays; a folder of the user's cache by default.

    Returns:
        What ``test_server_existing_path`` takes; None where there is no way to one.

    """
    folder = cache or cache_folder()
    cached = folder / _NAME / "serve"
    if not cached.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as workshop:
            made = Path(workshop) / "made"
            made.mkdir()
            if not await _download(made) and not await asyncio.to_thread(_resolve, made):
                return None
            _keep(made, cached.parent)
    return cached


async def _download(made: Path) -> bool:
    try:
        binary = await sdk_download.download(sdk_download.TIME_SKIPPING, made, environ=os.environ)
    except sdk_download.DownloadFailed:
        return False
    binary.rename(made / "serve")
    return True


def _resolve(made: Path) -> bool:
    maven = shutil.which("mvn")
    if maven is None or shutil.which("java") is None:
        return False
    pom = made / "pom.xml"
    pom.write_text(_POM, encoding="utf-8")
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=lib"]
    try:
        subprocess.run(
            [maven, "-q", "-B", *goal],
            cwd=made,
            check=True,
            capture_output=True,
            timeout=_MAVEN_SECONDS,
        )
    except (subprocess.SubprocessError, OSError):
        return False
    # The jars lie beside the script, wherever the folder was moved to.
    run = f'exec java -Xmx256m -cp "$(dirname "$0")/lib/*" {_MAIN} "$@"'
    (made / "serve").write_text(f"#!/bin/sh\n{run}\n", encoding="utf-8")
    (made / "serve").chmod(0o755)
    return True


def _keep(made: Path, target: Path) -> None:
    try:
        made.rename(target)
    except OSError:
        # Another process has put the same there meanwhile.
        if not (target / "serve").is_file():
            raise
