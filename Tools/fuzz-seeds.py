#!/usr/bin/env python3
"""Collects what the fuzzers of Tools/fuzz start from.

    Tools/fuzz-seeds.py DIR

Writes the queries of the tests, the documentation, the conformance scenarios and the benchmarks,
where they are there, to DIR/seeds/parse and DIR/seeds/run, one a file, and the words of the
language to DIR/words.dict. Runs in the root of the package.
"""

import hashlib
import json
import pathlib
import re
import sys

SHARED = pathlib.Path("../shared")
BYTES_MAX = 4096
QUERY = re.compile(r"\b(MATCH|RETURN|UNWIND|WITH|CALL|SCHEMA|DERIVE)\b", re.IGNORECASE)
SWIFT_TEXT = re.compile(r'"""\n(.*?)"""|"((?:[^"\\\n]|\\.)*)"', re.DOTALL)
FENCE = re.compile(r"```[a-z]*\n(.*?)```", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
# Sources whose string literals are the words that the language knows.
WORD_SOURCES = ["Sources/Language", "Sources/Expressions", "Sources/Queries/Binding"]
WORD = re.compile(r'"([A-Za-z][A-Za-z_.]{1,30})"')
SIGNS = ["<-[", "]->", "-[", "]-", "(", ")", "*1..2", "=~", "<>", "..", "|", "$a", "{", "}"]
SIGNS += ["[x IN "]


def unescaped(text):
    return re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[0]), text)


def swift_texts():
    for path in sorted(pathlib.Path("Tests").rglob("*.swift")):
        for block, line in SWIFT_TEXT.findall(path.read_text(encoding="utf-8")):
            yield block or unescaped(line)


def documented_texts():
    for path in [pathlib.Path("README.md"), *sorted(pathlib.Path("Sources").rglob("*.md"))]:
        yield from FENCE.findall(path.read_text(encoding="utf-8"))


def files(folder, *suffixes):
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file() and path.suffix in suffixes:
            yield path.read_text(encoding="utf-8", errors="replace")


def scenario_queries():
    for path in sorted((SHARED / "tck").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line).get("query") or ""


def benchmark_queries():
    for text in files(SHARED / "bench", ".py"):
        yield from (block or line for block, line in SWIFT_TEXT.findall(text))


def seeds():
    yield from (text for text in swift_texts() if QUERY.search(text))
    yield from documented_texts()
    yield from files(pathlib.Path("Schema"), ".rapport", ".schema", ".txt")
    yield from scenario_queries()
    yield from (text for text in benchmark_queries() if QUERY.search(text))


def write_seeds(folder):
    parse, run = folder / "seeds/parse", folder / "seeds/run"
    for target in (parse, run):
        target.mkdir(parents=True, exist_ok=True)
    count = 0
    for text in {text.strip() for text in seeds()}:
        data = text.encode("utf-8")
        if not data or len(data) >= BYTES_MAX:
            continue
        name = hashlib.sha256(data).hexdigest()[:16]
        (parse / name).write_bytes(data)
        # The first byte chooses the graph.
        (run / name).write_bytes(bytes([int(name[:2], 16)]) + data)
        count += 1
    return count


def write_words(path):
    words = set(SIGNS)
    for source in WORD_SOURCES:
        for text in files(pathlib.Path(source), ".swift"):
            words.update(WORD.findall(text))
    lines = [f'"{word}"\n' for word in sorted(words)]
    path.write_text("".join(lines), encoding="utf-8")
    return len(lines)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    seed_count = write_seeds(folder)
    if seed_count == 0:
        sys.exit("fuzz-seeds.py: found no query to start from")
    word_count = write_words(folder / "words.dict")
    print(f"==> {seed_count} seeds, {word_count} words", file=sys.stderr)


if __name__ == "__main__":
    main()
