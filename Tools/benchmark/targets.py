"""The figures beside the questions: the log, the image, opening, memory; and what they shall be."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from benchmark.dataset import Dataset, Parameters
from benchmark.floor import Unavailable
from benchmark.generator import identifier
from benchmark.measuring import Results, geometric_mean
from benchmark.rapport import Batch, Failed, Program, Rebuild
from benchmark.raw_log import RawLog

# The target is stated for this many meetings; with fewer it is a hint.
LARGE = 1_000_000
COMMIT_EACH_COUNT = 1_000
COMMIT_EACH_100_COUNT = 100_000
# The most events that a graph carries beside what it was opened with, and how many of the data set
# are taken again for that.
OVERLAY_COUNT = 100_000
OVERLAY_PART = 8
# An option of `rapport ingest`: the next query makes the graph.
LOG_ALONE = ("--no-graph",)


@dataclass(frozen=True)
class Figure:
    """A measured value and its bound; a figure without a bound is for information."""

    name: str
    value: float | None
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    # Why there is no value, or what explains it.
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        if self.value is None or self.at_least is None and self.at_most is None:
            return None
        return ((self.at_least is None or self.value >= self.at_least)
                and (self.at_most is None or self.value <= self.at_most))


# --- Questions -------------------------------------------------------------------------------


def question_figures(results: Results) -> Iterator[Figure]:
    """What is asked of the answers' times as a whole."""
    best = {question: found[1] for question in results.timings
            if (found := results.best_peer(question))}
    floor = {question: ratio for question in results.timings
             if (ratio := results.ratio_to_floor(question)) is not None}
    if best:
        slower = [question for question, ratio in best.items() if ratio <= 1]
        yield Figure("questions slower than the best peer", len(slower), at_most=0,
                     note=" ".join(slower))
    yield Figure("best peer / Rapport, geometric mean", geometric_mean(best.values()), "x",
                 at_least=4)
    yield Figure("Rapport / floor, geometric mean", geometric_mean(floor.values()), "x", at_most=3)
    far = [question for question, ratio in floor.items() if ratio > 8]
    yield Figure("Rapport / floor, worst question", max(floor.values(), default=None), "x",
                 at_most=8, note=" ".join(far))


# --- The log ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """What is measured: a program, a data set, and where there is room."""

    program: Program
    dataset: Dataset
    folder: Path
    repeats: int
    is_large: bool

    @property
    def store(self) -> Path:
        return self.folder / "store"


def log_figures(setting: Setting) -> Iterator[Figure]:
    """Ingest in one go, and in small commits beside LMDB alone; leaves a full store behind."""
    start = median(start_seconds(setting) for _ in range(3))
    for size, count, least in ((1, COMMIT_EACH_COUNT, 0.8), (100, COMMIT_EACH_100_COUNT, 0.6)):
        yield from commit_figures(setting, size, count, least, start)
    for name, options, least in (("ingest, the log alone", LOG_ALONE, None),
                                 ("ingest, graph ready", (), 300_000)):
        seconds = median(
            setting.program.ingest_seconds(setting.store, setting.dataset.events, *options)
            for _ in range(setting.repeats))
        yield Figure(name, setting.dataset.event_count / seconds, "events/s", at_least=least)


def start_seconds(setting: Setting) -> float:
    """What `rapport ingest` takes for nothing: it is no part of the price of a commit."""
    store = setting.folder / "commits"
    setting.program.new_store(store)
    return setting.program.timed("ingest", store, "-", "--quiet", text="")


def commit_figures(
    setting: Setting, size: int, count: int, least: float, start: float
) -> Iterator[Figure]:
    """Rapport and LMDB alone in turn, so that both see the same disk."""
    count = min(count, setting.dataset.event_count)
    events = first_events(setting, count)
    raw, problem = raw_log(setting)
    own_rates, raw_rates = [], []
    for _ in range(max(5, setting.repeats)):
        seconds = setting.program.ingest_seconds(
            setting.folder / "commits", events, "--commit-every", size, *LOG_ALONE)
        own_rates.append(count / max(seconds - start, 1e-6))
        if raw:
            raw_rates.append(raw.append_rate(events, size, count))
    yield Figure(f"ingest, commits of {size}", median(own_rates), "events/s")
    if raw:
        yield Figure(f"LMDB alone, commits of {size}", median(raw_rates), "events/s")
    ratio = median(own / raw for own, raw in zip(own_rates, raw_rates)) if raw else None
    yield Figure(f"ingest / LMDB alone, commits of {size}", ratio, at_least=least, note=problem)


