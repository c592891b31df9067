"""The command `micro`: how many instructions each stage takes, counted by callgrind.

A count is the same on a busy machine as on an idle one, to a few parts in ten thousand, so that a
stage that became five percent more work is seen. It is not time: it knows no caches and no waiting.

Stages of a whole process (`ingest`, `rebuild`, `open`) are counted without what any process takes
to start, which is `start`. Nowhere counted is what compresses blocks for SHA-256: valgrind has not
the instructions that processors have for it, and takes dozens for each of them. A question is counted in a batch that asks it for all its parameters
once, and in one that asks twice: the difference is the question alone. A stage that is off its
threshold is counted once more before it is blamed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from benchmark.dataset import Dataset
from benchmark.floor import Unavailable, compile_c
from benchmark.generator import generate
from benchmark.questions import QUESTIONS, batch_request
from benchmark.rapport import Failed, Program
from benchmark.report import number, table

MEETINGS = 1000
SEED = 7
TOLERANCE_PERCENT = 5
# A question without parameters is asked this often instead.
REPEATS = 5
SETS_MOST = 10
THRESHOLDS = Path(__file__).with_name("thresholds.json")
SMALL_MAPS = Path(__file__).with_name("small_maps.c")
WHOLE_PROCESSES = {"ingest", "rebuild", "open"}
STAGES = ["start", "ingest", "rebuild", "open", *QUESTIONS]
TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)
# In callgrind's output a function has its name where it is first spoken of, and a number always.
FUNCTION = re.compile(r"(c?)fn=(\(\d+\))(?: (.*))?")
HASHING = "sha256_compress"
EXIT_SLOWER = 1

Counts = dict[str, int]


# --- Counting --------------------------------------------------------------------------------


class Counter:
    """Runs the program under callgrind, each run on a core of its own."""

    def __init__(self, program: Path, folder: Path) -> None:
        if not shutil.which("valgrind"):
            raise Unavailable("there is no valgrind on the PATH (--install installs it)")
        self.folder = folder
        self.program = stripped(program, folder)
        self.small_maps = folder / "small_maps.so"
        compile_c(SMALL_MAPS, self.small_maps, "-shared", "-fPIC")
        # The least count of each command so far.
        self.least: Counts = {}
        self.cores: SimpleQueue[int] = SimpleQueue()
        for core in os.sched_getaffinity(0):
            self.cores.put(core)

    def count(self, name: str, *arguments: object, text: str = "") -> None:
        """Notes the instructions of one command, which must succeed."""
        output = self.folder / f"callgrind.{name}"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}",
                   str(self.program), *map(str, arguments)]
        core = self.cores.get()
        try:
            result = subprocess.run(
                command, input=text, capture_output=True, text=True, check=False,
                env=self.environment(), preexec_fn=lambda: os.sched_setaffinity(0, [core]))
        finally:
            self.cores.put(core)
        if result.returncode != 0:
            raise Failed(f"{name}: rapport {arguments[0]} under valgrind ended with "
                         f"{result.returncode}: {result.stderr.strip()[-500:]}")
        if '{"error"' in result.stdout:
            raise Failed(f"{name}: {result.stdout[:500]}")
        text = output.read_text(encoding="utf-8", errors="replace")
        output.unlink()
        found = TOTAL.search(text)
        if not found:
            raise Failed(f"{name}: callgrind does not tell a total")
        count = int(found[1]) - instructions_within(HASHING, text)
        self.least[name] = min(count, self.least.get(name, sys.maxsize))

    def environment(self) -> dict[str, str]:
        """Hashing without a random seed, for it changes how often keys collide."""
        return {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1",
                "LD_PRELOAD": str(self.small_maps)}


def instructions_within(part: str, text: str) -> int:
    """Of functions whose name has a part, without those that they call, by callgrind's output."""
    names: dict[str, str] = {}
    count = 0
    is_within = is_of_call = False
    for line in text.splitlines():
        if function := FUNCTION.match(line):
            if function[3]:
                names[function[2]] = function[3]
            if not function[1]:
                is_within = part in names[function[2]]
        elif line.startswith("calls="):
            is_of_call = True
        elif line[:1] in "0123456789+-*" and line:
            if is_within and not is_of_call:
                count += int(line.split()[1])
            is_of_call = False
    return count


