"""Tables on a terminal, and the same figures as JSON."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmark.measuring import Results, Timing, geometric_mean
from benchmark.questions import QUESTIONS
from benchmark.targets import Figure


def number(value: float | None, unit: str = "") -> str:
    """Three digits that matter."""
    if value is None:
        return "-"
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    text = f"{value:,.{digits}f}" if value >= 1 or value == 0 else f"{value:.3f}"
    return text + (unit if unit == "x" else f" {unit}" if unit else "")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns, the first one to the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join([row[0].ljust(widths[0]),
                        *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))])
             for row in rows)
    return "\n".join(line.rstrip() for line in lines)


# --- Questions -------------------------------------------------------------------------------


def in_order(results: Results) -> list[tuple[str, dict[str, Timing]]]:
    """By the questions' numbers, in whatever order they were asked."""
    return [(name, results.timings[name]) for name in QUESTIONS if name in results.timings]


def cell(timing: Timing | None) -> str:
    """A median; with a star where not every set of parameters was reached in time."""
    if timing is None or (timing.problem and not timing.reached):
        return (timing.problem if timing else "-")[:20] or "-"
    return number(timing.median()) + ("*" if timing.is_partial else "")


def question_table(results: Results, names: Sequence[str]) -> str:
    others = [name for name in names if name != "rapport"]
    rows = [["ms", "rapport", *others, "best peer", "peer/rapport", "rapport/floor", "asks"]]
    for question, timings in in_order(results):
        best = results.best_peer(question)
        rows.append([
            question, cell(timings["rapport"]), *(cell(timings.get(name)) for name in others),
            best[0] if best else "-", number(best[1], "x") if best else "-",
            number(results.ratio_to_floor(question), "x"), "  " + QUESTIONS[question].asks])
    width = max(len(row[-1]) for row in rows)
    return table([[*row[:-1], row[-1].ljust(width)] for row in rows])


def hot_and_cold_table(results: Results, names: Sequence[str]) -> str:
    rows = [["ms, busiest / quietest", *names]]
    for question, timings in in_order(results):
        if timings["rapport"].hot is not None:
            rows.append([question, *(f"{number(timings[name].hot)} / {number(timings[name].cold)}"
                                     if name in timings else "-" for name in names)])
    return table(rows) if len(rows) > 1 else ""


def growth_table(by_size: dict[str, Results], names: Sequence[str]) -> str:
    """How many times longer each question takes from one size to the next."""
    sizes = list(by_size)
    steps = list(zip(sizes, sizes[1:]))
    rows = [["growth", *(f"{name} {small} to {large}" for name in names for small, large in steps)]]
    for question, _ in in_order(by_size[sizes[0]]):
        rows.append([question])
        for name in names:
            for small, large in steps:
                few, many = (by_size[size].timings[question].get(name) for size in (small, large))
                before, after = few and few.median(), many and many.median()
                rows[-1].append(number(after / before, "x") if before and after else "-")
    return table(rows)


# --- Targets ---------------------------------------------------------------------------------


def bound(figure: Figure) -> str:
    if figure.at_least is not None:
        return f">= {number(figure.at_least)}"
    return f"<= {number(figure.at_most)}" if figure.at_most is not None else ""


def figure_table(figures: Iterable[Figure]) -> str:
    verdicts = {True: "met", False: "MISSED", None: ""}
    rows = [["figure", "measured", "target", "", ""]]
    for figure in figures:
        rows.append([figure.name, number(figure.value, figure.unit), bound(figure),
                     verdicts[figure.is_met], "  " + figure.note])
    width = max(len(row[-1]) for row in rows)
    return table([[*row[:-1], row[-1].ljust(width)] for row in rows])


# --- JSON ------------------------------------------------------------------------------------


def timings_json(results: Results) -> dict[str, object]:
    return {
        question: {
            "asks": QUESTIONS[question].asks,
            "best_peer": results.best_peer(question),
            "rapport_to_floor": results.ratio_to_floor(question),
            "milliseconds": {
                name: {"median": timing.median(), "hot": timing.hot, "cold": timing.cold,
                       "sets_reached": len(timing.reached), "sets": len(timing.runs),
                       "problem": timing.problem or None, "runs": timing.runs}
                for name, timing in timings.items()},
        }
        for question, timings in in_order(results)
    }


def figures_json(figures: Iterable[Figure]) -> list[dict[str, object]]:
    return [{"name": figure.name, "value": figure.value, "unit": figure.unit,
             "at_least": figure.at_least, "at_most": figure.at_most, "met": figure.is_met,
             "note": figure.note or None} for figure in figures]


def means_json(results: Results) -> dict[str, float | None]:
    best = [found[1] for question in results.timings if (found := results.best_peer(question))]
    floor = [ratio for question in results.timings
             if (ratio := results.ratio_to_floor(question)) is not None]
    return {"best_peer_to_rapport": geometric_mean(best),
            "rapport_to_floor": geometric_mean(floor)}


def origin(root: Path) -> dict[str, object]:
    """Where and when the figures were taken, and of which commit."""
    def git(*arguments: str) -> str:
        result = subprocess.run(["git", "-C", str(root), *arguments],
                                capture_output=True, text=True, check=False)
        return result.stdout.strip()

    return {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": git("rev-parse", "HEAD") or None,
        "changed_since": bool(git("status", "--porcelain")),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
        "system": platform.platform(),
        "load": os.getloadavg(),
    }


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