def first_events(setting: Setting, count: int) -> Path:
    path = setting.folder / "first.ndjson"
    with open(setting.dataset.events, "rb") as file:
        path.write_bytes(b"".join(islice(file, count)))
    return path


def raw_log(setting: Setting) -> tuple[RawLog | None, str]:
    """LMDB alone, or why not."""
    try:
        return RawLog(setting.folder), ""
    except Unavailable as problem:
        return None, str(problem)


# --- The graph -------------------------------------------------------------------------------


def rebuild_figures(setting: Setting) -> Iterator[Figure]:
    """With one core and with two, and how long the image is in the making."""
    repeats = range(max(3, setting.repeats))
    by_cores: dict[int, list[Rebuild]] = {1: [], 2: []}
    for _ in repeats:
        for cores, rebuilds in by_cores.items():
            rebuilds.append(setting.program.rebuild(setting.store, cores))
    rates = {cores: median(rebuild.events / rebuild.fold_seconds for rebuild in rebuilds)
             for cores, rebuilds in by_cores.items()}
    yield Figure("rebuild, two cores", rates[2], "events/s", at_least=1_000_000)
    yield Figure("rebuild, one core", rates[1], "events/s", at_least=600_000)
    raw, note = raw_log(setting)
    scan = raw.scan_rate(setting.store / "log.mdb") if raw else None
    yield Figure("scan of the log by LMDB alone", scan, "events/s", note=note)
    yield Figure("scan / rebuild with two cores", scan / rates[2] if scan else None, "x",
                 at_most=8, note=note)
    yield from image_figures(setting, [rebuild.image_seconds for rebuild in by_cores[2]])


def image_figures(setting: Setting, seconds: list[float | None]) -> Iterator[Figure]:
    known = [value for value in seconds if value is not None]
    yield Figure("image written in", median(known) if known else None, "s", at_most=3,
                 note=for_large(setting) if known else "too fast to be seen")
    image = megabytes(setting.store / "image")
    log = (setting.store / "log.mdb").stat().st_size / 1e6
    yield Figure("log", log, "MB")
    yield Figure("image", image, "MB")
    yield Figure("image / log", image / log, at_most=1)


def for_large(setting: Setting) -> str:
    return "" if setting.is_large else "the target is for L"


def megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def opening_figure(setting: Setting) -> Figure:
    parameters = setting.dataset.parameters["q2"]
    chosen = parameters[min(5, len(parameters) - 1)]
    seconds = median(setting.program.opening_seconds(setting.store, chosen) for _ in range(11))
    return Figure("a process that opens and answers q2", seconds * 1000, "ms", at_most=30)


def memory_figures(setting: Setting, memory: dict[str, float]) -> Iterator[Figure]:
    yield Figure("memory after all questions but q13", memory["now"], "MB", at_most=700,
                 note=for_large(setting))
    yield Figure("memory, at most", memory["most"], "MB")


# --- The first change ------------------------------------------------------------------------


def first_change_figures(setting: Setting, open_batch: Callable[[], Batch]) -> Iterator[Figure]:
    """Opens, lets another process add a meeting, and asks for it. Changes the store."""
    changes, additions = [], []
    for number in range(1, 6):
        batch = open_batch()
        try:
            addition, change = first_change(setting, batch, number)
        finally:
            batch.close()
        additions.append(addition)
        changes.append(change)
    yield Figure("first change after opening, then q1", median(changes) * 1000, "ms", at_most=50)
    yield Figure("a process that ingests one event", median(additions) * 1000, "ms")


