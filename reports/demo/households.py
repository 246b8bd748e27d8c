"""The nine couples of the demo: who they are, what they were given, and where they stand today."""

from __future__ import annotations

from reports.demo.people import INES, MARA, RUTH, SAMIR, THEO, Gift, Household, Person

WEEKLY = "FREQ=WEEKLY"
DAILY = "FREQ=DAILY"
ONCE = "once"

#: A year of work: slow at first, a session every other week, then twelve weeks in which much moves. The couple whose
#: logins are printed.
MARA_AND_THEO = Household(
    partners=(MARA, THEO),
    therapist=INES,
    days=364,
    sessions=(
        *((ago, "17:00") for ago in range(360, 80, -14)),
        *((ago, "17:00") for ago in range(80, 2, -7)),
        (-4, "17:00"),
        (-11, "17:00"),
    ),
    clearance="Spoke with each of them alone on the first afternoon. No fear, no control, no violence; both "
    "want to work together.",
    gifts=(
        Gift("connection-landscape", 0, "So that I know where each of you stands before we begin.", at="20:00"),
        Gift("five-appreciations-a-day", 16, "Five is a lot. Three will do.", rule="FREQ=DAILY;COUNT=5", at="21:00"),
        Gift("what-closeness-means-to-us", 44, "Write it before you talk about it.", rule=ONCE, at="20:00"),
        Gift(
            "five-step-check-in",
            72,
            "Twenty minutes, the same evening every week, until the summer.",
            rule="FREQ=WEEKLY;COUNT=12",
            at="20:00",
            remind=False,
        ),
        Gift(
            "high-and-low",
            163,
            "At dinner, also on grey days.",
            rule="FREQ=WEEKLY;BYDAY=MO;COUNT=10",
            at="19:30",
            remind=False,
        ),
        Gift("needs-inventory", 205, "Before the holidays, so that they are talked about.", rule=ONCE, at="20:00"),
        Gift(
            "nightly-gratitude-exchange",
            240,
            "A week of it, after the weeks apart.",
            rule="FREQ=DAILY;COUNT=7",
            at="21:00",
            remind=False,
        ),
        Gift(
            "mood-log",
            281,
            "One minute in the evening. We will look at the pattern, not at single days.",
            at="20:30",
            lane="private",
            remind=False,
        ),
        Gift(
            "seven-question-closeness-check",
            3,
            "The same seven questions every four weeks.",
            rule="FREQ=WEEKLY;INTERVAL=4",
            at="19:00",
            remind=False,
        ),
        Gift(
            "weekly-state-of-us",
            286,
            "Your weekly meeting. Phones in the other room, tea on the table.",
            rule=WEEKLY,
            at="19:00",
        ),
        Gift(
            "gratitude-log",
            290,
            "You said that you only ever hear what goes wrong. This is the other half.",
            rule="FREQ=WEEKLY;BYDAY=TU,TH,SA;COUNT=12",
            at="21:00",
            remind=False,
        ),
        Gift(
            "rupture-and-repair-log",
            297,
            "How quickly you find back to each other tells more than how often you argue.",
            rule=WEEKLY,
            at="18:00",
            remind=False,
        ),
        Gift(
            "pause-and-return-agreement",
            304,
            "After Tuesday's quarrel in the car: a way out, and a way back.",
            rule=ONCE,
            at="20:00",
        ),
        Gift(
            "noticing-bids",
            311,
            "Only for you, Theo: seven days of noticing the small reaches.",
            at="21:30",
            to=("Theo",),
            remind=False,
        ),
        Gift("six-step-repair", 318, "For the quarrel about the holidays, slowly, once.", rule=ONCE, at="20:00"),
        Gift(
            "cook-with-one-lead",
            325,
            "Somebody leads and somebody follows, and at the end there is dinner.",
            rule="FREQ=WEEKLY;COUNT=5",
            at="18:30",
            remind=False,
        ),
        Gift(
            "emotional-labour-inventory",
            339,
            "You both said 'I do everything'. Let us see.",
            rule=ONCE,
            at="20:00",
            opens_by="all",
        ),
        Gift(
            "story-swap",
            346,
            "A story from before the two of you. No advice, please.",
            rule="FREQ=WEEKLY;COUNT=2",
            at="20:30",
        ),
        Gift(
            "our-repair-gesture",
            360,
            "Find one small gesture that means: I am still on your side.",
            rule=ONCE,
            at="20:00",
        ),
    ),
)

FIRST_WEEK = Household(
    partners=(
        Person("Adaeze", "she/her", "adaeze@example.org", (0.5, 0.6)),
        Person("Tomasz", "he/him", "tomasz@example.org", (0.4, 0.55), answers=0.6, zone="Europe/Warsaw"),
    ),
    therapist=INES,
    days=6,
    sessions=((6, "11:00"), (-1, "11:00")),
    place="Video",
    gifts=(
        Gift(
            "what-therapy-involves", 0, "Ten minutes to read, so that nothing about our work is a surprise.", at="20:00"
        ),
        Gift(
            "nightly-gratitude-exchange",
            2,
            "One thing from the day, even from different countries.",
            rule=DAILY,
            at="21:00",
        ),
        Gift(
            "connection-landscape", 3, "For our second meeting. Each alone; I am the only one who reads it.", at="20:00"
        ),
    ),
)

