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