def stripped(program: Path, folder: Path) -> Path:
    """A copy without debug information, which valgrind 3.19 cannot read in Swift's programs."""
    if not shutil.which("strip"):
        raise Unavailable("there is no strip on the PATH")
    copy = folder / "rapport"
    subprocess.run(["strip", "--strip-debug", "-o", str(copy), str(program)], check=True)
    return copy


class Stages:
    """What there is to count, over a small store that is made once."""

    def __init__(self, program: Program, counter: Counter, dataset: Dataset, folder: Path) -> None:
        self.program, self.counter, self.dataset = program, counter, dataset
        self.folder = folder
        self.store = self.new_store("store")
        program.run("ingest", self.store, dataset.events, "--quiet")
        program.run("rebuild", self.store, "--quiet")

    def new_store(self, name: str) -> Path:
        store = self.folder / name
        self.program.new_store(store)
        return store

    def count(self, names: Iterable[str]) -> Counts:
        """Counts the stages, several at once."""
        wanted = list(names)
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            list(pool.map(self.work, dict.fromkeys([*wanted, "start"])))
        return {name: self.instructions(name) for name in wanted}

    def instructions(self, name: str) -> int:
        """Of a stage, by the least counts so far: what comes in between only adds to one."""
        least = self.counter.least
        if name in QUESTIONS:
            return (least[f"{name}.twice"] - least[f"{name}.once"]) // len(self.requests(name))
        return least[name] - (least["start"] if name in WHOLE_PROCESSES else 0)

    def work(self, name: str) -> None:
        stages: dict[str, Callable[[], None]] = {
            "start": self.start, "ingest": self.ingest, "rebuild": self.rebuild, "open": self.open}
        if name in stages:
            stages[name]()
        else:
            self.question(name)

    def start(self) -> None:
        self.counter.count("start", "--version")

    def ingest(self) -> None:
        store = self.new_store("ingest")
        self.counter.count("ingest", "ingest", store, self.dataset.events, "--quiet")

    def rebuild(self) -> None:
        """Without an image to compare with."""
        store = self.new_store("rebuild")
        self.program.run("ingest", store, self.dataset.events, "--quiet")
        self.counter.count("rebuild", "rebuild", store, "--quiet")

    def open(self) -> None:
        """A process that opens the store, and answers q2 once."""
        self.batch("open", [batch_request("q2", self.dataset.parameters["q2"][5])])

    def question(self, name: str) -> None:
        requests = self.requests(name)
        self.batch(f"{name}.once", requests)
        self.batch(f"{name}.twice", requests * 2)

    def requests(self, name: str) -> list[str]:
        sets = self.dataset.parameters[name][:SETS_MOST]
        requests = [batch_request(name, parameters) for parameters in sets]
        return requests if len(sets) > 1 else requests * REPEATS

    def batch(self, name: str, requests: list[str]) -> None:
        self.counter.count(name, "query", self.store, "--batch", "--threads", 1,
                           text="".join(request + "\n" for request in requests))


# --- Thresholds ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    stage: str
    old: int | None
    new: int
    # How many percent more or less are no difference.
    tolerance: float = TOLERANCE_PERCENT

    @property
    def percent(self) -> float | None:
        return 100 * (self.new - self.old) / self.old if self.old else None

    @property
    def is_over(self) -> bool:
        return self.percent is not None and self.percent > self.tolerance

    @property
    def is_far_under(self) -> bool:
        return self.percent is not None and self.percent < -self.tolerance

    @property
    def is_off(self) -> bool:
        return self.percent is None or self.is_over or self.is_far_under

    @property
    def word(self) -> str:
        if self.percent is None:
            return "no threshold"
        return "OVER" if self.is_over else "could be lowered" if self.is_far_under else ""


