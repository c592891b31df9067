"""LMDB alone, by `raw_log.c`: what Rapport's log is measured by."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from statistics import median

from benchmark.floor import Unavailable, compile_c

SOURCE = Path(__file__).with_name("raw_log.c")


class RawLog:
    """Raises `Unavailable` where it does not compile, which needs LMDB's header."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "raw_log"
        compile_c(SOURCE, self.program, "-llmdb")

    def run(self, *arguments: object) -> float:
        """Entries in a second."""
        result = subprocess.run([str(self.program), *map(str, arguments)],
                                capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise Unavailable(f"raw_log: {result.stderr.strip()}")
        figures = json.loads(result.stdout)
        return float(figures["entries"] / median(figures["seconds"]))

    def append_rate(self, events: Path, batch: int, count: int) -> float:
        target = self.folder / "raw"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        rate = self.run("append", target, events, batch, count)
        shutil.rmtree(target)
        return rate

    def scan_rate(self, log: Path) -> float:
        return self.run("scan", log, "events")
