"""The floor: plain arrays in C, asked through ctypes. What is measured is the call alone."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from pathlib import Path

from benchmark.dataset import Dataset, Parameters
from benchmark.questions import Row

SOURCE = Path(__file__).with_name("floor.c")
# The width of a row that consists of numbers only.
WIDTHS = {"q2": 2, "q3": 3, "q5": 2, "q7": 2, "q8": 3, "q9": 3, "q11": 2}
# Questions whose answer is one number.
SINGLE = ("q1", "q6", "q10", "q13")
Number = ctypes.c_int32


class Unavailable(Exception):
    """Why a peer cannot take part."""


def compile_c(source: Path, target: Path, *options: str) -> None:
    """Compiles one file of C; raises `Unavailable` where that is not possible."""
    compiler = os.environ.get("CC") or shutil.which("cc")
    if not compiler:
        raise Unavailable("there is no C compiler (cc) on the PATH")
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [compiler, "-O2", "-march=native", "-o", str(target), str(source), *options]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        reason = (result.stderr.strip().splitlines() or ["no reason"])[0]
        raise Unavailable(f"{source.name} does not compile: {reason}")


def day_number(day: object) -> int:
    """2022-07-21 as 20220721."""
    return int(str(day).replace("-", ""))


def day_text(number: int) -> str:
    return f"{number // 10000}-{number // 100 % 100:02d}-{number % 100:02d}"


class Floor:
    name = "floor"

    def load(self, dataset: Dataset, folder: Path) -> None:
        library = folder / "floor.so"
        # A library is loaded once for each path: the old file goes, the new one is another.
        library.unlink(missing_ok=True)
        compile_c(SOURCE, library, "-shared", "-fPIC")
        self.library = ctypes.CDLL(str(library))
        for question in (*SINGLE, *WIDTHS, "q4", "q12", "q14"):
            getattr(self.library, f"ask_{question}").restype = ctypes.c_int64
        self.names = [name for _, name in dataset.rows("person")]
        self.offices = [office for _, _, office, _, _ in dataset.rows("spell")]
        regulators = sum(1 for _ in dataset.rows("regulator"))
        meetings = sum(1 for _ in dataset.rows("meeting"))
        folder_name = os.fsencode(dataset.folder)
        if not self.library.load(folder_name, len(self.names), regulators):
            raise Unavailable(f"cannot read the tables in {dataset.folder}")
        text = "".join(name.lower() + "\n" for name in self.names).encode()
        self.library.take_names(text, ctypes.c_int64(len(text)))
        self.out = (ctypes.c_int64 * (8 * meetings + 2 * len(self.offices) + 200 * regulators))()

    def ask(self, question: str, parameters: Parameters) -> tuple[list[Row], float]:
        """The rows, and the seconds that the call took."""
        arguments = self.arguments(question, parameters)
        function = getattr(self.library, f"ask_{question}")
        start = time.perf_counter()
        count = function(*arguments)
        seconds = time.perf_counter() - start
        return self.rows(question, parameters, count), seconds

    def arguments(self, question: str, parameters: Parameters) -> list[object]:
        if question == "q12":
            text = str(parameters["s"]).lower().encode()
            return [text, ctypes.c_int64(len(text)), self.out]
        numbers: list[object] = [
            Number(day_number(value)) if name.startswith("d") else Number(int(str(value)))
            for name, value in parameters.items()]
        return numbers if question in SINGLE else [*numbers, self.out]

    def rows(self, question: str, parameters: Parameters, count: int) -> list[Row]:
        out = self.out
        if question == "q1":
            return [(self.names[int(str(parameters["x"])) - 1], count)]
        if question in SINGLE:
            return [(count,)]
        if question == "q4":
            return self.meeting_rows(count)
        if question == "q12":
            return [(person, self.names[person - 1]) for person in out[:count]]
        if question == "q14":
            return [(out[2 * i], self.offices[out[2 * i + 1]]) for i in range(count)]
        width = WIDTHS[question]
        return [tuple(out[width * i:width * (i + 1)]) for i in range(count)]

    def meeting_rows(self, count: int) -> list[Row]:
        rows: list[Row] = []
        at = 0
        for _ in range(count):
            meeting, day, topics = self.out[at:at + 3]
            listed = ",".join(map(str, self.out[at + 3:at + 3 + topics]))
            rows.append((meeting, day_text(day), listed))
            at += 3 + topics
        return rows

    def interrupt(self) -> None:
        """It is never so slow."""

    def close(self) -> None:
        """Nothing is held but memory."""
