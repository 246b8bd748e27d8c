"""The words that exercises are described with.

One list per idea. The values are stable keys (in the catalogue, in the database, in URLs); the labels are
what people read, and are translated. Nothing here touches the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(TextChoices):
    RITUAL = "ritual", _("Ritual")
    EXERCISE = "exercise", _("Exercise")
    CHECK_IN = "check_in", _("Check-in")
    SELF_ASSESSMENT = "self_assessment", _("Self-assessment")
    WARNING_SIGNS = "warning_signs", _("Warning signs")
    REPAIR = "repair", _("Repair")
    CONVERSATION = "conversation", _("Conversation")
    AGREEMENT = "agreement", _("Agreement")
    READING = "reading", _("Reading")
    MEASURE = "measure", _("Measure")


class Theme(TextChoices):
    APPRECIATION = "appreciation", _("Appreciation")
    EMOTIONAL_SAFETY = "emotional_safety", _("Emotional safety")
    ATTUNEMENT = "attunement", _("Attunement")
    VULNERABILITY = "vulnerability", _("Vulnerability")
    CONFLICT_REPAIR = "conflict_repair", _("Conflict and repair")
    PRESENCE = "presence", _("Presence")
    TOUCH = "touch", _("Touch")
    PLAY = "play", _("Play")
    SHARED_MEANING = "shared_meaning", _("Shared meaning")
    BOUNDARIES = "boundaries", _("Boundaries")
    SELF_CARE = "self_care", _("Self-care")
    TECHNOLOGY = "technology", _("Technology")
    CULTURE_IDENTITY = "culture_identity", _("Culture and identity")
    LONG_DISTANCE = "long_distance", _("Long distance")
    TRUST_REBUILDING = "trust_rebuilding", _("Rebuilding trust")
    EMOTIONAL_LABOUR = "emotional_labour", _("Emotional labour")


class Participation(TextChoices):
    EACH_ALONE = "each_alone", _("Each alone")
    TOGETHER = "together", _("Together")
    TURN_TAKING = "turn_taking", _("Taking turns")
    EITHER = "either", _("Alone or together")


class Level(TextChoices):
    GENTLE = "gentle", pgettext_lazy("depth of an exercise", "Gentle")
    MODERATE = "moderate", pgettext_lazy("depth of an exercise", "Moderate")
    DEEP = "deep", pgettext_lazy("depth of an exercise", "Deep")


class Lane(TextChoices):
    """Who may read an answer. The rules that follow from a lane are kept in one place, exercises/lanes.py."""

    OWN = "own", pgettext_lazy("lane", "Own")
    PRIVATE = "private", pgettext_lazy("lane", "Private")
    REVEAL = "reveal", pgettext_lazy("lane", "Reveal")
    SHARED = "shared", pgettext_lazy("lane", "Shared")
    JOINT = "joint", pgettext_lazy("lane", "Joint")


#: From the most closed to the most open. What is joint is open to the same people as what is shared.
NARROWEST_FIRST = (Lane.OWN, Lane.PRIVATE, Lane.REVEAL, Lane.JOINT, Lane.SHARED)


def narrowest(lanes: Iterable[Lane]) -> Lane | None:
    """The most closed of these lanes; None when there are none."""
    return min(lanes, key=NARROWEST_FIRST.index, default=None)


class QuestionType(TextChoices):
    """What an item of a form is: asked, shown only, or a group of others."""

    SCALE = "scale", _("Scale")
    YES_NO = "yes_no", _("Yes or no")
    SINGLE = "single", _("One choice")
    MULTI = "multi", _("Several choices")
    CHECKLIST = "checklist", _("Checklist, counted")
    SHORT_TEXT = "short_text", _("One line of text")
    LONG_TEXT = "long_text", _("Longer text")
    NUMBER = "number", _("Number")
    MOOD = "mood", _("Mood")
    DATE = "date", _("Date")
    TIME = "time", _("Time of day")
    DATETIME = "datetime", _("Date and time")
    SLIDER = "slider", _("Slider with words")
    GRID = "grid", _("Grid")
    URL = "url", _("Web address")
    QUANTITY = "quantity", _("Number with a unit")
    INSTRUCTIONS = "instructions", _("Text to read")
    IMAGE = "image", _("Picture")
    LINK = "link", _("Link")
    SECTION = "section", _("Section heading")
    GROUP = "group", _("Group")


class Operator(TextChoices):
    """How a condition looks at an earlier answer."""

    EXISTS = "exists", _("has an answer")
    IS = "=", _("is")
    IS_NOT = "!=", _("is not")
    ABOVE = ">", _("is more than")
    BELOW = "<", _("is less than")
    AT_LEAST = ">=", _("is at least")
    AT_MOST = "<=", _("is at most")


class TimeOfDay(TextChoices):
    MORNING = "morning", _("Morning")
    MIDDAY = "midday", _("Midday")
    EVENING = "evening", _("Evening")
    ANY = "any", _("Any time of day")


class Method(TextChoices):
    SUM = "sum", _("Sum of the answers")
    MEAN = "mean", _("Average of the answers")
    COUNT = "count", _("Number that apply")
    CHANGE = "change", _("Change from before to after")


class Direction(TextChoices):
    HIGHER_BETTER = "higher_better", _("Higher is better")
    LOWER_BETTER = "lower_better", _("Lower is better")
    TOWARDS_EVEN = "towards_even", _("Even between partners is better")


class Better(TextChoices):
    UP = "up", _("Higher is better")
    DOWN = "down", _("Lower is better")
    CONTEXT = "context", _("Depends on the context")


MOOD_SCALE: Mapping[int, Promise] = {
    1: pgettext_lazy("mood", "Very low"),
    2: pgettext_lazy("mood", "Low"),
    3: pgettext_lazy("mood", "Mixed or neutral"),
    4: pgettext_lazy("mood", "Good"),
    5: pgettext_lazy("mood", "Very good"),
}

MOOD_WORDS: Mapping[str, Promise] = {
    "calm": pgettext_lazy("feeling", "Calm"),
    "content": pgettext_lazy("feeling", "Content"),
    "grateful": pgettext_lazy("feeling", "Grateful"),
    "hopeful": pgettext_lazy("feeling", "Hopeful"),
    "tender": pgettext_lazy("feeling", "Tender"),
    "playful": pgettext_lazy("feeling", "Playful"),
    "proud": pgettext_lazy("feeling", "Proud"),
    "relieved": pgettext_lazy("feeling", "Relieved"),
    "curious": pgettext_lazy("feeling", "Curious"),
    "connected": pgettext_lazy("feeling", "Connected"),
    "tired": pgettext_lazy("feeling", "Tired"),
    "tense": pgettext_lazy("feeling", "Tense"),
    "lonely": pgettext_lazy("feeling", "Lonely"),
    "sad": pgettext_lazy("feeling", "Sad"),
    "anxious": pgettext_lazy("feeling", "Anxious"),
    "ashamed": pgettext_lazy("feeling", "Ashamed"),
    "hurt": pgettext_lazy("feeling", "Hurt"),
    "disappointed": pgettext_lazy("feeling", "Disappointed"),
    "irritated": pgettext_lazy("feeling", "Irritated"),
    "angry": pgettext_lazy("feeling", "Angry"),
    "jealous": pgettext_lazy("feeling", "Jealous"),
    "overwhelmed": pgettext_lazy("feeling", "Overwhelmed"),
    "numb": pgettext_lazy("feeling", "Numb"),
    "confused": pgettext_lazy("feeling", "Confused"),
    "longing": pgettext_lazy("feeling", "Longing"),
    "guilty": pgettext_lazy("feeling", "Guilty"),
    "restless": pgettext_lazy("feeling", "Restless"),
    "bored": pgettext_lazy("feeling", "Bored"),
    "afraid": pgettext_lazy("feeling", "Afraid"),
    "torn": pgettext_lazy("feeling", "Torn"),
}

ADAPTATIONS: Mapping[str, Promise] = {
    "long_distance": _("Partners in different places"),
    "neurodivergent": _("Sensory, attention, communication and predictability needs"),
    "more_than_two": _("Three or more partners, or chosen family"),
    "cultural": _("Norms of expression, language, faith and family"),
    "quiet_temperament": _("People who prefer writing or time to think"),
    "new_couple": _("Early relationships"),
    "long_term": _("Relationships of many years"),
    "accessibility": _("Disability and assistive needs"),
}

CAUTIONS: Mapping[str, Promise] = {
    "coercion": _(
        "Not as couple work where anyone fears a partner or is controlled, threatened or hurt. See "
        "individually first; block assignment while a safety flag is open."
    ),
    "touch_consent": _(
        "Every touch is optional each time; asking and declining need no reason; offer a version without touch."
    ),
    "pause_signal": _("Agree a stop word and gesture beforehand; anyone may use it and it is obeyed at once."),
    "trauma_history": _("May stir traumatic memories; prepare, go slowly, plan aftercare, or work individually."),
    "recent_betrayal": _("Raw breach of trust; the hurt person sets the pace and the therapist decides the timing."),
    "acute_crisis": _("Not for crisis; show emergency and helpline information and contact a person."),
    "not_mid_conflict": _("Only when everyone is calm; not during or right after an argument."),
    "third_party": _(
        "Concerns people who have not agreed (other partners, children, friends); keep details minimal and unnamed."
    ),
    "private_reading": _(
        "Someone might read the device; use neutral titles in reminders, a quick exit, and no content in notifications."
    ),
    "not_a_measure": _("Not a validated instrument, no cut-off, no diagnosis; use for trends and conversation."),
    "no_scorekeeping": _("Do not compare counts between partners or use them as evidence."),
    "pressure": _("Can turn into a duty; fewer and lighter is better, and skipping is information."),
}


@dataclass(frozen=True)
class Metric:
    """A series that several exercises feed, so that it can be charted across them."""

    key: str
    type: QuestionType
    better: Better
    label: Promise
    therapist_only: bool = False  # never on a page or report that a partner sees


def _metric(key: str, type: str, better: str, label: Promise, *, therapist_only: bool = False) -> tuple[str, Metric]:
    return key, Metric(key, QuestionType(type), Better(better), label, therapist_only)


METRICS: Mapping[str, Metric] = dict(
    [
        _metric("closeness", "scale", "up", _("How close a person feels")),
        _metric("felt_heard", "scale", "up", _("How heard or understood a person feels")),
        _metric("felt_known", "scale", "up", _("How well partners feel they know each other")),
        _metric("emotional_safety", "scale", "up", _("How safe it is to be honest")),
        _metric("presence", "scale", "up", _("Undivided attention in shared time")),
        _metric("openness", "scale", "up", _("How open a person was")),
        _metric("trust", "scale", "up", _("Trust at this moment")),
        _metric("shared_meaning", "scale", "up", _("Fit of values, aims and future")),
        _metric("enjoyment", "scale", "up", _("Pleasure and teamwork in shared activity")),
        _metric("appreciation_felt", "scale", "up", _("How far appreciation arrives")),
        _metric("support", "scale", "up", _("Felt support")),
        _metric("touch_comfort", "scale", "up", _("Ease with touch")),
        _metric("repair_quality", "scale", "up", _("How repaired a conflict feels")),
        _metric("resilience", "scale", "up", _("How well a hard event was handled together")),
        _metric("autonomy", "scale", "up", _("Room for each person as an individual")),
        _metric("fairness", "scale", "up", _("Perceived fairness")),
        _metric("boundary_respect", "scale", "up", _("How well limits are respected")),
        _metric("belonging", "scale", "up", _("Belonging in the group or circle")),
        _metric("goal_progress", "scale", "up", _("Progress towards agreed aims")),
        _metric("energy", "scale", "up", _("Energy and being resourced")),
        _metric("hope", "scale", "up", _("Hope of change")),
        _metric("usefulness", "scale", "up", _("Usefulness of practice or appointment")),
        _metric("confidence", "scale", "up", _("Confidence in doing the practice")),
        _metric("insight", "scale", "up", _("Clarity about self or pattern")),
        _metric("coping", "scale", "up", _("Coping after a breach")),
        _metric("growth", "scale", "up", _("Perceived personal growth")),
        _metric("authenticity", "scale", "up", _("Freedom to be oneself")),
        _metric("safety", "scale", "up", _("How safe a person feels at home"), therapist_only=True),
        _metric("stress", "scale", "down", _("Stress, tension or arousal")),
        _metric("burnout", "scale", "down", _("Emotional exhaustion")),
        _metric("conflict_intensity", "scale", "down", _("Heat of a conflict")),
        _metric("loneliness", "scale", "down", _("Loneliness in the relationship")),
        _metric("jealousy", "scale", "down", _("Jealousy or comparison")),
        _metric("needs_gap", "scale", "down", _("Gap between wanted and actual closeness")),
        _metric("worry", "scale", "down", _("Worry or urgency")),
        _metric("pressure", "scale", "down", _("Burden and pressure of the work itself")),
        _metric("ritual_kept", "yes_no", "up", _("A planned practice took place")),
        _metric("promises_kept", "yes_no", "up", _("A promise was kept")),
        _metric("mood", "mood", "up", _("Mood")),
        _metric("appreciation_given", "number", "up", _("Acknowledgements voiced")),
        _metric("appreciation_received", "number", "up", _("Acknowledgements noticed")),
        _metric("bids_made", "number", "up", _("Small reaches made")),
        _metric("bids_met", "number", "up", _("Small reaches answered")),
        _metric("ritual_kept_count", "number", "up", _("Rituals kept in a period")),
        _metric("conflict_count", "number", "context", _("Conflicts in a period")),
        _metric("repair_hours", "number", "down", _("Hours from conflict to reconnection")),
        _metric("recovery_days", "number", "down", _("Days until steady after a hard event")),
        _metric("interruptions", "number", "down", _("Times devices broke into shared time")),
        _metric("screen_minutes", "number", "down", _("Own screen minutes in shared time")),
        _metric("support_people", "number", "up", _("People one can turn to")),
        _metric("alone_hours", "number", "context", _("Hours of own time")),
        _metric("rest_hours", "number", "up", _("Hours of real rest")),
        _metric("labour_tasks", "number", "up", _("Invisible tasks done without a reminder")),
    ]
)
