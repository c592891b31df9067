"""What Tools/import-uk-meetings makes of a CSV. Run: python3 -m unittest discover Tools/tests"""

import csv
import importlib.machinery
import importlib.util
import io
import json
import subprocess
import sys
import unittest
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "Tools" / "import-uk-meetings"
SHARED = ROOT.parent / "shared/data/uk-ministers-meetings/MixedProcessedData.csv"

sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader("import_uk_meetings", str(PROGRAM))
importer = importlib.util.module_from_spec(importlib.util.spec_from_loader(LOADER.name, LOADER))
LOADER.exec_module(importer)

HEADER = ",".join(importer.COLUMNS)
GRIEVE = "Attorney General Dominic Grieve QC MP"
OFFICE = "Attorney General's Office"


def row(key="1", minister=GRIEVE, department=OFFICE, start="07-2012", end=None,
        organisation="Sky", representative="", reason="Summer reception", hospitality="0",
        file="a.csv", original="1", role=""):
    cells = [key, minister, role, department, start, end or start, organisation, representative,
             reason, hospitality, file, original]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def convert(*rows, header=HEADER):
    """The events and the report of a CSV with these rows."""
    out, report = io.StringIO(), importer.Report()
    importer.convert("\n".join([header, *rows, ""]).encode(), out, report)
    return [json.loads(line) for line in out.getvalue().splitlines()], report


def only(events, type):
    return [event["data"] for event in events if event["type"] == type]


class Meetings(unittest.TestCase):
    def test_the_rows_of_one_id_are_one_meeting_with_all_their_organisations(self):
        events, _ = convert(row(organisation="Sky"), row(organisation="BT"), row(key="2"))
        first, second = only(events, "meeting.held")
        self.assertEqual([a.get("organization") for a in first["attendees"]],
                         [None, "org:uk/sky", "org:uk/bt"])
        self.assertEqual(second["id"], "meeting:uk/2")

    def test_a_meeting_says_who_for_which_department_why_and_where_it_is_written(self):
        events, _ = convert(row(original="7"))
        event = events[-1]
        self.assertEqual(event["data"], {
            "id": "meeting:uk/1",
            "date": "2012-07",
            "title": "Summer reception",
            "classification": "ministerial meeting",
            "parties": ["org:uk/attorney-generals-office"],
            "attendees": [
                {"person": "person:uk/dominic-grieve", "role": "minister",
                 "for": "org:uk/attorney-generals-office", "as_stated": GRIEVE},
                {"organization": "org:uk/sky", "as_stated": "Sky"},
            ],
        })
        self.assertEqual(event["evidence"],
                         {"quote": "Summer reception", "file": "a.csv", "rows": [7]})
        self.assertEqual(event["source"], "uk-ministers-meetings/a.csv")

    def test_dates_keep_their_precision_and_an_end_that_differs(self):
        events, _ = convert(row(start="07-2012"), row(key="2", start="16-10-2013"),
                            row(key="3", start="30-10-2013", end="02-11-2013"))
        self.assertEqual([(m["date"], m.get("end_date")) for m in only(events, "meeting.held")],
                         [("2012-07", None), ("2013-10-16", None), ("2013-10-30", "2013-11-02")])

    def test_a_date_before_the_releases_began_is_kept_hedged_and_reported(self):
        events, report = convert(row(start="07-1930"))
        self.assertEqual(events[-1]["certainty"], "hedged")
        self.assertEqual(events[-1]["data"]["date"], "1930-07")
        self.assertIn("07-1930", events[-1]["data"]["note"])
        self.assertEqual(report.counts["doubtful date"], 1)

    def test_hospitality_is_told_apart(self):
        events, _ = convert(row(hospitality="1"))
        self.assertEqual(only(events, "meeting.held")[0]["classification"], "hospitality")

    def test_windows_1252_leftovers_are_repaired(self):
        events, report = convert(row(organisation="Children\x92s Bureau", reason="\x93Play\x94"))
        self.assertEqual(only(events, "meeting.held")[0]["title"], "“Play”")
        self.assertIn("Children’s Bureau",
                      [o["name"] for o in only(events, "organization.registered")])
        self.assertEqual(report.counts["row with repaired Windows-1252 text"], 1)

    def test_a_representative_attends_for_the_organisation(self):
        events, _ = convert(row(representative="Ms Ada Byron"))
        self.assertEqual(only(events, "meeting.held")[0]["attendees"][1], {
            "person": "person:uk/sky/ada-byron", "for": "org:uk/sky", "role": "representative",
            "as_stated": "Ms Ada Byron",
        })
        self.assertIn({"id": "person:uk/sky/ada-byron", "name": "Ada Byron", "honorific": "Ms"},
                      only(events, "person.registered"))

    def test_a_group_that_is_nobody_in_particular_joins_no_two_meetings(self):
        events, _ = convert(row(organisation="constituents"),
                            row(key="2", organisation="constituents"))
        first, second = only(events, "meeting.held")
        self.assertNotEqual(first["attendees"][1]["organization"],
                            second["attendees"][1]["organization"])


