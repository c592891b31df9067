"""What the fuzzers start from is found in the tree."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent.parent


class FuzzSeeds(unittest.TestCase):
    def test_are_queries_of_the_tree_and_words_of_the_language(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            subprocess.run(
                [sys.executable, TOOLS / "fuzz-seeds.py", folder],
                cwd=TOOLS.parent,
                check=True,
                capture_output=True,
            )
            parse = {path.name: path.read_bytes() for path in (folder / "seeds/parse").iterdir()}
            run = {path.name: path.read_bytes() for path in (folder / "seeds/run").iterdir()}
            words = (folder / "words.dict").read_text(encoding="utf-8").splitlines()
        self.assertGreater(len(parse), 300)
        self.assertTrue(any(b"OPTIONAL MATCH" in text for text in parse.values()))
        # A run's first byte chooses the graph; the rest is the query.
        self.assertEqual(parse, {name: text[1:] for name, text in run.items()})
        for word in ['"OPTIONAL"', '"percentileDisc"', '"duration.between"', '"=~"']:
            self.assertIn(word, words)


if __name__ == "__main__":
    unittest.main()
