"""Makes the data set: regulators, people, topics and meetings over 26 years.

It is skewed like the real thing: few regulators, people and topics are in most meetings, and most
are in few. The same seed gives the same bytes. Nothing that grows with the number of meetings is
kept but their dates: tables and events are written as they come.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import TextIO

from benchmark import words
from benchmark.dataset import EVENTS, TABLES, Dataset, Parameters

FIRST_DAY = date(2000, 1, 1)
DAY_COUNT = (date(2026, 1, 1) - FIRST_DAY).days
DAYS = [(FIRST_DAY + timedelta(days)).isoformat() for days in range(DAY_COUNT)]
BEFORE_ALL = "1999-12-31T00:00:00Z"
SETS = 20
HOT = COLD = 5


@dataclass(frozen=True)
class Scale:
    """How many things there are of each kind."""

    meetings: int
    people: int
    regulators: int
    topics: int

    @classmethod
    def of(cls, meetings: int) -> Scale:
        """What belongs to this number of meetings: people grow with it, the rest only at first."""
        return cls(
            meetings=meetings,
            people=max(min(2000, meetings // 2), meetings // 5),
            regulators=min(300, max(8, meetings // 10)),
            topics=min(2000, max(60, meetings // 2)),
        )


@dataclass(frozen=True)
class Spell:
    """A person works for a regulator, from a day up to and without another, or till today."""

    person: int
    regulator: int
    office: str
    first: int
    end: int | None


class Popularity:
    """Draws numbers from 1 on, some far more often than others, in an order that is shuffled."""

    def __init__(self, random: Random, count: int, skew: float) -> None:
        self.numbers = random.sample(range(1, count + 1), count)
        self.shares = list(accumulate(1 / rank**skew for rank in range(1, count + 1)))

    def draw(self, random: Random, count: int) -> list[int]:
        return random.choices(self.numbers, cum_weights=self.shares, k=count)

    def distinct(self, random: Random, count: int) -> list[int]:
        """At most this many different ones."""
        return list(dict.fromkeys(self.draw(random, 2 * count)))[:count]


class Writer:
    """The files of a data set while they are written: tables for the peers, events for Rapport."""

    def __init__(self, dataset: Dataset) -> None:
        dataset.folder.mkdir(parents=True, exist_ok=True)
        self.tables: dict[str, TextIO] = {
            name: open(dataset.table(name), "w", encoding="utf-8", newline="\n") for name in TABLES
        }
        self.events = open(dataset.folder / EVENTS, "w", encoding="utf-8", newline="\n")
        self.event_count = 0

    def row(self, table: str, *fields: object) -> None:
        self.tables[table].write("\t".join(map(str, fields)) + "\n")

    def event(self, type: str, time: str, data: Mapping[str, object]) -> None:
        self.event_count += 1
        event = {"specversion": "1.0", "id": f"e{self.event_count}", "type": type,
                 "source": "urn:rapport:bench", "time": time, "data": data}
        self.events.write(json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n")

    def close(self) -> None:
        for file in (*self.tables.values(), self.events):
            file.close()


def identifier(kind: str, number: int) -> str:
    """The id of a thing in Rapport: of one width, so that texts sort as the numbers do."""
    return f"{kind}{number:07d}"


class Generator:
    """One data set in the making. Every part has random numbers of its own."""

    def __init__(self, scale: Scale, seed: int, writer: Writer) -> None:
        self.scale, self.seed, self.writer = scale, seed, writer
        popularity = self.random("popularity")
        self.regulators = Popularity(popularity, scale.regulators, 0.8)
        self.topics = Popularity(popularity, scale.topics, 0.8)
        self.parents: list[int] = []
        # How many attendances or meetings each has, from number 1 on: parameters are chosen by it.
        self.person_degrees = array("i", bytes(4 * (scale.people + 1)))
        self.regulator_degrees = array("i", bytes(4 * (scale.regulators + 1)))
        self.topic_degrees = array("i", bytes(4 * (scale.topics + 1)))

    def random(self, part: str) -> Random:
        return Random(f"{self.seed} {part}")

    def run(self) -> None:
        self.write_regulators()
        self.write_topics()
        self.write_people()
        spells = self.make_spells()
        for spell in sorted(spells, key=lambda spell: (spell.person, spell.first)):
            self.writer.row("spell", spell.person, spell.regulator, spell.office,
                            DAYS[spell.first], "" if spell.end is None else DAYS[spell.end])
        self.write_meetings(spells)

    # --- Who and what there is -----------------------------------------------------------------

    def write_regulators(self) -> None:
        random = self.random("regulators")
        for number in range(1, self.scale.regulators + 1):
            city, sector = random.choice(words.CITIES), random.choice(words.SECTORS)
            name = f"{city} {sector} Regulator {number}"
            self.writer.row("regulator", number, name)
            self.writer.event("regulator.registered", BEFORE_ALL,
                              {"id": identifier("r", number), "name": name})

    def write_topics(self) -> None:
        """A tree of four levels: 8 roots, 40 and 240 branches, and leaves."""
        random = self.random("topics")
        self.parents = [0]
        above: range | None = None
        for size in (8, 40, 240, self.scale.topics):
            level = range(len(self.parents), min(len(self.parents) + size, self.scale.topics + 1))
            for number in level:
                parent = self.parent(random, number - level.start, above)
                self.parents.append(parent)
                self.write_topic(number, parent)
            above = level

    @staticmethod
    def parent(random: Random, place: int, above: range | None) -> int:
        """Each of the level above gets one child at least; the others are scattered."""
        if above is None:
            return 0
        return above[place] if place < len(above) else random.choice(above)

    def write_topic(self, number: int, parent: int) -> None:
        name = f"{words.SUBJECTS[number % len(words.SUBJECTS)]} {number}"
        self.writer.row("topic", number, name, parent or "")
        data = {"id": identifier("t", number), "name": name}
        if parent:
            data["part_of"] = identifier("t", parent)
        self.writer.event("topic.defined", BEFORE_ALL, data)

    def write_people(self) -> None:
        random = self.random("people")
        for number in range(1, self.scale.people + 1):
            name = person_name(random)
            self.writer.row("person", number, name)
            self.writer.event("person.registered", BEFORE_ALL,
                              {"id": identifier("p", number), "name": name})

    def make_spells(self) -> list[Spell]:
        """One to three for each person, one after the other."""
        random = self.random("spells")
        spells = []
        for person in range(1, self.scale.people + 1):
            first, count = random.randrange(5500), random.randint(1, 3)
            for place, regulator in enumerate(self.regulators.draw(random, count)):
                end = first + random.randrange(200, 1500)
                lasts = end >= DAY_COUNT or place == count - 1 and random.random() < 0.7
                spells.append(Spell(person, regulator, random.choice(words.OFFICES), first,
                                    None if lasts else end))
                first = end
                if lasts:
                    break
        return spells

    # --- Meetings ------------------------------------------------------------------------------

    def write_meetings(self, spells: list[Spell]) -> None:
        """In the order of time, and appointments between them where they belong."""
        random = self.random("meetings")
        staff = self.staff(spells)
        days = array("h", sorted(random.randrange(DAY_COUNT) for _ in range(self.scale.meetings)))
        appointments = iter(sorted(spells, key=lambda spell: (spell.first, spell.person)))
        waiting = next(appointments, None)
        for number, day in enumerate(days, start=1):
            while waiting and waiting.first <= day:
                self.write_appointment(waiting)
                waiting = next(appointments, None)
            self.write_meeting(random, number, day, staff)
        while waiting:
            self.write_appointment(waiting)
            waiting = next(appointments, None)

    def staff(self, spells: list[Spell]) -> list[list[int]]:
        """Who ever worked for each regulator; whoever stands early is sent to meetings often."""
        staff: list[dict[int, None]] = [{} for _ in range(self.scale.regulators + 1)]
        for spell in spells:
            staff[spell.regulator][spell.person] = None
        random = self.random("staff")
        return [random.sample(list(people), len(people)) for people in staff]

    def write_appointment(self, spell: Spell) -> None:
        data = {"person": identifier("p", spell.person),
                "organization": identifier("r", spell.regulator),
                "title": spell.office, "from": DAYS[spell.first]}
        if spell.end is not None:
            data["to"] = DAYS[spell.end]
        self.writer.event("person.appointed", f"{DAYS[spell.first]}T00:00:00Z", data)

    def write_meeting(
        self, random: Random, number: int, day: int, staff: list[list[int]]
    ) -> None:
        kind, subject = random.choice(words.KINDS_OF_MEETING), random.choice(words.SUBJECTS)
        title, mode = f"{kind} meeting on {subject}", random.choice(words.MODES)
        regulators = self.regulators.distinct(random, random.randint(2, 4))
        topics = self.topics.distinct(random, random.randint(1, 4))
        attendees = list(self.attendees(random, regulators, staff))
        self.writer.row("meeting", number, title, DAYS[day], mode, regulators[0])
        for person, regulator, role in attendees:
            self.writer.row("attendance", number, person, regulator, role)
            self.person_degrees[person] += 1
            self.regulator_degrees[regulator] += 1
        for topic in topics:
            self.writer.row("subject", number, topic)
            self.topic_degrees[topic] += 1
        self.writer.event("meeting.held", f"{DAYS[day]}T12:00:00Z", {
            "id": identifier("m", number), "title": title, "date": DAYS[day], "mode": mode,
            "host": identifier("r", regulators[0]),
            "attendees": [{"person": identifier("p", person), "for": identifier("r", regulator),
                           "role": role} for person, regulator, role in attendees],
            "topics": [identifier("t", topic) for topic in topics],
        })

    @staticmethod
    def attendees(
        random: Random, regulators: list[int], staff: list[list[int]]
    ) -> Iterator[tuple[int, int, str]]:
        """Two or more, 60 at most, each person once; the first one chairs."""
        seen: set[int] = set()
        for place in range(2 + min(58, int((random.paretovariate(1.9) - 1) * 4.6))):
            regulator = regulators[place % len(regulators) if place < 2
                                   else int(random.random() * len(regulators))]
            people = staff[regulator]
            if not people:
                continue
            person = people[int(len(people) * random.random() ** 2)]
            if person not in seen:
                yield person, regulator, random.choice(words.ROLES) if seen else "chair"
                seen.add(person)

    # --- What is asked for ---------------------------------------------------------------------

    def parameters(self) -> dict[str, Sequence[Parameters]]:
        """For each question the sets of parameters that it is asked with."""
        random = self.random("parameters")
        people = mixed(random, busiest_first(self.person_degrees))
        others = mixed(random, busiest_first(self.person_degrees))[::-1]
        by_topic = busiest_first(self.topic_degrees)
        of_person = [{"x": person} for person in people]
        quarter = len(by_topic) // 4
        return {
            "q1": of_person,
            "q2": of_person,
            "q3": [{"t": topic} for topic in mixed(random, by_topic)],
            "q4": self.pairs_of_regulators(random),
            "q5": self.people_topics_and_times(random, people),
            "q6": [{"a": a, "b": b} for a, b in zip(people, others) if a != b],
            "q7": of_person,
            "q8": [{}],
            "q9": [{}],
            "q10": [{"t": random.choice(by_topic[quarter:2 * quarter])} for _ in range(SETS)],
            "q11": [{"t": topic} for topic in range(1, 9)],
            "q12": [{"s": part} for part in words.PARTS_OF_NAMES],
            "q13": [{}],
            "q14": [{"a": regulator, "d": random.choice(DAYS[1500:])}
                    for regulator in mixed(random, busiest_first(self.regulator_degrees))],
        }

    def pairs_of_regulators(self, random: Random) -> list[Parameters]:
        ranked = busiest_first(self.regulator_degrees)
        hot = ranked[:2 * HOT]
        pairs = list(zip(hot, hot[::-1]))[:HOT]
        pairs += list(zip(mixed(random, ranked), mixed(random, ranked)[::-1]))[HOT:]
        return [{"a": a, "b": b} for a, b in pairs if a != b]

    def people_topics_and_times(
        self, random: Random, people: list[int]
    ) -> list[Parameters]:
        inner = sorted(set(self.parents) - {0})
        topics = inner[:8] + [random.choice(inner) for _ in people[8:]]
        random.shuffle(topics)
        sets: list[Parameters] = []
        for person, topic in zip(people, topics):
            first = random.randrange(DAY_COUNT - 3650)
            last = first + random.randrange(1000, 3650)
            sets.append({"x": person, "t": topic, "d1": DAYS[first], "d2": DAYS[last]})
        return sets


def person_name(random: Random) -> str:
    script = random.choice(words.SCRIPTS)
    given, family = words.GIVEN_NAMES[script], words.FAMILY_NAMES[script]
    name = f"{random.choice(given)} {random.choice(family)}"
    double = script == "latin" and random.random() < 0.33
    return f"{name}-{random.choice(family)}" if double else name


def busiest_first(degrees: array[int]) -> list[int]:
    """The numbers of those that occur at all."""
    numbers = [number for number in range(1, len(degrees)) if degrees[number]]
    return sorted(numbers, key=lambda number: -degrees[number])


def mixed(random: Random, ranked: list[int]) -> list[int]:
    """Some of the busiest, then some from everywhere, then some of the quietest."""
    hot = random.sample(ranked[:max(HOT, len(ranked) // 500)], HOT)
    spread = [random.choice(ranked) for _ in range(SETS - HOT - COLD)]
    quiet = ranked[-max(COLD, len(ranked) // 10):]
    return hot + spread + [random.choice(quiet) for _ in range(COLD)]


def generate(folder: Path, meetings: int, seed: int) -> Dataset:
    """Makes a data set, unless it is there already."""
    dataset = Dataset(folder)
    if dataset.is_complete:
        return dataset
    writer = Writer(dataset)
    generator = Generator(Scale.of(meetings), seed, writer)
    try:
        generator.run()
    finally:
        writer.close()
    dataset.complete(generator.parameters())
    return dataset
