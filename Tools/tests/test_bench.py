"""What Tools/bench measures with. Run: python3 -m unittest discover Tools/tests"""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "Tools" / "bench"

sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "Tools"))

from benchmark import micro, report  # noqa: E402
from benchmark.dataset import TABLES, adopt  # noqa: E402
from benchmark.floor import Floor  # noqa: E402
from benchmark.generator import generate  # noqa: E402
from benchmark.measuring import Effort, Results, Timing, ask_everybody  # noqa: E402
from benchmark.peers import Sqlite  # noqa: E402
from benchmark.questions import QUESTIONS, batch_request, canonical  # noqa: E402
from benchmark.rapport import Failed, ImageWatch  # noqa: E402
from benchmark.targets import Figure, question_figures  # noqa: E402

MEETINGS = 400


class InFolder(unittest.TestCase):
    """Tests that need a folder; a data set is made once for all of them."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="bench-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.dataset = generate(cls.folder / "data", MEETINGS, seed=1)


class DataSet(InFolder):
    def contents(self, name, seed):
        dataset = generate(self.folder / name, 150, seed)
        return {path.name: path.read_bytes() for path in dataset.folder.iterdir()}

    def test_the_same_seed_gives_the_same_bytes_and_another_seed_gives_others(self):
        first = self.contents("first", seed=1)
        self.assertEqual(set(first), {*(f"{name}.tsv" for name in TABLES), "events.ndjson",
                                      "parameters.json"})
        self.assertEqual(self.contents("again", seed=1), first)
        other = self.contents("other", seed=2)
        self.assertTrue(all(other[name] != content for name, content in first.items()))

    def test_events_say_what_the_tables_say(self):
        events = [json.loads(line) for line in self.dataset.events.read_text().splitlines()]
        meetings = [event["data"] for event in events if event["type"] == "meeting.held"]
        attendances = [
            [meeting["id"], attendee["person"], attendee["for"], attendee["role"]]
            for meeting in meetings for attendee in meeting["attendees"]]
        table = [[f"m{int(m):07d}", f"p{int(p):07d}", f"r{int(r):07d}", role]
                 for m, p, r, role in self.dataset.rows("attendance")]
        self.assertEqual(attendances, table)
        self.assertEqual(len(meetings), MEETINGS)
        self.assertEqual(len(events), self.dataset.event_count)
        self.assertEqual(
            sum(event["type"] == "person.appointed" for event in events),
            sum(1 for _ in self.dataset.rows("spell")))

    def test_events_come_in_the_order_of_their_times_each_with_an_id_of_its_own(self):
        events = [json.loads(line) for line in self.dataset.events.read_text().splitlines()]
        times = [event["time"] for event in events]
        self.assertEqual(times, sorted(times))
        self.assertEqual(len({event["id"] for event in events}), len(events))

    def test_nobody_attends_a_meeting_twice(self):
        pairs = [(meeting, person) for meeting, person, _, _ in self.dataset.rows("attendance")]
        self.assertEqual(len(set(pairs)), len(pairs))

    def test_every_question_has_parameters(self):
        self.assertEqual(list(self.dataset.parameters), list(QUESTIONS))
        self.assertTrue(all(self.dataset.parameters.values()))

    def test_a_published_data_set_is_read_into_the_same_tables(self):
        source = self.folder / "published"
        source.mkdir()
        files = {
            "regulators": "id,name\n1,A\n", "persons": "id,name\n1,\"B, C\"\n2,D\n",
            "topics": "id,name\n1,root\n2,leaf\n", "part_of": "child,parent\n2,1\n",
            "works_for": "person,regulator,title,from,to\n1,1,Head,2001-01-01,\n",
            "meetings": "id,title,date,mode\n1,First,2002-01-01,online\n",
            "hosted": "meeting,regulator\n1,1\n",
            "attended": "meeting,person,for,role\n1,1,1,chair\n", "about": "meeting,topic\n1,2\n",
        }
        for name, text in files.items():
            (source / f"{name}.csv").write_text(text)
        (source / "events.ndjson").write_text("{}\n")
        (source / "params.json").write_text('{"q1": [{"x": 1}]}')
        dataset = adopt(source, self.folder / "adopted")
        self.assertEqual({name: list(dataset.rows(name)) for name in TABLES}, {
            "regulator": [["1", "A"]],
            "topic": [["1", "root", ""], ["2", "leaf", "1"]],
            "person": [["1", "B, C"], ["2", "D"]],
            "spell": [["1", "1", "Head", "2001-01-01", ""]],
            "meeting": [["1", "First", "2002-01-01", "online", "1"]],
            "attendance": [["1", "1", "1", "chair"]],
            "subject": [["1", "2"]],
        })
        self.assertEqual((dataset.event_count, dataset.parameters), (1, {"q1": [{"x": 1}]}))


class Fake:
    """A peer that gives the answers of another one, changed."""

    def __init__(self, name, change):
        self.name, self.change = name, change

    def ask(self, question, parameters):
        return self.change(parameters), 0.001

    def interrupt(self):
        pass


class Asking(InFolder):
    @unittest.skipUnless(shutil.which("cc"), "there is no C compiler")
    def test_sqlite_and_the_floor_agree_on_all_questions(self):
        peers = [Sqlite(), Floor()]
        for peer in peers:
            peer.load(self.dataset, self.folder)
            self.addCleanup(peer.close)
        results = Results()
        for question, sets in self.dataset.parameters.items():
            ask_everybody(question, peers, sets, Effort(passes=1), results)
            timings = results.timings[question].values()
            self.assertEqual([timing.problem for timing in timings], ["", ""], question)
            self.assertTrue(any(any(timing.answers.values()) for timing in timings), question)
        self.assertEqual([str(difference) for difference in results.differences], [])
        self.assertEqual(results.compared, sum(map(len, self.dataset.parameters.values())))

    def test_an_answer_that_differs_is_noticed_and_shown(self):
        right = Fake("rapport", lambda p: [("p0000001", 5), ("p0000002", 4)])
        wrong = Fake("sqlite", lambda p: [(2, 4), (1, 5 + (p["x"] == 8))])
        results = Results()
        ask_everybody("q2", [right, wrong], [{"x": 7}, {"x": 8}], Effort(passes=1), results)
        (difference,) = results.differences
        self.assertEqual(results.compared, 2)
        self.assertEqual(difference.parameters, {"x": 8})
        self.assertEqual(str(difference).splitlines(), [
            "q2 {'x': 8}: the answers differ", "  rapport: 2 rows", "    (1, 5)",
            "  sqlite: 2 rows", "    (1, 6)"])

    def test_a_row_too_few_is_a_difference(self):
        results = Results()
        peers = [Fake("rapport", lambda p: [(1, 5)]), Fake("sqlite", lambda p: [(1, 5), (1, 5)])]
        ask_everybody("q2", peers, [{"x": 7}], Effort(passes=1), results)
        self.assertEqual(len(results.differences), 1)

    def test_a_peer_that_fails_is_told_of_and_the_others_go_on(self):
        def fail(parameters):
            raise RuntimeError("no")

        results = Results()
        peers = [Fake("rapport", lambda p: [(1,)]), Fake("sqlite", fail)]
        ask_everybody("q13", peers, [{}], Effort(passes=1), results)
        self.assertEqual(results.timings["q13"]["sqlite"].problem, "RuntimeError: no")
        self.assertIsNone(results.best_peer("q13"))

    def test_answers_have_one_form_whatever_an_engine_calls_them(self):
        self.assertEqual(canonical("q4", [["m0000012", "2001-02-03", ["t0000030", "t0000004"]]]),
                         canonical("q4", [(12, "2001-02-03", "30,4")]))
        self.assertEqual(canonical("q6", []), [(-1,)])
        self.assertEqual(canonical("q8", [(2, 2001, 1), (1, 2002, 3)]),
                         [(1, 2002, 3), (2, 2001, 1)])

    def test_ids_of_rapport_are_those_of_people_topics_or_regulators(self):
        def parameters(question, **given):
            return json.loads(batch_request(question, given))["parameters"]

        self.assertEqual(parameters("q4", a=1, b=2), {"a": "r0000001", "b": "r0000002"})
        self.assertEqual(parameters("q6", a=1, b=2), {"a": "p0000001", "b": "p0000002"})
        self.assertEqual(parameters("q5", x=3, t=4, d1="2001-01-01", d2="2002-01-01"),
                         {"x": "p0000003", "t": "t0000004", "d1": "2001-01-01",
                          "d2": "2002-01-01"})


class Figures(unittest.TestCase):
    def results(self, **timings):
        return Results(timings={"q1": {name: Timing(runs) for name, runs in timings.items()}})

    def test_the_first_pass_does_not_count_where_there_is_a_second(self):
        self.assertEqual(Timing([[9, 1, 3, 2]]).median(), 2)
        self.assertEqual(Timing([[9]]).median(), 9)

    def test_a_peer_that_was_cut_short_is_compared_on_the_sets_that_it_reached(self):
        results = self.results(rapport=[[1], [1], [100]], sqlite=[[4], [4], []])
        self.assertEqual(results.best_peer("q1"), ("sqlite", 4))
        self.assertTrue(results.timings["q1"]["sqlite"].is_partial)

    def test_the_floor_is_no_peer_and_is_never_taken_as_nothing(self):
        results = self.results(rapport=[[0.04]], floor=[[0.001]])
        self.assertIsNone(results.best_peer("q1"))
        self.assertEqual(results.ratio_to_floor("q1"), 2)

    def test_a_target_is_met_or_missed_and_unknown_without_a_value(self):
        self.assertIs(Figure("", 300, at_least=300).is_met, True)
        self.assertIs(Figure("", 299, at_least=300).is_met, False)
        self.assertIs(Figure("", 31, at_most=30).is_met, False)
        self.assertIsNone(Figure("", None, at_most=30).is_met)
        self.assertIsNone(Figure("", 5).is_met)

    def test_a_question_that_is_slower_than_a_peer_misses_its_target_and_is_named(self):
        results = self.results(rapport=[[2]], sqlite=[[1]], floor=[[0.1]])
        first, *others = question_figures(results)
        self.assertEqual((first.value, first.is_met, first.note), (1, False, "q1"))
        self.assertEqual(others[2].value, 20)

    def test_tables_have_columns(self):
        results = self.results(rapport=[[2]], sqlite=[[1234]], floor=[[0.1]])
        head, row = report.question_table(results, ["rapport", "sqlite", "floor"]).splitlines()
        self.assertIn("peer/rapport", head)
        self.assertEqual(row.split()[:7],
                         ["q1", "2", "1,234", "0.100", "sqlite", "617x", "20x"])


class Images(InFolder):
    def test_an_image_is_in_the_making_until_it_has_its_name(self):
        folder = self.folder / "store/image"
        folder.mkdir(parents=True)
        watch = ImageWatch(folder.parent)
        with watch:
            unfinished = folder / "graph.image.123"
            unfinished.write_text("")
            time.sleep(0.05)
            unfinished.rename(folder / "graph.image")
            watch.thread.join(5)
        self.assertGreater(watch.seconds, 0.01)
        self.assertLess(watch.seconds, 5)

    def test_a_store_without_an_image_has_none_in_the_making(self):
        watch = ImageWatch(self.folder / "nowhere")
        with watch:
            time.sleep(0.01)
        self.assertIsNone(watch.seconds)


class Thresholds(InFolder):
    def verdicts(self, **counted):
        return micro.judge({"ingest": 1000, "q1": 200}, counted)

    def code(self, verdicts):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            return micro.report_over(verdicts), errors.getvalue()

    def test_five_percent_more_pass_and_more_than_that_fail(self):
        self.assertEqual(self.code(self.verdicts(ingest=1050, q1=200)), (0, ""))
        code, errors = self.code(self.verdicts(ingest=1051, q1=200))
        self.assertEqual(code, 1)
        self.assertIn("ingest takes 1,051 instructions, 5.1 % more than 1,000", errors)

    def test_another_processor_may_be_given_more(self):
        (verdict,) = micro.judge({"q1": 200}, {"q1": 239}, 20)
        self.assertFalse(verdict.is_off)
        (verdict,) = micro.judge({"q1": 200}, {"q1": 241}, 20)
        self.assertTrue(verdict.is_over)
        self.assertIn("20 % are allowed", self.code([verdict])[1])

    def test_a_stage_without_a_threshold_passes_and_says_so(self):
        (verdict,) = self.verdicts(q2=5)
        self.assertFalse(verdict.is_over)
        self.assertEqual(verdict.word, "no threshold")

    def test_a_count_far_under_its_threshold_is_pointed_out(self):
        (verdict,) = self.verdicts(q1=100)
        self.assertEqual((verdict.is_over, verdict.word), (False, "could be lowered"))

    def test_an_update_keeps_the_thresholds_of_other_stages(self):
        path = self.folder / "thresholds.json"
        micro.write_thresholds({"ingest": 1, "q2": 2}, path)
        micro.write_thresholds({"q2": 3}, path)
        self.assertEqual(micro.read_thresholds(path), {"ingest": 1, "q2": 3})

    def test_a_count_that_cannot_be_is_no_threshold(self):
        path = self.folder / "none.json"
        with self.assertRaises(Failed):
            micro.write_thresholds({"q3": -5}, path)
        self.assertFalse(path.exists())

    def test_the_thresholds_in_the_tree_are_those_of_all_stages(self):
        thresholds = micro.read_thresholds()
        self.assertEqual(list(thresholds), micro.STAGES)
        self.assertTrue(all(count > 10_000 for count in thresholds.values()))


class Instructions(unittest.TestCase):
    def test_of_a_function_are_counted_without_those_that_it_calls(self):
        text = """events: Ir
