"""The expected rows of uk-ministers.case, counted from the CSV itself without the importer.

Run: python3 -m unittest discover Tools/tests
"""

import csv
import re
import unittest
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "Tests/RapportTests/Cases/uk-ministers.case"
SHARED = ROOT.parent / "shared/data/uk-ministers-meetings/MixedProcessedData.csv"


def named(row, name):
    """The organisation of a row is called that, give or take case and trailing punctuation."""
    return " ".join(row["Organisation"].split()).rstrip(".)").casefold() == name.casefold()


def date(row):
    return "-".join(reversed(row["Start Date"].split("-")))


class Meetings:
    def __init__(self, rows):
        self.all = {}
        for row in rows:
            self.all.setdefault(row["Meeting ID"], []).append(row)
        self.first = [rows[0] for rows in self.all.values()]

    def of(self, organisation):
        return [rows[0] for rows in self.all.values()
                if any(named(row, organisation) for row in rows)]

    def counts(self, key, rows=None):
        return Counter(map(key, self.first if rows is None else rows))


def ranked(counts, limit=None):
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [f"{name} | {count}" for name, count in ordered[:limit]]


def minister(row):
    """The name without offices and titles; enough for the ministers who are counted here."""
    name = re.sub(r"\b(MP|QC|CBE|OBE|DBE)\b", "", re.split(r",| - ", row["Minister"])[-1])
    return " ".join(re.sub(r"^\s*(Rt Hon|Sir|Mr|Mrs) ", "", name).split())


def contact(row):
    return f"{minister(row)} | {date(row)} | {row['Reason'] or 'null'}"


def expected(meetings):
    organisations = Counter()
    for rows in meetings.all.values():
        organisations.update({" ".join(r["Organisation"].split()).rstrip(".)") for r in rows} - {""})
    early = [row for row in meetings.first if row["Start Date"].endswith("1930")]
    return {
        "every meeting is there once": [str(len(meetings.all))],
        "who met British Steel, when and why": list(map(contact, meetings.of("British Steel"))),
        "meetings of each department": ranked(meetings.counts(lambda r: r["Department"])),
        "meetings of each year, as stated":
            [f"{y} | {n}" for y, n in sorted(meetings.counts(lambda r: date(r)[:4]).items())],
        "every meeting of 1930 carries a note, and no other does": [f"1930 | {len(early)}"],
        "days and months are kept apart": ranked(meetings.counts(
            lambda r: "day" if len(r["Start Date"]) == 10 else "month")),
        "meetings within a month": [str(sum(date(r).startswith("2012-07") for r in meetings.first))],
        "the most active ministers": ranked(meetings.counts(minister), 5),
        "the organisations that met ministers most often": ranked(organisations, 5),
        "whom BAE Systems met most": ranked(meetings.counts(minister, meetings.of("BAE Systems")), 3),
        "who met Google, also where no reason is given": [
            contact(r).partition(" | ")[2] for r in meetings.of("Google")
            if minister(r) == "Jeremy Browne"],
        "Windows-1252 apostrophes are repaired": [str(sum(
            "Prime Minister\x92s" in r["Reason"] or "Prime Minister’s" in r["Reason"]
            for r in meetings.first))],
    }


def cases():
    """The expected rows of each case that has rows, by its name."""
    found = {}
    for block in re.split(r"^end$", CASES.read_text("utf-8"), flags=re.MULTILINE):
        match = re.search(r"^case (.+)\nquery\n(?:.*\n)*?rows \w+\n((?:.*\n)*)", block, re.MULTILINE)
        if match:
            found[match[1]] = match[2].splitlines()
    return found


@unittest.skipUnless(SHARED.exists(), "the shared CSV is not on this machine")
class UKCases(unittest.TestCase):
    maxDiff = None

    def test_the_expected_rows_are_what_the_csv_says(self):
        with open(SHARED, encoding="utf-8", newline="") as file:
            meetings = Meetings(csv.DictReader(file))
        stated = cases()
        for name, rows in expected(meetings).items():
            with self.subTest(name):
                self.assertCountEqual(stated[name], rows)


if __name__ == "__main__":
    unittest.main()