class Names(unittest.TestCase):
    def test_offices_are_split_from_names(self):
        for cell, expected in {
            GRIEVE: ("Attorney General", None, "Dominic Grieve"),
            "Solicitor General Oliver Heald QCMP": ("Solicitor General", None, "Oliver Heald"),
            "Rt Hon David Cameron MP": (None, "Rt Hon", "David Cameron"),
            "Rt Hon Sir George Young MP": (None, "Rt Hon Sir", "George Young"),
            "Rt Hon The Lord Strathclyde": (None, "Rt Hon", "Lord Strathclyde"),
            "Government Whip , Lord Newby": ("Government Whip", None, "Lord Newby"),
            "Earl Attlee, Government Whip": ("Government Whip", None, "Earl Attlee"),
            "Minister of State for Transport - Baroness Kramer":
                ("Minister of State for Transport", None, "Baroness Kramer"),
            "Minister for Culture, Communications & Creative Industries, Ed Vaizey MP":
                ("Minister for Culture, Communications & Creative Industries", None, "Ed Vaizey"),
            "Parliamentary Under-Secretary of State David Mundell":
                ("Parliamentary Under-Secretary of State", None, "David Mundell"),
            "Professor Mark Welland FRS FREng, Chief Scientific Adviser, Ministry of Defence":
                ("Chief Scientific Adviser, Ministry of Defence", "Professor", "Mark Welland"),
            "Secretary of State for Culture, Media and Sport":
                ("Secretary of State for Culture, Media and Sport", None, None),
        }.items():
            with self.subTest(cell):
                person = importer.Person(importer.squeeze(cell))
                self.assertEqual((person.office, person.honorific, person.name), expected)

    def test_an_office_becomes_an_appointment_without_invented_dates(self):
        events, _ = convert(row())
        self.assertEqual(only(events, "person.appointed"), [{
            "person": "person:uk/dominic-grieve",
            "organization": "org:uk/attorney-generals-office", "title": "Attorney General"}])

    def test_a_former_office_is_no_appointment(self):
        events, report = convert(row(minister="Former Solicitor General Edward Garnier QC MP"))
        self.assertEqual(only(events, "person.appointed"), [])
        self.assertEqual(report.counts["former office, no appointment"], 1)

    def test_an_office_without_a_name_invents_nobody(self):
        events, report = convert(row(minister="Secretary of State for Defence"))
        self.assertEqual(only(events, "person.registered"), [])
        self.assertEqual(only(events, "meeting.held")[0]["attendees"][0]["unnamed"],
                         {"label": "Secretary of State for Defence",
                          "of": "org:uk/attorney-generals-office"})
        self.assertEqual(report.counts["minister without a name"], 1)

    def test_an_official_in_the_minister_column_is_no_minister(self):
        events, _ = convert(row(minister="Mrs Ursula Brennan, Permanent Secretary"))
        self.assertEqual(only(events, "meeting.held")[0]["attendees"][0]["role"], "official")

    def test_one_person_under_checked_spellings_is_one_and_two_lord_wallaces_are_two(self):
        events, report = convert(
            row(minister="Lord Tariq Ahmad"), row(key="2", minister="The Lord  Ahmad of Wimbledon"),
            row(key="3", minister="Lords Government Whip, Lord Wallace"),
            row(key="4", minister="Lords Government Whip, Lord Wallace of Saltaire"))
        people = [m["attendees"][0]["person"] for m in only(events, "meeting.held")]
        self.assertEqual(people[0], people[1])
        self.assertNotEqual(people[2], people[3])
        self.assertEqual(report.counts["perhaps the same person, not unified"], 1)

    def test_spellings_that_differ_in_punctuation_are_one_organisation_with_both_names(self):
        events, _ = convert(row(organisation="Barnardos"), row(key="2", organisation="Barnardo's"),
                            row(key="3", organisation="Barnardo's"))
        registered = [o for o in only(events, "organization.registered")
                      if o["id"] == "org:uk/barnardos"]
        self.assertEqual(registered, [{"id": "org:uk/barnardos", "name": [
            {"text": "Barnardos", "kind": "variant"}, {"text": "Barnardo's"}]}])

    def test_each_file_says_for_itself_whom_it_names(self):
        events, _ = convert(row(file="a.csv"), row(key="2", file="b.csv"))
        self.assertEqual([e["source"] for e in events if e["type"] == "person.registered"],
                         ["uk-ministers-meetings/a.csv", "uk-ministers-meetings/b.csv"])