fn=(1) main
0 5
cfn=(2) sha256_compress_x86
calls=2 0
0 70

fn=(2)
0 30
+3 4
cfn=(3) helper
calls=1 0
0 6
* 2
fn=(3)
0 6
fn=(4) sha256_compress
12 8
summary: 55
"""
        self.assertEqual(micro.instructions_within("sha256_compress", text), 30 + 4 + 2 + 8)
        self.assertEqual(micro.instructions_within("helper", text), 6)
        self.assertEqual(micro.instructions_within("nothing", text), 0)


class Commands(unittest.TestCase):
    def run_bench(self, *arguments, **environment):
        return subprocess.run([sys.executable, str(PROGRAM), *arguments], capture_output=True,
                              text=True, env={**os.environ, **environment})

    def test_without_a_program_it_says_how_to_build_one(self):
        result = self.run_bench("compare", "--rapport", "nowhere/rapport")
        self.assertEqual(result.returncode, 66)
        self.assertIn("swift build", result.stderr)

    def test_wrong_usage_is_told(self):
        for arguments in (["compare", "--queries", "q15"], ["compare", "--size", "huge"],
                          ["micro", "--only", "nothing"], []):
            self.assertEqual(self.run_bench(*arguments).returncode, 64, arguments)

    def test_instructions_are_not_counted_where_there_is_no_valgrind(self):
        with tempfile.TemporaryDirectory() as folder:
            result = self.run_bench("micro", "--rapport", sys.executable, "--data", folder,
                                    PATH=folder)
        self.assertEqual((result.returncode, result.stdout),
                         (0, "skipped: there is no valgrind on the PATH "
                             "(--install installs it)\n"))


if __name__ == "__main__":
    unittest.main()
