"""Drives the program `rapport`, and takes its times."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmark.dataset import Dataset, Parameters
from benchmark.questions import QUESTIONS, Row, batch_request, for_rapport

FOLDED = re.compile(r"([\d,]+) events folded in ([\d,.]+) ms")


class Failed(Exception):
    """The program ended in an error, or answered with one."""


@dataclass(frozen=True)
class Rebuild:
    """What one `rapport rebuild` took."""

    events: int
    fold_seconds: float
    image_seconds: float | None
    wall_seconds: float


class Program:
    """The binary, one command at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def command(self, *arguments: object) -> list[str]:
        return [str(self.path), *map(str, arguments)]

    def run(self, *arguments: object, text: str | None = None, cores: int | None = None) -> str:
        """Standard output of one command, which must succeed."""
        allowed = sorted(os.sched_getaffinity(0))[:cores]
        result = subprocess.run(
            self.command(*arguments), input=text, capture_output=True, text=True, check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, allowed))
        if result.returncode != 0:
            raise Failed(f"rapport {arguments[0]} ended with {result.returncode}: "
                         f"{result.stderr.strip()}")
        return result.stdout

    def timed(self, *arguments: object, text: str | None = None) -> float:
        """The seconds of one command, from its start to its end."""
        start = time.perf_counter()
        self.run(*arguments, text=text)
        return time.perf_counter() - start

    def has_option(self, command: str, option: str) -> bool:
        return option in self.run("help", command)

    def new_store(self, store: Path) -> None:
        shutil.rmtree(store, ignore_errors=True)
        self.run("init", store)

    def ingest_seconds(self, store: Path, events: Path, *options: object) -> float:
        """What it takes to put all events in a new store."""
        self.new_store(store)
        return self.timed("ingest", store, events, "--quiet", *options)

    def rebuild(self, store: Path, cores: int) -> Rebuild:
        threads = ("--threads", cores) if self.has_option("rebuild", "--threads") else ()
        watch = ImageWatch(store)
        start = time.perf_counter()
        with watch:
            output = self.run("rebuild", store, *threads, cores=cores)
        wall = time.perf_counter() - start
        found = FOLDED.search(output)
        if not found:
            raise Failed(f"rapport rebuild does not tell its time: {output!r}")
        events, milliseconds = (float(text.replace(",", "")) for text in found.groups())
        return Rebuild(int(events), max(milliseconds, 0.5) / 1000, watch.seconds, wall)

    def opening_seconds(self, store: Path, parameters: Parameters) -> float:
        """A whole process that answers q2."""
        options = [part for name, value in for_rapport("q2", parameters).items()
                   for part in ("--param", f"{name}={value}")]
        return self.timed("query", store, QUESTIONS["q2"].rapport, *options)


class ImageWatch:
    """How long a store's image is in the making: from an unfinished file to its new name."""

    INTERVAL = 0.001

    def __init__(self, store: Path) -> None:
        self.folder = store / "image"
        self.seconds: float | None = None
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.ends.set()
        self.thread.join()

    def watch(self) -> None:
        started: float | None = None
        while not self.ends.is_set():
            unfinished = self.is_unfinished()
            if unfinished and started is None:
                started = time.perf_counter()
            if not unfinished and started is not None:
                self.seconds = time.perf_counter() - started
                return
            self.ends.wait(self.INTERVAL)

    def is_unfinished(self) -> bool:
        try:
            return any(name.startswith("graph.image.") for name in os.listdir(self.folder))
        except FileNotFoundError:
            return False


class Batch:
    """One process of `rapport query --batch` over a store, which is asked line by line."""

    def __init__(self, program: Program, store: Path, threads: int, limit: float) -> None:
        self.process = subprocess.Popen(
            program.command("query", store, "--batch", "--threads", threads,
                            "--timeout", f"{int(limit * 1000)}ms"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        assert self.process.stdin and self.process.stdout
        self.requests = self.process.stdin
        self.answers = open(self.process.stdout.fileno(), "rb", closefd=False, buffering=1 << 20)

    def ask(self, question: str, parameters: Parameters) -> tuple[list[Row], float]:
        """The rows, and the seconds that the engine says it took."""
        self.requests.write(batch_request(question, parameters).encode() + b"\n")
        line = self.answers.readline()
        if not line:
            raise Failed(f"rapport query --batch ended with {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(str(answer["error"]["message"]))
        return answer["rows"], answer["ns"] / 1e9

    def memory(self) -> dict[str, float]:
        """Megabytes of the process: now, and at most so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        fields = dict(line.split(":", 1) for line in status.splitlines())
        return {"now": int(fields["VmRSS"].split()[0]) / 1000,
                "most": int(fields["VmHWM"].split()[0]) / 1000}

    def close(self) -> None:
        self.requests.close()
        self.process.wait(30)
        self.answers.close()


class Rapport:
    """Rapport as one who answers the questions."""

    name = "rapport"

    def __init__(self, program: Program, threads: int, limit: float) -> None:
        self.program, self.threads, self.limit = program, threads, limit
        self.batch: Batch | None = None

    def load(self, dataset: Dataset, folder: Path) -> None:
        store = folder / "store"
        if not store.exists():
            self.program.ingest_seconds(store, dataset.events)
        self.batch = Batch(self.program, store, self.threads, self.limit)
        self.ask("q2", dataset.parameters["q2"][0])

    def ask(self, question: str, parameters: Parameters) -> tuple[Iterable[Row], float]:
        assert self.batch
        return self.batch.ask(question, parameters)

    def interrupt(self) -> None:
        """Not needed: the process was told its limit."""

    def close(self) -> None:
        if self.batch:
            self.batch.close()
            self.batch = None
