"""SQLite and DuckDB: the same tables, the indexes that one would make, the same questions."""

from __future__ import annotations

import importlib
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from benchmark.dataset import TABLES, Dataset, Parameters
from benchmark.floor import Floor, Unavailable
from benchmark.questions import Row, sql


class Peer(Protocol):
    """Somebody who answers the questions."""

    name: str

    def load(self, dataset: Dataset, folder: Path) -> None:
        """Takes in the data set; may keep files in the folder. Raises `Unavailable`."""

    def ask(self, question: str, parameters: Parameters) -> tuple[Iterable[Row], float]:
        """The rows, and the seconds until they were there."""

    def interrupt(self) -> None:
        """Called from another thread when a question takes too long: `ask` then raises."""

    def close(self) -> None:
        """Lets go of everything."""


SQLITE_SETTINGS = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -1000000; PRAGMA mmap_size = 8000000000;
"""
SQLITE_TABLES = """
CREATE TABLE regulator(id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE topic(id INTEGER PRIMARY KEY, name TEXT, parent INTEGER);
CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE spell(person INTEGER, regulator INTEGER, office TEXT, first_day TEXT, end_day TEXT);
CREATE TABLE meeting(id INTEGER PRIMARY KEY, title TEXT, day TEXT, mode TEXT, host INTEGER);
CREATE TABLE attendance(meeting INTEGER, person INTEGER, regulator INTEGER, role TEXT,
                        PRIMARY KEY(meeting, person)) WITHOUT ROWID;
CREATE TABLE subject(meeting INTEGER, topic INTEGER, PRIMARY KEY(meeting, topic)) WITHOUT ROWID;
"""
SQLITE_INDEXES = """
CREATE INDEX attendance_of_person ON attendance(person, meeting);
CREATE INDEX attendance_for ON attendance(regulator, meeting);
CREATE INDEX subject_topic ON subject(topic, meeting);
CREATE INDEX topic_parent ON topic(parent);
CREATE INDEX spell_at ON spell(regulator, first_day, end_day, person, office);
CREATE INDEX meeting_host ON meeting(host, day);
ANALYZE;
"""
# The next people of a search: those who met the last ones, and were not reached before.
NEXT_PEOPLE = """
INSERT INTO next SELECT DISTINCT other.person
FROM attendance own JOIN attendance other ON other.meeting = own.meeting
WHERE own.person IN (SELECT person FROM last)
  AND other.person NOT IN (SELECT person FROM reached)
"""


class Sqlite:
    name = "sqlite"

    def load(self, dataset: Dataset, folder: Path) -> None:
        for file in folder.glob("sqlite.db*"):
            file.unlink()
        self.connection = sqlite3.connect(
            folder / "sqlite.db", isolation_level=None, check_same_thread=False)
        self.connection.executescript(SQLITE_SETTINGS + SQLITE_TABLES)
        self.connection.execute("BEGIN")
        for table, columns in TABLES.items():
            values = ", ".join("nullif(?, '')" for _ in columns)
            self.connection.executemany(
                f"INSERT INTO {table} VALUES ({values})", dataset.rows(table))
        self.connection.execute("COMMIT")
        self.connection.executescript(SQLITE_INDEXES + "PRAGMA wal_checkpoint(TRUNCATE);")
        for table in ("reached", "last", "next"):
            self.connection.execute(f"CREATE TEMP TABLE {table}(person INTEGER PRIMARY KEY)")

    def ask(self, question: str, parameters: Parameters) -> tuple[Iterable[Row], float]:
        start = time.perf_counter()
        if question == "q6":
            rows = self.shortest_path(parameters["a"], parameters["b"])
        else:
            rows = self.connection.execute(sql(self.name, question), parameters).fetchall()
        return rows, time.perf_counter() - start

    def shortest_path(self, a: object, b: object) -> list[Row]:
        """Level by level: a recursive query would reach every person again on every level."""
        ask = self.connection.execute
        for table in ("reached", "last"):
            ask(f"DELETE FROM {table}")
            ask(f"INSERT INTO {table} VALUES (?)", (a,))
        length = 0
        while True:
            length += 1
            ask("DELETE FROM next")
            if ask(NEXT_PEOPLE).rowcount == 0:
                return [(-1,)]
            if ask("SELECT 1 FROM next WHERE person = ?", (b,)).fetchone():
                return [(length,)]
            ask("INSERT INTO reached SELECT person FROM next")
            ask("DELETE FROM last")
            ask("INSERT INTO last SELECT person FROM next")

    def interrupt(self) -> None:
        self.connection.interrupt()

    def close(self) -> None:
        self.connection.close()


DUCKDB_TYPES = {"id": "INTEGER", "parent": "INTEGER", "person": "INTEGER", "regulator": "INTEGER",
                "meeting": "INTEGER", "topic": "INTEGER", "host": "INTEGER", "day": "DATE",
                "first_day": "DATE", "end_day": "DATE"}
DUCKDB_INDEXES = """
CREATE INDEX person_id ON person(id);
CREATE INDEX meeting_id ON meeting(id);
CREATE INDEX attendance_person ON attendance(person);
"""
DUCKDB_SHORTEST_PATH = """
WITH RECURSIVE reached(person, length) USING KEY (person) AS (
  SELECT $a::INTEGER, 0
  UNION
  SELECT other.person, min(reached.length) + 1
  FROM reached JOIN attendance own ON own.person = reached.person
  JOIN attendance other ON other.meeting = own.meeting
  WHERE NOT EXISTS (SELECT 1 FROM recurring.reached r WHERE r.person = other.person)
    AND NOT EXISTS (SELECT 1 FROM recurring.reached r WHERE r.person = $b)
  GROUP BY other.person)
SELECT coalesce((SELECT length FROM reached WHERE person = $b), -1)
"""


class DuckDB:
    name = "duckdb"

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def load(self, dataset: Dataset, folder: Path) -> None:
        try:
            duckdb: Any = importlib.import_module("duckdb")
        except ImportError as error:
            raise Unavailable(f"this Python has no package duckdb ({error})") from error
        for file in folder.glob("duckdb.db*"):
            file.unlink()
        self.connection = duckdb.connect(str(folder / "duckdb.db"))
        self.connection.execute(f"SET threads = {self.threads}")
        self.connection.execute("SET enable_progress_bar = false")
        for table, columns in TABLES.items():
            self.connection.execute(self.creation(dataset, table, columns))
        self.connection.execute(DUCKDB_INDEXES + "CHECKPOINT;")

    @staticmethod
    def creation(dataset: Dataset, table: str, columns: tuple[str, ...]) -> str:
        types = ", ".join(f"'{name}': '{DUCKDB_TYPES.get(name, 'VARCHAR')}'" for name in columns)
        path = str(dataset.table(table)).replace("'", "''")
        return (f"CREATE TABLE {table} AS SELECT * FROM read_csv('{path}', delim = '\t', "
                f"header = false, quote = '', escape = '', nullstr = '', columns = {{{types}}})")

    def ask(self, question: str, parameters: Parameters) -> tuple[Iterable[Row], float]:
        text = DUCKDB_SHORTEST_PATH if question == "q6" else sql(self.name, question)
        start = time.perf_counter()
        rows = self.connection.execute(text, parameters or None).fetchall()
        return rows, time.perf_counter() - start

    def interrupt(self) -> None:
        self.connection.interrupt()

    def close(self) -> None:
        self.connection.close()


def peer(name: str, threads: int) -> Peer:
    """A peer by its name."""
    match name:
        case "sqlite":
            return Sqlite()
        case "duckdb":
            return DuckDB(threads)
        case "floor":
            return Floor()
    raise ValueError(f"there is no peer {name}: sqlite, duckdb, floor")