def judge(old: Counts, new: Counts, tolerance: float = TOLERANCE_PERCENT) -> list[Verdict]:
    return [Verdict(stage, old.get(stage), count, tolerance) for stage, count in new.items()]


def read_thresholds(path: Path = THRESHOLDS) -> Counts:
    if not path.exists():
        return {}
    counts: Counts = json.loads(path.read_text(encoding="utf-8"))["instructions"]
    return counts


def write_thresholds(counts: Counts, path: Path = THRESHOLDS) -> None:
    """Keeps those of stages that were not counted this time."""
    nonsense = [stage for stage, count in counts.items() if count <= 0]
    if nonsense:
        raise Failed(f"no thresholds are written: {' '.join(nonsense)} took less than nothing")
    merged = read_thresholds(path) | counts
    text = json.dumps({"meetings": MEETINGS, "seed": SEED,
                       "instructions": {stage: merged[stage] for stage in STAGES
                                        if stage in merged}}, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def verdict_table(verdicts: list[Verdict]) -> str:
    rows = [["instructions", "threshold", "counted", "change", ""]]
    for verdict in verdicts:
        change = "-" if verdict.percent is None else f"{verdict.percent:+.1f} %"
        rows.append([verdict.stage, number(verdict.old), number(verdict.new), change,
                     verdict.word])
    return table(rows)


def report_over(verdicts: list[Verdict]) -> int:
    """Names what is over; returns the exit code."""
    over = [verdict for verdict in verdicts if verdict.is_over]
    for verdict in over:
        print(f"bench: {verdict.stage} takes {verdict.new:,} instructions, {verdict.percent:.1f} % "
              f"more than {verdict.old:,}; {verdict.tolerance:g} % are allowed", file=sys.stderr)
    if over:
        print("bench: if that is the price of something, take it over by Tools/bench micro "
              "--update", file=sys.stderr)
    return EXIT_SLOWER if over else 0


# --- The command -----------------------------------------------------------------------------


def install_valgrind(root: Path) -> None:
    """By the same function that installs what a build needs."""
    result = subprocess.run(
        ["bash", "-c", "source Tools/setup.sh && install_packages valgrind"], cwd=root,
        check=False)
    if result.returncode != 0:
        raise Failed("valgrind could not be installed")


def micro(arguments: argparse.Namespace) -> int:
    """Where a tool is missing this is skipped, for no test needs it."""
    if arguments.install and not shutil.which("valgrind"):
        install_valgrind(arguments.root)
    folder = arguments.data / "micro"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        counter = Counter(arguments.rapport, folder)
    except Unavailable as problem:
        print(f"skipped: {problem}")
        return 0
    dataset = generate(arguments.data / f"{MEETINGS}-{SEED}", MEETINGS, SEED)
    stages = Stages(Program(arguments.rapport), counter, dataset, folder)
    thresholds = read_thresholds()
    wanted = [arguments.only] if arguments.only else STAGES
    verdicts = judge(thresholds, stages.count(wanted), arguments.tolerance)
    doubtful = [verdict.stage for verdict in verdicts if verdict.is_off]
    if doubtful:
        print(f"==> counting again: {' '.join(doubtful)}", file=sys.stderr)
        counts = {verdict.stage: verdict.new for verdict in verdicts} | stages.count(doubtful)
        verdicts = judge(thresholds, counts, arguments.tolerance)
    print(verdict_table(verdicts))
    if arguments.update:
        write_thresholds({verdict.stage: verdict.new for verdict in verdicts})
        print(f"written to {THRESHOLDS.relative_to(arguments.root)}")
        return 0
    return report_over(verdicts)
