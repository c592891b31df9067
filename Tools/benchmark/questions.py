"""The fourteen questions: what they ask, in Rapport's language and in SQL.

The statements were written in good faith, one for each question and engine, with the indexes that
one would make (see `peers`). Where SQLite and DuckDB spell a thing differently, the SQL has a
placeholder in braces.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from benchmark.dataset import Parameters

Row = tuple[object, ...]

# The topics under a topic, and the topic itself.
TREE = """
WITH RECURSIVE tree(topic) AS (
  SELECT {topic} UNION SELECT child.id FROM topic child JOIN tree ON child.parent = tree.topic)
"""


@dataclass(frozen=True)
class Question:
    name: str
    asks: str
    rapport: str
    # Empty for q6: each SQL engine has its own way to search for a shortest path, see `peers`.
    sql: str


QUESTIONS = {question.name: question for question in [
    Question(
        "q1", "how many meetings a person attended",
        "MATCH (p:Person {id: $x})-[:ATTENDED]->(m:Meeting) RETURN p.name AS name, count(m) AS c",
        "SELECT name, (SELECT count(*) FROM attendance WHERE person = $x) "
        "FROM person WHERE id = $x",
    ),
    Question(
        "q2", "whom a person met most often",
        "MATCH (a:Person {id: $x})-[:ATTENDED]->(m:Meeting)<-[:ATTENDED]-(b:Person) "
        "WHERE b.id <> $x RETURN b.id AS bid, count(*) AS c ORDER BY c DESC, bid LIMIT 20",
        """
        SELECT other.person, count(*) AS met
        FROM attendance own JOIN attendance other ON other.meeting = own.meeting
        WHERE own.person = $x AND other.person <> $x
        GROUP BY other.person ORDER BY met DESC, other.person LIMIT 20
        """,
    ),
    Question(
        "q3", "the pairs that met most often about a topic",
        "MATCH (t:Topic {id: $t})<-[:ABOUT]-(m:Meeting), "
        "(a:Person)-[:ATTENDED]->(m)<-[:ATTENDED]-(b:Person) WHERE a.id < b.id "
        "RETURN a.id AS aid, b.id AS bid, count(*) AS c ORDER BY c DESC, aid, bid LIMIT 20",
        """
        SELECT a.person, b.person, count(*) AS met
        FROM subject s JOIN attendance a ON a.meeting = s.meeting
        JOIN attendance b ON b.meeting = s.meeting AND b.person > a.person
        WHERE s.topic = $t GROUP BY 1, 2 ORDER BY met DESC, 1, 2 LIMIT 20
        """,
    ),
    Question(
        "q4", "the meetings where two regulators were spoken for, and their topics",
        "MATCH (m:Meeting) WHERE EXISTS { (m)<-[:ATTENDED {on_behalf_of: $a}]-(:Person) } "
        "AND EXISTS { (m)<-[:ATTENDED {on_behalf_of: $b}]-(:Person) } "
        "MATCH (m)-[:ABOUT]->(t:Topic) "
        "RETURN m.id AS id, m.date AS d, collect(t.id) AS ts ORDER BY d, id",
        """
        SELECT id, day, (SELECT group_concat(topic) FROM subject WHERE meeting = meeting.id)
        FROM meeting
        WHERE id IN (SELECT meeting FROM attendance WHERE regulator = $a
                     INTERSECT SELECT meeting FROM attendance WHERE regulator = $b)
        ORDER BY day, id
        """,
    ),
    Question(
        "q5", "whom a person met about a field between two days",
        "MATCH (t:Topic {id: $t})<-[:PART_OF*0..4]-(:Topic)<-[:ABOUT]-(m:Meeting)"
        "<-[:ATTENDED]-(:Person {id: $x}) WHERE date($d1) <= m.date <= date($d2) "
        "WITH DISTINCT m MATCH (m)<-[:ATTENDED]-(b:Person) WHERE b.id <> $x "
        "RETURN b.id AS bid, count(*) AS c ORDER BY c DESC, bid LIMIT 20",
        TREE + """
        SELECT other.person, count(*) AS met
        FROM attendance own JOIN meeting ON meeting.id = own.meeting
        JOIN attendance other ON other.meeting = own.meeting
        WHERE own.person = $x AND other.person <> $x
          AND meeting.day BETWEEN {first_day} AND {last_day}
          AND EXISTS (SELECT 1 FROM subject WHERE subject.meeting = own.meeting
                      AND subject.topic IN (SELECT topic FROM tree))
        GROUP BY other.person ORDER BY met DESC, other.person LIMIT 20
        """,
    ),
    Question(
        "q6", "over how many meetings two people are connected",
        "MATCH p = ANY SHORTEST (a:Person {id: $a})-[:ATTENDED*]-(b:Person {id: $b}) "
        "RETURN length(p) / 2 AS n",
        "",
    ),
    Question(
        "q7", "whom a person never met, and three or more of those that it met did",
        "MATCH (x:Person {id: $x})-[:ATTENDED]->(:Meeting)<-[:ATTENDED]-(c:Person) "
        "WITH DISTINCT x, c MATCH (c)-[:ATTENDED]->(:Meeting)<-[:ATTENDED]-(b:Person) "
        "WHERE b <> x AND NOT EXISTS { (x)-[:ATTENDED]->(:Meeting)<-[:ATTENDED]-(b) } "
        "WITH b, count(DISTINCT c) AS n WHERE n >= 3 "
        "RETURN b.id AS bid, n ORDER BY n DESC, bid LIMIT 20",
        """
        WITH known AS MATERIALIZED (
          SELECT DISTINCT other.person
          FROM attendance own JOIN attendance other ON other.meeting = own.meeting
          WHERE own.person = $x AND other.person <> $x)
        SELECT far.person, count(DISTINCT near.person) AS shared
        FROM known JOIN attendance near ON near.person = known.person
        JOIN attendance far ON far.meeting = near.meeting
        WHERE far.person <> $x AND far.person NOT IN (SELECT person FROM known)
        GROUP BY far.person HAVING count(DISTINCT near.person) >= 3
        ORDER BY shared DESC, far.person LIMIT 20
        """,
    ),
    Question(
        "q8", "how many meetings each regulator hosted in each year",
        "MATCH (r:Regulator)-[:HOSTED]->(m:Meeting) "
        "RETURN r.id AS r, m.date.year AS y, count(*) AS c",
        "SELECT host, {year}, count(*) FROM meeting GROUP BY 1, 2",
    ),
    Question(
        "q9", "which regulators were spoken for together most often",
        "MATCH (m:Meeting)<-[a:ATTENDED]-(:Person) WITH DISTINCT m, a.on_behalf_of AS r "
        "WITH m, collect(r) AS rs UNWIND rs AS r1 UNWIND rs AS r2 WITH r1, r2 WHERE r1 < r2 "
        "RETURN r1, r2, count(*) AS c ORDER BY c DESC, r1, r2 LIMIT 20",
        """
        WITH present AS MATERIALIZED (SELECT DISTINCT meeting, regulator FROM attendance)
        SELECT a.regulator, b.regulator, count(*) AS met
        FROM present a JOIN present b ON b.meeting = a.meeting AND b.regulator > a.regulator
        GROUP BY 1, 2 ORDER BY met DESC, 1, 2 LIMIT 20
        """,
    ),
    Question(
        "q10", "how many triples met about a topic, each two of them",
        "MATCH (t:Topic {id: $t})<-[:ABOUT]-(m:Meeting)<-[:ATTENDED]-(a:Person), "
        "(m)<-[:ATTENDED]-(b:Person) WHERE a.id < b.id WITH DISTINCT t, a, b "
        "MATCH (b)-[:ATTENDED]->(m2:Meeting)<-[:ATTENDED]-(c:Person), (m2)-[:ABOUT]->(t) "
        "WHERE b.id < c.id WITH DISTINCT t, a, b, c "
        "MATCH (a)-[:ATTENDED]->(m3:Meeting)<-[:ATTENDED]-(c), (m3)-[:ABOUT]->(t) "
        "WITH DISTINCT a, b, c RETURN count(*) AS n",
        """
        WITH met AS MATERIALIZED (
          SELECT DISTINCT a.person AS low, b.person AS high
          FROM subject s JOIN attendance a ON a.meeting = s.meeting
          JOIN attendance b ON b.meeting = s.meeting AND b.person > a.person
          WHERE s.topic = $t)
        SELECT count(*) FROM met ab JOIN met bc ON bc.low = ab.high
        JOIN met ac ON ac.low = ab.low AND ac.high = bc.high
        """,
    ),
    Question(
        "q11", "how many meetings a field had in each year",
        "MATCH (r:Topic {id: $t})<-[:PART_OF*1..4]-(:Topic)<-[:ABOUT]-(m:Meeting) "
        "WITH DISTINCT m RETURN m.date.year AS y, count(*) AS c",
        TREE + """
        SELECT {year}, count(*) FROM meeting
        WHERE id IN (SELECT meeting FROM subject
                     WHERE topic IN (SELECT topic FROM tree WHERE topic <> $t))
        GROUP BY 1
        """,
    ),
    Question(
        "q12", "people whose name has a part",
        "MATCH (p:Person) WHERE toLower(p.name) CONTAINS toLower($s) "
        "RETURN p.id AS id, p.name AS name ORDER BY id LIMIT 20",
        "SELECT id, name FROM person WHERE name {like} '%' || $s || '%' ORDER BY id LIMIT 20",
    ),
    Question(
        "q13", "how many paths of three attendances there are",
        "MATCH (p1:Person)-[:ATTENDED]->(m:Meeting)<-[:ATTENDED]-(p2:Person)"
        "-[:ATTENDED]->(m2:Meeting) RETURN count(*) AS n",
        # Neither engine ends in time if it makes the paths, so the degrees are multiplied.
        """
        WITH of_meeting AS MATERIALIZED (
               SELECT meeting, count(*) - 1 AS others FROM attendance GROUP BY meeting),
             of_person AS MATERIALIZED (
               SELECT person, count(*) - 1 AS others FROM attendance GROUP BY person)
        SELECT sum(of_meeting.others * of_person.others)
        FROM attendance JOIN of_meeting ON of_meeting.meeting = attendance.meeting
        JOIN of_person ON of_person.person = attendance.person
        """,
    ),
    Question(
        "q14", "who worked for a regulator on a day",
        "MATCH (p:Person)-[w:WORKS_FOR]->(r:Regulator {id: $a}) AS OF date($d) "
        "RETURN p.id AS id, w.title AS title ORDER BY id",
        """
        SELECT person, office FROM spell
        WHERE regulator = $a AND first_day <= {day} AND (end_day IS NULL OR end_day > {day})
        ORDER BY person
        """,
    ),
]}

SPELLINGS = {
    "sqlite": {"topic": "$t", "first_day": "$d1", "last_day": "$d2", "day": "$d", "like": "LIKE",
               "year": "CAST(substr(day, 1, 4) AS INTEGER)"},
    "duckdb": {"topic": "$t::INTEGER", "first_day": "$d1::DATE", "last_day": "$d2::DATE",
               "day": "$d::DATE", "like": "ILIKE", "year": "year(day)"},
}


def sql(engine: str, question: str) -> str:
    return QUESTIONS[question].sql.format(**SPELLINGS[engine])


# --- Rapport's ids are texts, the peers' are numbers -----------------------------------------

KINDS = "prtm"
KIND_OF_PARAMETER = {"x": "p", "t": "t", "a": "r", "b": "r"}


def for_rapport(question: str, parameters: Parameters) -> Parameters:
    """The parameters with Rapport's ids: of people, topics, and regulators (in q6: people)."""
    kinds = KIND_OF_PARAMETER | ({"a": "p", "b": "p"} if question == "q6" else {})
    return {name: f"{kinds[name]}{value:07d}" if name in kinds else value
            for name, value in parameters.items()}