def first_change(setting: Setting, batch: Batch, number: int) -> tuple[float, float]:
    """Seconds until the event was ingested, and seconds of the question that sees it first."""
    parameters = setting.dataset.parameters["q1"][0]
    before = batch.ask("q1", parameters)[0][0][1]
    event = one_more_meeting(str(number), int(str(parameters["x"])))
    addition = setting.program.timed("ingest", setting.store, "-", "--quiet", text=event)
    start = time.perf_counter()
    after = batch.ask("q1", parameters)[0][0][1]
    seconds = time.perf_counter() - start
    if after != before + 1:  # type: ignore[operator]
        raise Failed(f"a new meeting is not seen: {before} before, {after} after")
    return addition, seconds


def one_more_meeting(key: str, person: int) -> str:
    attendee = {"person": identifier("p", person), "for": identifier("r", 1), "role": "delegate"}
    return json.dumps({
        "specversion": "1.0", "id": f"change-{key}", "type": "meeting.held",
        "source": "urn:rapport:bench-change", "time": "2026-01-02T12:00:00Z",
        "data": {"id": f"change-{key}", "title": "One more", "date": "2026-01-02",
                 "attendees": [attendee], "topics": [identifier("t", 1)]},
    }) + "\n"


# --- Many changes ----------------------------------------------------------------------------


def overlay_figures(setting: Setting, open_batch: Callable[[], Batch],
                    questions: list[str]) -> Iterator[Figure]:
    """Adds many meetings to an open graph, and asks it and one that was folded whole in turn.

    Changes the store.
    """
    count = min(OVERLAY_COUNT, setting.dataset.event_count // OVERLAY_PART)
    grown = open_batch()
    try:
        grown.ask("q1", setting.dataset.parameters["q1"][0])
        setting.program.run("ingest", setting.store, meetings_again(setting, count), "--quiet",
                            *LOG_ALONE)
        start = time.perf_counter()
        grown.ask("q1", setting.dataset.parameters["q1"][0])
        yield Figure(f"taking in {count:,} events", time.perf_counter() - start, "s")
        # It may write an image in the background, which is not what is measured here.
        setting.program.rebuild(setting.store, 2)
        whole = open_batch()
        try:
            ratios = {question: overlay_ratio(grown, whole, setting.dataset.parameters[question],
                                              question) for question in questions}
        finally:
            whole.close()
    finally:
        grown.close()
    slow = [question for question, ratio in ratios.items() if ratio > 1.3]
    yield Figure("grown graph / folded whole, geometric mean", geometric_mean(ratios.values()), "x")
    yield Figure("grown graph / folded whole, worst question", max(ratios.values(), default=None),
                 "x", at_most=1.3, note=" ".join(slow))


def overlay_ratio(grown: Batch, whole: Batch, sets: list[Parameters], question: str) -> float:
    """By medians over all parameters, each asked in turn; the first round does not count."""
    times: dict[Batch, list[float]] = {grown: [], whole: []}
    for round_number in range(4):
        for parameters in sets[:20]:
            answers = []
            for batch in (grown, whole):
                rows, seconds = batch.ask(question, parameters)
                answers.append(rows)
                if round_number > 0:
                    times[batch].append(seconds)
            if sorted(map(repr, answers[0])) != sorted(map(repr, answers[1])):
                raise Failed(f"{question}: a grown graph and one folded whole answer differently")
    return median(times[grown]) / median(times[whole])


def meetings_again(setting: Setting, count: int) -> Path:
    """Meetings of the data set as others of the same kind."""
    path = setting.folder / "again.ndjson"
    with open(setting.dataset.events, encoding="utf-8") as source, \
            open(path, "w", encoding="utf-8") as target:
        for line in source:
            event = json.loads(line)
            if event["type"] != "meeting.held":
                continue
            event["id"] = f"again-{event['id']}"
            event["data"]["id"] = f"again-{event['data']['id']}"
            target.write(json.dumps(event, ensure_ascii=False) + "\n")
            count -= 1
            if count == 0:
                break
    return path