class Rows(unittest.TestCase):
    def test_a_row_that_cannot_be_used_is_reported_with_its_line_and_reason(self):
        events, report = convert(
            row(), row(key=""), row(key="3", start="13-2012"), row(key="4", start="32-01-2012"),
            "1,2,3")
        self.assertEqual(len(only(events, "meeting.held")), 1)
        self.assertEqual(report.counts["not used"], 4)
        self.assertEqual([line.split(":")[0] for line in report.lines],
                         ["line 6", "line 3", "line 4", "line 5"])

    def test_a_row_without_an_organisation_keeps_the_meeting_and_is_reported(self):
        events, report = convert(row(organisation=""))
        self.assertEqual(len(only(events, "meeting.held")[0]["attendees"]), 1)
        self.assertEqual(report.counts["no organisation"], 1)

    def test_rows_of_a_meeting_that_disagree_are_reported(self):
        events, report = convert(row(), row(reason="Another", organisation="BT"))
        self.assertEqual(only(events, "meeting.held")[0]["title"], "Summer reception")
        self.assertEqual(report.counts["differs from the first row of its meeting"], 1)

    def test_a_repeated_organisation_is_one_attendance_and_is_counted(self):
        events, report = convert(row(), row())
        self.assertEqual(len(only(events, "meeting.held")[0]["attendees"]), 2)
        self.assertEqual(report.counts["row that repeats an organisation of its meeting"], 1)


class Program(unittest.TestCase):
    def run_program(self, *arguments, input=b""):
        return subprocess.run([sys.executable, str(PROGRAM), *arguments], input=input,
                              capture_output=True, check=False)

    def test_reads_standard_input_and_writes_events_and_a_report(self):
        done = self.run_program("-", input=f"\ufeff{HEADER}\r\n{row()}\r\n".encode())
        self.assertEqual(done.returncode, 0)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["type"], "meeting.held")
        self.assertIn(b"1 rows read, 1 meetings", done.stderr)

    def test_says_what_is_wrong_with_the_input_and_exits_after_sysexits(self):
        for arguments, data, code, message in [
            (["no-such-file.csv"], b"", 66, b"no-such-file.csv: No such file"),
            (["-"], b"a,b\n1,2\n", 65, b"the header lacks 'Meeting ID'"),
            (["-"], b"", 65, b"the header lacks"),
            (["-"], f'{HEADER}\n"1,'.encode(), 65, b"not CSV"),
            ([], b"", 64, b"FILE.csv"),
            (["--nonsense"], b"", 64, b"usage:"),
        ]:
            with self.subTest(message):
                done = self.run_program(*arguments, input=data)
                self.assertEqual(done.returncode, code)
                self.assertIn(message, done.stderr)
                self.assertEqual(done.stdout, b"")

    def test_help_has_an_example(self):
        self.assertIn(b"rapport ingest STORE -", self.run_program("--help").stdout)


@unittest.skipUnless(SHARED.exists(), "the shared CSV is not on this machine")
class WholeFile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = SHARED.read_bytes()
        cls.out, cls.report = io.StringIO(), importer.Report()
        importer.convert(cls.data, cls.out, cls.report)
        cls.events = [json.loads(line) for line in cls.out.getvalue().splitlines()]

    def test_has_8054_meetings_and_uses_every_row(self):
        self.assertEqual(len(only(self.events, "meeting.held")), 8054)
        self.assertEqual(self.report.counts["row"], 15781)
        self.assertEqual(self.report.counts["not used"], 0)
        self.assertEqual(self.report.counts["doubtful date"], 102)
        self.assertEqual(self.report.counts["row with repaired Windows-1252 text"], 460)

    def test_is_the_same_every_time_and_no_id_is_used_twice(self):
        again = io.StringIO()
        importer.convert(self.data, again, importer.Report())
        self.assertEqual(self.out.getvalue(), again.getvalue())
        ids = Counter((event["source"], event["id"]) for event in self.events)
        self.assertEqual([id for id, count in ids.items() if count > 1], [])

    def test_every_row_is_in_some_meeting_under_its_own_organisation(self):
        meetings = {m["id"]: m for m in only(self.events, "meeting.held")}
        for cells in csv.DictReader(io.StringIO(self.data.decode("utf-8"), newline="")):
            name = importer.squeeze(importer.repair(cells["Organisation"]))
            meeting = meetings[f"meeting:uk/{cells['Meeting ID']}"]
            keys = {importer.slug(a["as_stated"]) for a in meeting["attendees"][1:]}
            if name:
                self.assertIn(importer.slug(name), keys)

    def test_no_control_character_is_left(self):
        text = self.out.getvalue()
        self.assertEqual({c for c in text if "\x80" <= c < "\xa0"}, set())


if __name__ == "__main__":
    unittest.main()
