"""Asks everybody every question, takes the times, and compares the answers."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmark.dataset import Parameters
from benchmark.peers import Peer
from benchmark.questions import Row, canonical

# Below this a floor is mostly the call itself.
FLOOR_LEAST = 0.02
HOT_AND_COLD = 5


@dataclass(frozen=True)
class Effort:
    """How often a question is asked, and when it is enough."""

    passes: int = 5
    # Seconds for one answer, after which it is interrupted.
    limit: float = 30.0
    # Seconds for all answers of one peer to one question.
    budget: float = 5.0


@dataclass
class Timing:
    """What one peer took for one question, in milliseconds: a list for each set of parameters."""

    runs: list[list[float]]
    answers: dict[int, list[Row]] = field(default_factory=dict)
    problem: str = ""

    @property
    def reached(self) -> list[int]:
        return [number for number, runs in enumerate(self.runs) if runs]

    @property
    def is_partial(self) -> bool:
        return 0 < len(self.reached) < len(self.runs)

    def median(self, sets: Iterable[int] | None = None) -> float | None:
        """The median over sets of each one's median, without its first pass if there are more."""
        chosen = [self.runs[s] for s in (self.reached if sets is None else sets) if self.runs[s]]
        return median(median(runs[1:] or runs) for runs in chosen) if chosen else None

    @property
    def hot(self) -> float | None:
        """Of the busiest entities, which are the first sets."""
        return self.median(range(HOT_AND_COLD)) if len(self.runs) > 2 * HOT_AND_COLD else None

    @property
    def cold(self) -> float | None:
        count = len(self.runs)
        return self.median(range(count - HOT_AND_COLD, count)) if self.hot is not None else None


@dataclass(frozen=True)
class Difference:
    """Two peers do not agree."""

    question: str
    parameters: Parameters
    answers: dict[str, list[Row]]

    def __str__(self) -> str:
        lines = [f"{self.question} {self.parameters}: the answers differ"]
        for name, rows in self.answers.items():
            lines.append(f"  {name}: {len(rows)} rows")
            others = [set(other) for key, other in self.answers.items() if key != name]
            only = [row for row in rows if any(row not in other for other in others)]
            lines += [f"    {row}" for row in (only or rows)[:10]]
        return "\n".join(lines)


@dataclass
class Results:
    """Times by question and peer, and what was wrong."""

    timings: dict[str, dict[str, Timing]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    compared: int = 0

    def ratio_to(self, question: str, peer: str) -> float | None:
        """How many times longer a peer takes than Rapport, over the sets that the peer reached."""
        timings = self.timings[question]
        if peer not in timings or timings["rapport"].problem:
            return None
        own = timings["rapport"].median(timings[peer].reached)
        theirs = timings[peer].median()
        return theirs / own if own and theirs else None

    def best_peer(self, question: str) -> tuple[str, float] | None:
        """The fastest of the others, and how many times longer it takes."""
        ratios = [(ratio, peer) for peer in self.timings[question]
                  if peer not in ("rapport", "floor")
                  and (ratio := self.ratio_to(question, peer)) is not None]
        return (min(ratios)[1], min(ratios)[0]) if ratios else None

    def ratio_to_floor(self, question: str) -> float | None:
        """How many times longer Rapport takes than the floor."""
        timings = self.timings[question]
        own = timings["rapport"].median()
        floor = timings["floor"].median() if "floor" in timings else None
        return own / max(floor, FLOOR_LEAST) if own and floor is not None else None


def geometric_mean(values: Iterable[float]) -> float | None:
    logarithms = [math.log(value) for value in values]
    return math.exp(sum(logarithms) / len(logarithms)) if logarithms else None


def mixed_order(count: int) -> list[int]:
    """Hot and cold sets in turn, so that a pass that is cut short is still a fair sample."""
    return sorted(range(count), key=lambda number: (number * 7 % 20, number))


def ask_in_time(
    peer: Peer, question: str, parameters: Parameters, limit: float
) -> tuple[list[Row], float]:
    """The rows in their common form, and milliseconds."""
    timer = threading.Timer(limit, peer.interrupt)
    timer.daemon = True
    timer.start()
    try:
        rows, seconds = peer.ask(question, parameters)
    finally:
        timer.cancel()
    return canonical(question, rows), seconds * 1000


def time_question(
    peer: Peer, question: str, sets: Sequence[Parameters], effort: Effort, is_whole: bool = False
) -> Timing:
    """Several passes over all sets; `is_whole`: the first pass may take as long as it takes."""
    timing = Timing([[] for _ in sets])
    start = time.perf_counter()
    for number in range(effort.passes):
        for at in mixed_order(len(sets)):
            spent = time.perf_counter() - start
            patience = 0 if number else math.inf if is_whole else 2 * effort.budget
            if spent > effort.budget + patience:
                return timing
            try:
                rows, milliseconds = ask_in_time(peer, question, sets[at], effort.limit)
            except Exception as error:  # each engine has errors of its own
                timing.problem = problem(error, time.perf_counter() - start - spent, effort.limit)
                return timing
            timing.runs[at].append(milliseconds)
            timing.answers.setdefault(at, rows)
    return timing


def problem(error: Exception, seconds: float, limit: float) -> str:
    if seconds > 0.95 * limit:
        return f"> {limit:g} s"
    return f"{type(error).__name__}: {error}"


def compare(question: str, sets: Sequence[Parameters], results: Results) -> None:
    """Notes every answer that differs from the first peer's, who is Rapport."""
    timings = results.timings[question]
    first, *others = timings
    for other in others:
        for at, rows in timings[other].answers.items():
            reference = timings[first].answers.get(at)
            if reference is None:
                continue
            results.compared += 1
            if rows != reference:
                results.differences.append(
                    Difference(question, sets[at], {first: reference, other: rows}))


def ask_everybody(
    question: str, peers: Sequence[Peer], sets: Sequence[Parameters], effort: Effort,
    results: Results
) -> None:
    """One question to all peers, one after the other; the first of them is the reference."""
    results.timings[question] = {
        peer.name: time_question(peer, question, sets, effort,
                                 is_whole=peer.name in (peers[0].name, "floor"))
        for peer in peers
    }
    compare(question, sets, results)
