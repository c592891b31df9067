"""The command `compare`: Rapport beside others on one data set, or on several sizes of it."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmark import report
from benchmark.dataset import Dataset, adopt
from benchmark.floor import Unavailable
from benchmark.generator import generate
from benchmark.measuring import Effort, Results, ask_everybody
from benchmark.peers import Peer, peer
from benchmark.questions import QUESTIONS
from benchmark.rapport import Batch, Failed, Program, Rapport
from benchmark.targets import (
    LARGE, Figure, Setting, first_change_figures, log_figures, memory_figures, opening_figure,
    overlay_figures, question_figures, rebuild_figures)

SIZES = {"S": 10_000, "M": 100_000, "L": LARGE}
SEED = 7
EXIT_DIFFERENT = 1


@dataclass
class SizeReport:
    """Everything that was found out with one data set."""

    meetings: int
    events: int
    results: Results = field(default_factory=Results)
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def say(text: str) -> None:
    print(f"==> {text}", file=sys.stderr, flush=True)


# --- The data set ----------------------------------------------------------------------------


def meeting_count(size: str) -> int:
    return SIZES[size] if size in SIZES else int(size)


def data_set(arguments: argparse.Namespace, size: str) -> Dataset:
    """The one of this size: our own, or the published one where its folder is given."""
    if arguments.shared:
        source = shared_source(arguments, size)
        return adopt(source, arguments.data / f"shared-{size}")
    say(f"making the data set {size} (once)")
    return generate(arguments.data / f"{size}-{SEED}", meeting_count(size), SEED)


def shared_source(arguments: argparse.Namespace, size: str) -> Path:
    """Its files, which its own generator makes if they are not there."""
    shared: Path = arguments.shared
    for folder in (shared / "data" / size, arguments.data / "published" / size):
        if (folder / "params.json").exists():
            return folder
    say(f"making the published data set {size}")
    python = os.environ.get("PY", sys.executable)
    result = subprocess.run(
        [python, "-B", str(shared / "gen.py"), "--size", size, "--out", str(folder)],
        stdout=sys.stderr, check=False)
    if result.returncode != 0:
        raise Failed(f"the generator in {shared} failed; $PY names a Python that has its packages")
    return folder


# --- One size --------------------------------------------------------------------------------


class Comparison:
    """All measurements with one data set."""

    def __init__(self, arguments: argparse.Namespace, size: str) -> None:
        self.arguments, self.size = arguments, size
        self.dataset = data_set(arguments, size)
        folder = arguments.data / f"stores-{self.dataset.folder.name}"
        folder.mkdir(parents=True, exist_ok=True)
        self.effort = Effort(arguments.passes, arguments.limit, arguments.budget)
        self.program = Program(arguments.rapport)
        meetings = meeting_count(size)
        self.setting = Setting(self.program, self.dataset, folder, arguments.repeats,
                               is_large=meetings >= LARGE)
        self.report = SizeReport(meetings, self.dataset.event_count)

    def run(self) -> SizeReport:
        self.figures("the log", lambda: [*log_figures(self.setting)])
        self.figures("rebuild", lambda: [*rebuild_figures(self.setting)])
        self.figures("opening", lambda: [opening_figure(self.setting)])
        self.ask_all()
        self.figures("the first change",
                     lambda: [*first_change_figures(self.setting, self.open_batch)])
        # q13 takes a whole graph and long, and what it looks at is what q9 looks at.
        asked = [question for question in self.arguments.queries if question != "q13"]
        self.figures("many changes",
                     lambda: [*overlay_figures(self.setting, self.open_batch, asked)])
        self.report.figures[:0] = question_figures(self.report.results)
        return self.report

    def figures(self, what: str, measure: Callable[[], list[Figure]]) -> None:
        say(f"{self.size}: measuring {what}")
        self.report.figures += measure()

    def open_batch(self) -> Batch:
        return Batch(self.program, self.setting.store, self.arguments.threads, self.effort.limit)

    def ask_all(self) -> None:
        rapport = Rapport(self.program, self.arguments.threads, self.effort.limit)
        rapport.load(self.dataset, self.setting.folder)
        peers: list[Peer] = [rapport, *self.load_peers()]
        # q13 comes last: it may take memory that the others do not need.
        for question in sorted(self.arguments.queries, key=lambda name: name == "q13"):
            if question == "q13":
                self.note_memory(rapport)
            say(f"{self.size}: {question}, {QUESTIONS[question].asks}")
            ask_everybody(question, peers, self.dataset.parameters[question], self.effort,
                          self.report.results)
            self.note_problems(question)
        if "q13" not in self.arguments.queries:
            self.note_memory(rapport)
        for each in peers:
            each.close()

    def note_memory(self, rapport: Rapport) -> None:
        if rapport.batch:
            self.report.figures += memory_figures(self.setting, rapport.batch.memory())

    def note_problems(self, question: str) -> None:
        for name, timing in self.report.results.timings[question].items():
            if timing.problem:
                self.report.notes.append(f"{question}, {name}: {timing.problem}")

    def load_peers(self) -> list[Peer]:
        peers = []
        for name in self.arguments.peers:
            say(f"{self.size}: loading {name}")
            candidate = peer(name, self.arguments.threads)
            try:
                candidate.load(self.dataset, self.setting.folder)
                peers.append(candidate)
            except Unavailable as problem:
                self.report.notes.append(f"without {name}: {problem}")
        return peers


# --- All sizes -------------------------------------------------------------------------------


def print_size(size: str, found: SizeReport) -> None:
    names = list(next(iter(found.results.timings.values()), {}))
    print(f"\n{size}: {found.meetings:,} meetings, {found.events:,} events\n")
    print(report.question_table(found.results, names))
    print(f"\n{report.hot_and_cold_table(found.results, names)}\n")
    print(report.figure_table(found.figures))
    print(f"\n{found.results.compared} answers compared, "
          f"{len(found.results.differences)} differ")
    if any(timing.is_partial for timings in found.results.timings.values()
           for timing in timings.values()):
        print("*: over the sets of parameters that were reached in time")
    for note in found.notes:
        print(note)
    for difference in found.results.differences[:20]:
        print(difference)


def as_json(arguments: argparse.Namespace, found: dict[str, SizeReport]) -> dict[str, object]:
    return {
        "bench": "compare",
        **report.origin(arguments.root),
        "rapport": str(arguments.rapport),
        "threads": arguments.threads,
        "data": "published" if arguments.shared else f"own, seed {SEED}",
        "sizes": {
            size: {
                "meetings": each.meetings,
                "events": each.events,
                "figures": report.figures_json(each.figures),
                "geometric_means": report.means_json(each.results),
                "questions": report.timings_json(each.results),
                "answers_compared": each.results.compared,
                "differences": [str(difference) for difference in each.results.differences],
                "notes": each.notes,
            } for size, each in found.items()
        },
    }


def compare(arguments: argparse.Namespace) -> int:
    """Exit code 1 where answers differ, or where Rapport has none."""
    arguments.data.mkdir(parents=True, exist_ok=True)
    found = {}
    for size in arguments.size:
        found[size] = Comparison(arguments, size).run()
        print_size(size, found[size])
    if len(found) > 1:
        by_size = {size: each.results for size, each in found.items()}
        print("\n" + report.growth_table(by_size, ["rapport", *arguments.peers]))
    if arguments.json:
        text = json.dumps(as_json(arguments, found), ensure_ascii=False, indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    is_wrong = any(
        each.results.differences
        or any(timings["rapport"].problem for timings in each.results.timings.values())
        for each in found.values())
    return EXIT_DIFFERENT if is_wrong else 0
