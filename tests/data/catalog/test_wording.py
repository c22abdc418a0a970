"""A schema that was dumped and restored is told in the same words."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodverify.data.catalog.difference import difference
from prodverify.data.catalog.wording import settled

EXPRESSIONS = """
CREATE TABLE t (
    id int, s varchar(10) CHECK (s IN ('a', 'b')), c char(3) CHECK (c IN ('abc', 'def')),
    n numeric CHECK (n BETWEEN 1 AND 2), word varchar DEFAULT 'x' CHECK (word <> 'y' AND word NOT IN ('p', 'it''s ]')),
    words varchar[] DEFAULT ARRAY['a', 'b'], d date DEFAULT '2020-01-01', i interval DEFAULT '1 day',
    made varchar GENERATED ALWAYS AS (s || 'x') STORED, j jsonb DEFAULT '{}',
    CHECK (s LIKE 'a%' OR s ILIKE 'b%' OR s ~ '^c'), CHECK (s SIMILAR TO 'a%'), CHECK (id = ANY ('{1,2}'::int[])),
    CHECK (word IN (s, 'x')), CHECK (CASE WHEN s = 'a' THEN true ELSE coalesce(s, '') <> '' END));
CREATE INDEX lower_s ON t (lower(s)) WHERE s IN ('a', 'b') AND id IN (1, 2, 3);
CREATE VIEW v AS SELECT * FROM t WHERE s IN ('a', 'b') UNION ALL SELECT * FROM t x WHERE x.s = 'q' ORDER BY 1 LIMIT 3;
CREATE VIEW w AS SELECT t.id, count(*) FILTER (WHERE t.s IN ('a', 'b')) OVER (PARTITION BY t.id) FROM t
    JOIN v USING (id) LEFT JOIN LATERAL (SELECT 1 AS z) q ON true;
CREATE MATERIALIZED VIEW m AS WITH x AS (SELECT s FROM t WHERE s IN ('a', 'b')) SELECT * FROM x;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON t USING (s IN ('a', 'b')) WITH CHECK (s = current_user);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER tr BEFORE UPDATE OF s ON t FOR EACH ROW WHEN (NEW.s IN ('a', 'b')) EXECUTE FUNCTION f();
CREATE DOMAIN dom AS varchar(5) CHECK (VALUE IN ('x', 'y'));
CREATE FUNCTION g(a varchar DEFAULT 'x') RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1 WHERE a IN ('p', 'q'); END;
CREATE RULE r AS ON UPDATE TO t WHERE OLD.s IN ('a', 'b') DO ALSO NOTHING;
CREATE TABLE parts (s varchar, k int) PARTITION BY LIST (s);
CREATE TABLE part_a PARTITION OF parts FOR VALUES IN ('a', 'b');
CREATE TABLE bare (LIKE t INCLUDING ALL);
"""


@pytest.fixture(scope="module")
def restored(databases, programs):
    """Dumps a database and restores it into another."""

    def again(dsn):
        copy = databases()
        dumped = subprocess.run([programs.tool("pg_dump"), dsn], capture_output=True, check=True)
        command = [programs.tool("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", copy]
        subprocess.run(command, input=dumped.stdout, stdout=subprocess.DEVNULL, check=True)
        return copy

    return again


def test_everything_is_told_in_the_same_words_after_a_restore(everything, everything_lines, restored, lines_of):
    assert [] == difference(everything_lines, lines_of(restored(everything))).as_lines()


def test_expressions_are_told_in_the_same_words_after_a_restore(databases, restored, lines_of):
    dsn = databases(EXPRESSIONS)

    assert [] == difference(lines_of(dsn), lines_of(restored(dsn))).as_lines()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("(s = ANY ((ARRAY['a'::character varying, 'b, (]'::character varying])::text[]))",
         "(s = ANY (ARRAY[('a'::character varying)::text, ('b, (]'::character varying)::text]))"),
        ('(ARRAY[t."a, b", f(x, ARRAY[1])])::"My type"[]', 'ARRAY[(t."a, b")::"My type", (f(x, ARRAY[1]))::"My type"]'),
        ("(ARRAY[a])::character varying(5)[]", "ARRAY[(a)::character varying(5)]"),
        ("ARRAY[('a'::character varying)::text]", "ARRAY[('a'::character varying)::text]"),
        ("(ARRAY[1, 2])", "(ARRAY[1, 2])"),
        ("(ARRAY[1, 2", "(ARRAY[1, 2"),
    ],
)  # fmt: skip
def test_a_list_that_is_cast_as_a_whole_is_told_as_one_whose_members_are(before, after):
    assert after == settled(before)


@given(st.text("(ARRAY[]):text',\" 1"))
def test_no_text_is_too_odd_and_nothing_is_settled_twice(text):
    once = settled(text)

    assert once == settled(once)