def batch_request(question: str, parameters: Parameters) -> str:
    """The line by which `rapport query --batch` is asked."""
    return json.dumps({"query": QUESTIONS[question].rapport,
                       "parameters": for_rapport(question, parameters)}, ensure_ascii=False)


def plain(value: Any) -> Any:
    """One form of what the engines call the same: ids are numbers, days and lists are texts."""
    if isinstance(value, str) and len(value) == 8 and value[0] in KINDS and value[1:].isdigit():
        return int(value[1:])
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, (Decimal, float)) and value == int(value):
        return int(value)
    return value


def list_text(value: Any) -> str:
    """A list of topics, as numbers in order."""
    items = value.split(",") if isinstance(value, str) else value or ()
    return ",".join(map(str, sorted(int(plain(item)) for item in items)))


def canonical(question: str, rows: Iterable[Iterable[object]]) -> list[Row]:
    """The rows in a form and an order that all answers have in common."""
    if question == "q4":
        rows = ((meeting, day, list_text(topics)) for meeting, day, topics in rows)
    plain_rows = [tuple(plain(value) for value in row) for row in rows]
    if question == "q6" and not plain_rows:
        plain_rows = [(-1,)]
    return sorted(plain_rows, key=lambda row: [(isinstance(value, str), value) for value in row])
