"""The ledger's one door on PostgreSQL: `ledger_lock` and `ledger_append`, which run as the tables' owner.

Explicit DDL, importing nothing of ours: a migration is history and doesn't change when the
tables' present definitions do. A role that may read the ledger's tables and call these two, and
nothing more, can add entries at the end and do nothing else to the ledger: leaf hashes,
look-ups, nodes and head are made here, out of the entries' bytes. SQLite knows no roles; its
guards stay what they were.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

# A plan made over an empty ledger is kept while it grows to millions: no sequential scans, then, and
# no compiler, which their made-up price would call.
_AS_OWNER = """
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, {schema}, pg_temp
SET enable_seqscan = off
SET jit = off
"""

_LOCK = """
CREATE FUNCTION ledger_lock(OUT size bigint, OUT at text) {as_owner} AS $$
BEGIN
    -- Who waited for the lock has to see what the one before committed.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION USING MESSAGE = 'the ledger is written at READ COMMITTED', ERRCODE = 'SB001';
    END IF;
    SELECT h.size, h.at INTO size, at FROM ledger_head h WHERE h.id = 1 FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING MESSAGE = 'the ledger has no head', ERRCODE = 'SB001';
    END IF;
END $$
"""

_APPEND = """
CREATE FUNCTION ledger_append(start bigint, given bytea[]) RETURNS bytea {as_owner} AS $$
DECLARE
    head record;
    rest bigint := start;
    height integer := 0;
    place bigint := start;
    hash bytea;
    crown bytea;
    stack bytea[] := '{{}}';
    top integer;
    entry bytea;
    said jsonb;
    moment text;
BEGIN
    SELECT h.size, h.root, h.at INTO head FROM ledger_head h WHERE h.id = 1 FOR UPDATE;
    IF head.size IS DISTINCT FROM start OR COALESCE(cardinality(given), 0) = 0 THEN
        RAISE EXCEPTION USING MESSAGE = 'an entry follows the last one without a gap',
            ERRCODE = 'integrity_constraint_violation';
    END IF;

    -- The tree's peaks as they stand, from right to left; the root has to follow from them.
    WHILE rest > 0 LOOP
        IF rest & 1 = 1 THEN
            IF height = 0 THEN
                SELECT e.leaf INTO hash FROM ledger_entries e WHERE e.index = rest - 1;
            ELSE
                SELECT n.hash INTO hash FROM ledger_nodes n WHERE n.level = height AND n.position = rest - 1;
            END IF;
            IF hash IS NULL THEN
                RAISE EXCEPTION USING MESSAGE = 'a node of the ledger''s tree is missing', ERRCODE = 'SB001';
            END IF;
            crown := CASE WHEN crown IS NULL THEN hash ELSE sha256('\\x01'::bytea || hash || crown) END;
            stack := array_prepend(hash, stack);
        END IF;
        rest := rest >> 1;
        height := height + 1;
    END LOOP;
    IF head.root IS DISTINCT FROM COALESCE(crown, sha256(''::bytea)) THEN
        RAISE EXCEPTION USING MESSAGE = 'the ledger''s nodes don''t lead to its root', ERRCODE = 'SB001';
    END IF;

    -- What the guards of the two tables look for, row by row, is so here by the loop below.
    PERFORM set_config('sealedbook.door', 'ledger_append', true);
    top := cardinality(stack);
    moment := head.at;
    FOREACH entry IN ARRAY given LOOP
        said := convert_from(entry, 'UTF8')::jsonb;
        IF (said->>'at' >= moment AND COALESCE((said->>'because')::bigint BETWEEN 0 AND place - 1, true))
            IS NOT TRUE
        THEN
            RAISE EXCEPTION USING MESSAGE = 'an entry''s time and reference lead backwards',
                ERRCODE = 'integrity_constraint_violation';
        END IF;
        moment := said->>'at';
        hash := sha256('\\x00'::bytea || entry);
        INSERT INTO ledger_entries
            (index, leaf, entry, at, event, action, outcome, actor, agent, export, fencing)
        VALUES (place, hash, entry, moment, said->>'event', said->>'action', said->>'outcome',
            said->'actor'->>'id', said->>'agent', said->>'export', (said->>'fencing')::bigint);
        IF said ? 'rules' THEN
            INSERT INTO ledger_rules (rule, index) SELECT jsonb_array_elements_text(said->'rules'), place;
        END IF;
        IF said ? 'record' THEN
            INSERT INTO ledger_records (person, index, record)
            VALUES (said->'resource'->>'id', place, said->>'record');
        END IF;
        -- Each trailing one bit of the old size is a peak of the same height: merge it in.
        rest := place;
        height := 0;
        WHILE rest & 1 = 1 LOOP
            hash := sha256('\\x01'::bytea || stack[top] || hash);
            top := top - 1;
            rest := rest >> 1;
            height := height + 1;
            INSERT INTO ledger_nodes (level, position, hash) VALUES (height, rest, hash);
        END LOOP;
        top := top + 1;
        stack[top] := hash;
        place := place + 1;
    END LOOP;
    PERFORM set_config('sealedbook.door', '', true);
    crown := stack[top];
    FOR height IN REVERSE top - 1 .. 1 LOOP
        crown := sha256('\\x01'::bytea || stack[height] || crown);
    END LOOP;
    UPDATE ledger_head SET size = place, root = crown, at = moment WHERE id = 1;
    RETURN crown;
END $$
"""

# Their guards stay for whatever comes another way than by the function.
_FOLLOWED = ("ledger_entries", "ledger_nodes")


def upgrade() -> None:
    """Make the functions, for their owner alone so far: who else may call them is granted after migrating."""
    if op.get_bind().dialect.name == "sqlite":
        return
    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    for function in (_LOCK, _APPEND):
        op.execute(sa.text(function.format(as_owner=_AS_OWNER.format(schema=schema)).replace(":", "\\:")))
    op.execute("REVOKE ALL ON FUNCTION ledger_lock(), ledger_append(bigint, bytea[]) FROM PUBLIC")
    for table in _FOLLOWED:
        op.execute(f"DROP TRIGGER {table}_follow ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_follow BEFORE INSERT ON {table} FOR EACH ROW "
            "WHEN (current_setting('sealedbook.door', true) IS DISTINCT FROM 'ledger_append') "
            f"EXECUTE FUNCTION {table}_follow()"
        )
