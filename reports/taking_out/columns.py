"""The columns of ``answers.csv``, in their order: a program may rely on their names.

docs/taking-out.md says the same; ``tests/reports/taking_out`` compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column. ``number``: it holds a figure of ours, so that a minus sign in front of it is no formula."""

    name: str
    about: str
    number: bool = False


COLUMNS = (
    Column("row", "answer: what was answered to one item. score: a number that answers add up to."),
    Column("couple_id", "Made for files; the same in each. Leads to nobody without this installation's secret."),
    Column("person_id", "As couple_id. In the FHIR bundle it is the id of the Patient."),
    Column("person_name", "Empty unless names were asked for."),
    Column("response_id", "Made for files. Equal for all rows of one answering; in the FHIR bundle its id."),
    Column("exercise", "The short name of the exercise: constant, whatever its title becomes."),
    Column("title", "What the exercise was called, in the language of the row."),
    Column("edition", "The number of the edition that was answered. Empty for a score from paper.", number=True),
    Column("edition_id", "The id of that edition, as in the library."),
    Column("item_id", "The key of the item in its form; of a score, the keys that it was made from."),
    Column("item_code", "What the item is called in a coding system: system|code. Empty where it has no code."),
    Column("wording", "The item as it was asked; of a grid, its question and the row."),
    Column("language", "The language of title, wording, value and band (BCP 47)."),
    Column("type", "The type of the item: scale, yes_no, single, long_text and so on."),
    Column("value", "The answer in words, as the pages say it."),
    Column("number", "The answer as a number, where it has one. A point, no thousands.", number=True),
    Column("choices", "Keys of what was chosen, parted by semicolons: constant in all languages."),
    Column("unit", "The unit of the number."),
    Column("declined", "yes: they would rather not say. That is no missing answer."),
    Column(
        "score",
        "Of a score: its series, such as phq9, phq4.anxiety, or closeness, which several exercises share.",
    ),
    Column("score_name", "What that is called, in the language of the row."),
    Column("score_value", "Of a score: the number.", number=True),
    Column("band", "Of a score: the band of a measure, in words. Empty where there is none."),
    Column("lane", "Who reads it: private, reveal, shared or joint. An item may be narrower than its form."),
    Column("due_at", "When it was due: ISO 8601, UTC. Empty where it had no date."),
    Column("answered_at", "When it was sent: ISO 8601, UTC. Empty for a score from paper."),
    Column("day", "The day of it by that person's clock."),
    Column("time_zone", "That clock: a name of the IANA database."),
    Column("revision", "Counts up with each amendment; only the newest is here.", number=True),
    Column("source", "portal: answered here. imported: brought in. paper: a score that staff typed in."),
)
NAMES = tuple(one.name for one in COLUMNS)


HEAD = """The columns of answers.csv.

UTF-8 with a byte order mark, commas, quotes doubled, CR LF (RFC 4180). Where a text begins with a sign that a
spreadsheet would run as a formula, or with an apostrophe, there is an apostrophe before it: take one away to have the
text as it was. Empty means: there is none.
"""


def dictionary() -> str:
    """Return what each column means, as text that lies beside the table."""
    return HEAD + "".join(f"\n{one.name}\n    {one.about}" for one in COLUMNS) + "\n"
