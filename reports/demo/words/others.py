"""The other couples: less, and each in their own voice."""

from __future__ import annotations

SAID: dict[str, dict[str, dict[str, tuple[str, ...]]]] = {
    "Adaeze": {
        "what-therapy-involves": {"question": ("What happens if we each want something different from this?",)},
        "nightly-gratitude-exchange": {
            "named": (
                "He called from the tram to say the river was frozen.",
                "He learnt 'good night' in Igbo.",
                "He sent the recipe.",
            ),
            "received": ("For staying awake.",),
        },
        "connection-landscape": {
            "settles": ("A voice note. I play it twice.",),
            "shuts": ("'We will talk when I am back.'",),
            "assumptions": ("That distance is a test you pass by not complaining.",),
        },
    },
    "Tomasz": {
        "what-therapy-involves": {"question": ("Can I do this from a hotel room?",)},
        "nightly-gratitude-exchange": {"named": ("She kept the hall light on in the video.", "Her patience with ż.")},
    },
    "Yuki": {
        "what-closeness-means-to-us": {
            "mine": ("you hum in the next room and know that I hear it.",),
            "goal": ("One day a week that belongs to nobody else.",),
        },
        "needs-inventory": {
            "top3": ("Being left in peace, being remembered, jokes.",),
            "least": ("Being asked what I think before it is decided.",),
            "own": ("Being translated for at your parents' table, without having to ask.",),
        },
    },
    "Rosa": {
        "what-closeness-means-to-us": {
            "mine": ("you say my whole name, slowly, when nobody needs me.",),
            "goal": ("To come home to, not home from.",),
        },
        "needs-inventory": {
            "top3": ("Touch, plans that happen, kind words.",),
            "least": ("Plans that happen.",),
            "own": ("Dancing while the rice cooks.",),
        },
    },
    "ليلى": {
        "five-step-check-in": {
            "feeling": ("تعبت هذا الأسبوع، لكنني سعيدة لأننا جلسنا معًا.", "Tired, and a little far away."),
            "appreciation": ("You learnt to make the tea the way my aunt does.", "شكرًا على الصبر"),
            "request": ("Come with me on Friday, just the first hour.", ""),
        },
        "high-and-low": {
            "high": ("My father laughed on the phone.", "The first figs.", "", "A seat on the train."),
            "low": ("Another form, another office.", "", "We ate without talking.", "I said nothing, again."),
        },
    },
    "Jonas": {
        "five-step-check-in": {
            "feeling": ("I am fine, and I notice that I always write that.", "Stuck between two families."),
            "appreciation": ("She explained the joke to me, and it was still funny.", "The tea."),
            "request": ("Tell me when I talk over you.", ""),
        },
        "high-and-low": {
            "high": ("Finished the shelves.", "", "Figs.", ""),
            "low": ("Could not follow at dinner, smiled anyway.", "Work.", "Silence.", ""),
        },
    },
    "Kwame": {
        "group-check-in": {
            "change": (
                "The calendar goes on the fridge, and all three of us write in it.",
                "Sunday mornings are nobody's.",
                "Ask before the spare room is promised.",
            )
        },
        "shared-table": {"next": ("More chairs.", "Ask Mateo's friends first.", "")},
    },
    "Ingrid": {
        "group-check-in": {"change": ("I say 'not tonight' the day before.", "Rent by income from May.", "")},
        "shared-table": {"next": ("Fewer speeches, Kwame.", "", "")},
    },
    "Mateo": {
        "group-check-in": {
            "change": (
                "I get a shelf. It is only a shelf and it is not only a shelf.",
                "",
                "We tell my mother together.",
            )
        },
        "shared-table": {"next": ("I cook.", "")},
    },
    "Priya": {
        "how-are-you-really": {
            "about": (
                "The ward. Two nights in a row.",
                "I do not know. It is grey.",
                "He asks and I say 'busy'.",
                "",
                "I cancelled my sister again.",
                "Sleep.",
                "Nothing is wrong, and nothing is right.",
                "",
            ),
        },
    },
    "Callum": {
        "how-are-you-really": {
            "about": (
                "Deadline.",
                "Worried about P.",
                "",
                "Football!",
                "She never laughs at the dog videos.",
            ),
        },
    },
    "Siobhán": {
        "emotional-labour-inventory": {"swap": ("I will take the midwife's letters, you take the car.",)},
        "rebalance-emotional-labour": {
            "seen": ("You re-stock everything. I believed in elves.", "The texts to my own brothers.", "", ""),
            "taken": ("Bins, boiler, brothers.", "", "", "The whole hospital bag."),
        },
    },
    "Nkechi": {
        "emotional-labour-inventory": {"swap": ("Being the one who remembers that we are cross.",)},
        "rebalance-emotional-labour": {
            "seen": ("She drives when I am sick and says that she likes it.", "", "The forms.", ""),
            "taken": ("The car.", "", "Name lists.", ""),
        },
    },
    "Wei": {
        "weekly-state-of-us": {
            "good": ("We were polite.", "We agreed about the flat.", "", "I slept."),
            "hard": ("We were polite.", "I miss arguing.", "", "We both know."),
        },
    },
    "Hannah": {
        "weekly-state-of-us": {
            "good": ("You told my parents with me.", "The last walk round the reservoir.", "", ""),
            "hard": ("I rehearse sentences in the shower.", "Your boxes in the hall.", "", ""),
        },
    },
}
