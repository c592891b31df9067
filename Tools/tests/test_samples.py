"""Whether Tools/samples says only what its sources say. Run: python3 -m unittest discover Tools/tests"""

import json
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "Tools/samples/nbtc-anrt.ndjson"
SEED = ROOT.parent / "shared/seed"
DOCUMENT = SEED / "000_d8ec23fe5e51a12c.txt"
EVENTS = [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines()]
OF_THE_DOCUMENT = [e for e in EVENTS if e["source"] == f"file:{DOCUMENT.name}"]


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


class Sample(unittest.TestCase):
    def test_ids_are_unique_within_their_source(self):
        self.assertEqual(len({(e["source"], e["id"]) for e in EVENTS}), len(EVENTS))

    def test_every_fact_is_there(self):
        facts = {fact for e in OF_THE_DOCUMENT for fact in re.findall(r"F\d\d", e["id"])}
        self.assertEqual(facts, {f"F{n:02}" for n in range(1, 71)})


@unittest.skipUnless(DOCUMENT.exists(), "the shared press release is not on this machine")
class Evidence(unittest.TestCase):
    def test_every_quote_stands_in_the_document_at_its_range_and_paragraph(self):
        text = DOCUMENT.read_bytes()
        for event in OF_THE_DOCUMENT:
            if event["type"] == "document.registered":
                continue
            evidence = event["evidence"]
            with self.subTest(event["id"]):
                quoted = text[evidence["from"]:evidence["to"]]
                self.assertEqual(quoted.decode(), evidence["quote"])
                self.assertEqual(text.count(b"\n", 0, evidence["from"]) + 1,
                                 evidence["paragraph"])

    def test_no_name_or_title_is_put_in_the_documents_mouth(self):
        text = DOCUMENT.read_text("utf-8")
        for event in OF_THE_DOCUMENT:
            for words in strings(event["data"]):
                if not words.isascii():
                    self.assertIn(words, text, event["id"])

    def test_exactly_the_inferred_facts_are_marked_inferred(self):
        facts = json.loads((SEED / "facts.json").read_text("utf-8"))["facts"]
        inferred = {f["id"] for f in facts if f["certainty"] == "inferred"}
        marked = {fact for e in OF_THE_DOCUMENT if e.get("certainty") == "inferred"
                  for fact in re.findall(r"F\d\d", e["id"])}
        self.assertEqual(marked, inferred)

    def test_other_sources_are_quoted_as_they_were_read(self):
        sources = json.loads((SEED / "related-sources.json").read_text("utf-8"))
        quotes = {s["url"]: s["quote"] for s in sources}
        for event in EVENTS:
            if event not in OF_THE_DOCUMENT:
                self.assertIn(event["source"], quotes)
                if "evidence" in event:
                    self.assertEqual(event["evidence"]["quote"], quotes[event["source"]])


if __name__ == "__main__":
    unittest.main()
