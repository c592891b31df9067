"""Where a data set lies, and how it is read.

A folder with one file for each table (fields between tabs, no header, nothing is quoted, an empty
field is missing), `events.ndjson` with the same facts as events, and `parameters.json`. The last
one is written last: a folder that has it is complete.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from pathlib import Path

EVENTS = "events.ndjson"
PARAMETERS = "parameters.json"

# Numbers are the ids of things, counted from 1 for each kind; days are written 2022-07-21.
TABLES: dict[str, tuple[str, ...]] = {
    "regulator": ("id", "name"),
    "topic": ("id", "name", "parent"),
    "person": ("id", "name"),
    "spell": ("person", "regulator", "office", "first_day", "end_day"),
    "meeting": ("id", "title", "day", "mode", "host"),
    "attendance": ("meeting", "person", "regulator", "role"),
    "subject": ("meeting", "topic"),
}

# Names and values that a question is asked with.
Parameters = Mapping[str, object]


@dataclass(frozen=True)
class Dataset:
    folder: Path

    def table(self, name: str) -> Path:
        return self.folder / f"{name}.tsv"

    def rows(self, name: str) -> Iterator[list[str]]:
        with open(self.table(name), encoding="utf-8", newline="\n") as file:
            for line in file:
                yield line.rstrip("\n").split("\t")

    @property
    def events(self) -> Path:
        return self.folder / EVENTS

    @cached_property
    def event_count(self) -> int:
        with open(self.events, "rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 22), b""))

    @cached_property
    def parameters(self) -> dict[str, list[Parameters]]:
        sets: dict[str, list[Parameters]] = json.loads(
            (self.folder / PARAMETERS).read_text(encoding="utf-8"))
        return sets

    @property
    def is_complete(self) -> bool:
        return (self.folder / PARAMETERS).exists()

    def complete(self, parameters: Mapping[str, Sequence[Parameters]]) -> None:
        text = json.dumps(parameters, ensure_ascii=False, indent=1)
        (self.folder / PARAMETERS).write_text(text + "\n", encoding="utf-8")


# --- A data set that others made -------------------------------------------------------------


class Foreign:
    """A folder in the layout of the published benchmark: CSV files with headers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, name: str) -> Iterator[list[str]]:
        with open(self.folder / f"{name}.csv", encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            yield from reader

    def table(self, name: str) -> Iterator[list[str]]:
        """The rows of one of our tables."""
        match name:
            case "topic":
                parents = dict(self.rows("part_of"))
                return ([id, title, parents.get(id, "")] for id, title in self.rows("topics"))
            case "meeting":
                pairs = zip_longest(self.rows("meetings"), self.rows("hosted"))
                return ([*meeting, hosted[1]] for meeting, hosted in pairs)
            case "regulator" | "person":
                return self.rows(f"{name}s")
        theirs = {"spell": "works_for", "attendance": "attended", "subject": "about"}
        return self.rows(theirs[name])


def adopt(source: Path, folder: Path) -> Dataset:
    """Rewrites the tables of a published data set; its events stay where they are."""
    dataset = Dataset(folder)
    if dataset.is_complete:
        return dataset
    folder.mkdir(parents=True, exist_ok=True)
    foreign = Foreign(source)
    for name in TABLES:
        with open(dataset.table(name), "w", encoding="utf-8", newline="\n") as file:
            file.writelines("\t".join(row) + "\n" for row in foreign.table(name))
    if not dataset.events.exists():
        dataset.events.symlink_to((source / EVENTS).resolve())
    dataset.complete(json.loads((source / "params.json").read_text(encoding="utf-8")))
    return dataset
