"""Tables of the floor's own, for what it writes: the same columns and indexes, and the text in them not sealed.

No trigger is on them that would write an audit trail; they begin with the rows of ours.
"""

#: By the name here, the table of ours, and its column that is not sealed here.
OWN = {
    "occurrence": ("exercises_occurrence", ""),
    "message": ("practice_message", ""),
    "draft": ("exercises_draft", "answers"),
    "response": ("exercises_response", ""),
    "answer": ("exercises_answer", "text"),
    "score": ("reports_score", ""),
}
TABLES = "DROP SCHEMA IF EXISTS floor CASCADE; CREATE SCHEMA floor; " + "; ".join(
    f"CREATE TABLE floor.{name} (LIKE {ours} INCLUDING ALL)"
    + (f"; ALTER TABLE floor.{name} ALTER {text} TYPE jsonb USING '{{}}'" if text == "answers" else "")
    + (f"; ALTER TABLE floor.{name} ALTER {text} TYPE text USING ''" if text == "text" else "")
    + ("" if text else f"; INSERT INTO floor.{name} SELECT * FROM {ours}")
    for name, (ours, text) in OWN.items()
)

_KEPT = "id, practice_id, couple_id, response_id, author_id, lane, readers, opens_at, key, number, choices"


def with_answers(said: str) -> str:
    """Return what makes the tables with the answers in them, where every text that anybody wrote is this one."""
    wrote = f"CASE WHEN length(text) > 0 THEN '{said}' ELSE '' END"
    return (
        f"{TABLES}; INSERT INTO floor.answer ({_KEPT}, text, declined, author_keeps)"
        f" SELECT {_KEPT}, {wrote}, declined, author_keeps FROM exercises_answer; ANALYZE floor.answer"
    )