SEALED = Household(
    partners=(
        Person("Yuki", "they/them", "yuki@example.org", (0.5, 0.65), answers=1.0),
        Person("Rosa", "she/her", "rosa@example.org", (0.45, 0.7), answers=1.0),
    ),
    therapist=INES,
    days=35,
    sessions=((35, "15:00"), (21, "15:00"), (7, "15:00"), (0, ""), (-14, "15:00")),
    gifts=(
        Gift("what-closeness-means-to-us", 15, "Write it before you talk about it.", rule=ONCE, at="20:00"),
        Gift("five-appreciations-a-day", 22, "Five is a lot. Three will do.", rule="FREQ=DAILY;COUNT=5", at="21:00"),
        Gift(
            "needs-inventory",
            30,
            "Sealed until we meet, so that neither answers the other's answers.",
            rule=ONCE,
            at="20:00",
        ),
    ),
)

QUIET = Household(
    partners=(
        Person("ليلى", "she/her", "layla@example.org", (0.45, 0.4), answers=0.95),
        Person("Jonas", "he/him", "jonas@example.org", (0.4, 0.35), answers=0.9),
    ),
    therapist=INES,
    days=49,
    sessions=((49, "09:30"), (35, "09:30"), (21, "09:30"), (-2, "09:30")),
    quiet_for=15,
    gifts=(
        Gift("five-step-check-in", 5, "Twenty minutes, the same evening every week.", rule=WEEKLY, at="20:00"),
        Gift(
            "high-and-low",
            14,
            "At dinner, both of you, also on grey days.",
            rule="FREQ=WEEKLY;BYDAY=MO,WE,FR",
            at="19:30",
        ),
    ),
)

THREE = Household(
    partners=(
        Person("Kwame", "he/him", "kwame@example.org", (0.55, 0.7)),
        Person("Ingrid", "she/her", "ingrid@example.org", (0.45, 0.65)),
        Person("Mateo", "he/they", "mateo@example.org", (0.35, 0.6), answers=0.75),
    ),
    therapist=RUTH,
    days=56,
    sessions=((56, "18:30"), (42, "18:30"), (28, "18:30"), (14, "18:30"), (-3, "18:30")),
    gifts=(
        Gift(
            "group-check-in",
            9,
            "All three chairs, the same hour. Nobody decides for who is not there.",
            rule="FREQ=WEEKLY;INTERVAL=2",
            at="19:00",
        ),
        Gift(
            "shared-table",
            27,
            "The table is open to friends. See who feels at home at it.",
            rule="FREQ=WEEKLY;COUNT=4",
            at="14:00",
        ),
    ),
)

JUST_INVITED = Household(
    partners=(
        Person("Oluwaseun", "he/him", "seun@example.org"),
        Person("Freya", "she/her", "freya@example.org"),
    ),
    therapist=INES,
    days=1,
    sessions=((-5, "10:00"),),
    joined=False,
)

ALERT = Household(
    partners=(
        Person("Priya", "she/her", "priya@example.org", (0.4, 0.25), answers=0.9),
        Person("Callum", "he/him", "callum@example.org", (0.5, 0.5), answers=0.7),
    ),
    therapist=SAMIR,
    days=28,
    sessions=((28, "16:00"), (14, "16:00"), (-1, "16:00")),
    gifts=(
        Gift(
            "how-are-you-really",
            2,
            "Past the first answer. Two sentences are plenty.",
            rule="FREQ=WEEKLY;BYDAY=MO,TH,SA",
            at="19:00",
        ),
        Gift(
            "effort-or-pressure",
            8,
            "Whether all this is too much is something I can only know from you.",
            rule=ONCE,
            at="20:00",
        ),
        Gift(
            "day-after-follow-up",
            15,
            "You made up on Saturday. Look once more, a day later.",
            rule=ONCE,
            at="20:00",
        ),
        Gift(
            "deeper-trouble-signs",
            26,
            "Only I read this. Tell me how it is, not how it should be.",
            rule=ONCE,
            at="20:00",
        ),
    ),
    said={
        "Priya": {
            "deeper-trouble-signs": {
                "signs": ["withdraw", "joyless", "self_neglect"],
                "weeks": ["9"],
                "hope": ["2"],
                "talk": ["yes"],
            },
            # One that waits for the next session, and one that only stands on the couple's page.
            "day-after-follow-up": {"need_help": ["yes"]},
            "effort-or-pressure": {"too_much": ["yes"]},
        }
    },
)

PAUSED = Household(
    partners=(
        Person("Siobhán", "she/her", "siobhan@example.org", (0.5, 0.7)),
        Person("Nkechi", "she/her", "nkechi@example.org", (0.55, 0.7)),
    ),
    therapist=SAMIR,
    days=63,
    sessions=((63, "12:00"), (49, "12:00"), (35, "12:00"), (21, "12:00")),
    then=("paused", 10),
    gifts=(
        Gift("emotional-labour-inventory", 9, "Before the baby comes: who carries what?", rule=ONCE, at="20:00"),
        Gift(
            "rebalance-emotional-labour",
            22,
            "Four Sundays, one task handed over completely.",
            rule="FREQ=WEEKLY;COUNT=4",
            at="18:00",
        ),
    ),
)

SEPARATED = Household(
    partners=(
        Person("Wei", "he/him", "wei@example.org", (0.4, 0.3), answers=0.7),
        Person("Hannah", "she/her", "hannah@example.org", (0.35, 0.45), answers=0.8),
    ),
    therapist=SAMIR,
    days=70,
    sessions=((70, "13:30"), (56, "13:30"), (42, "13:30"), (28, "13:30"), (14, "13:30"), (-7, "13:30")),
    then=("separated", 12),
    gifts=(
        Gift(
            "weekly-state-of-us", 8, "Half an hour, once a week, no logistics.", rule="FREQ=WEEKLY;COUNT=6", at="19:00"
        ),
    ),
)

HOUSEHOLDS = (MARA_AND_THEO, FIRST_WEEK, SEALED, QUIET, THREE, JUST_INVITED, ALERT, PAUSED, SEPARATED)
