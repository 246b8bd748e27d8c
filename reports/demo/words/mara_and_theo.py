"""Twelve weeks of Mara and Theo."""

from __future__ import annotations

Said = dict[str, dict[str, tuple[str, ...]]]

#: Written together, whoever of them holds the phone.
BOTH: Said = {
    "pause-and-return-agreement": {
        "word": ("Kettle",),
        "gesture": ("Two fingers on the wrist, as if taking a pulse",),
        "meanwhile": ("Out to the yard, no phones, back after twenty minutes even if it rains",),
    },
    "cook-with-one-lead": {
        "dish": (
            "Dumplings, mostly shut",
            "His gran's lentils",
            "A tart that fell",
            "",
            "Pancakes at nine",
        ),
    },
    "our-repair-gesture": {
        "gesture": ("Two knocks on the table, like at his grandmother's",),
        "phrase": ("Still us.",),
    },
}

MARA: Said = {
    "connection-landscape": {
        "settles": ("A walk round the block, then somebody who asks me what was the worst part.",),
        "shuts": ("A sigh. I hear a whole speech in it, and I know that I make half of it up.",),
        "assumptions": (
            "That you notice without being told. My parents never told each other anything and I thought they "
            "knew. Now I think they had just stopped asking.",
        ),
    },
    "seven-question-closeness-check": {
        "change": (
            "Ask me one thing before you open the laptop.",
            "Say out loud when you are proud of me. I am not sure that you are.",
            "Keep Thursdays. They work.",
        ),
    },
    "weekly-state-of-us": {
        "good": (
            "We got the boiler fixed without a fight.",
            "You drove all the way to my sister's and were funny in the kitchen.",
            "Not much. You made the coffee every day, I do see that.",
            "The evening with the power cut. We had nothing to look at but each other.",
            "You came back upstairs after the row. Ten minutes, and you came back.",
            "Hard to find something. You were kind to my mother on the phone.",
            "We used the word 'kettle' for the first time and it worked, in the middle of the car park!",
            "Saturday market, your terrible singing, the cheese man giving us both a discount 🧀😄",
            "You told me about the interview before you told anybody else.",
            "We laughed at the parents' evening until the head teacher looked round.",
            "You asked what I was reading and then read the first chapter.",
            "I had a bad day and I told you by text, and you came home an hour early.",
        ),
        "hard": (
            "Everything after nine. We sit side by side and I am lonelier than when you are away.",
            "You said 'fine' eleven times. I counted, which is its own problem.",
            "I was already packing a bag in my head on Wednesday.",
            "The holidays again. I do not want to be the only one who rings people.",
            "I slept on the sofa to make a point and then nobody noticed the point.",
            "I felt managed. When I cry you go very calm and I feel like a customer.",
            "Sunday. I wanted the walk, you wanted the match, and I said that it did not matter.",
            "",
            "You forgot the vet. It was the cat I was crying about and also not the cat.",
            "I snapped at you in front of your brother and saw your face.",
            "The money talk. We were both tired and should have used the word.",
            "Waiting to hear about the job. I know that it is not about me, and I still wait by the door.",
        ),
        "support": (
            "Half an hour on one evening when nothing is on.",
            "Ring your mother yourself.",
            "Do not solve it. Just the hand on the back.",
            "One evening that I do not have to plan.",
            "",
            "If you go quiet, tell me how long.",
            "A morning alone. I will come back nicer.",
            "Please do the vet on Tuesday.",
            "",
            "Help me to say no to the school fête.",
            "Look at the figures with me on Thursday, with cake.",
            "Come to the clinic with me, even if you only wait outside.",
        ),
        "thanks": (
            "For coming at all.",
            "For the kitchen.",
            "",
            "For the candle stuck in the teapot.",
            "For coming back.",
            "For not slamming the door.",
            "For 'kettle'.",
            "For the singing, although.",
            "For telling me first.",
            "For the look across that hall.",
            "For chapter one.",
            "For the hour.",
        ),
    },
    "gratitude-log": {
        "entry": (
            "You put my bike in when it rained.",
            "You laughed at my joke about the gas bill.",
            "You saved me the last plum.",
            "You said sorry to the cat.",
            "You asked Noah about his painting before he showed it.",
            "You let me finish the story.",
            "",
            "Soup.",
            "You rang your mother yourself.",
            "You warmed my side of the bed.",
            "You noticed the haircut!",
            "You walked the long way with me.",
        ),
    },
    "six-step-repair": {"still": ("That he told his brother before he told me.",)},
    "emotional-labour-inventory": {"swap": ("Every birthday on your side of the family.",)},
    "story-swap": {"title": ("The summer I was a lifeguard who could not dive", "My grandfather's radio")},
    "mood-log": {"note": ("Long day.", "", "", "Good swim.", "", "Argued, made up.", "", "", "", "Missed him a bit.")},
}

THEO: Said = {
    "connection-landscape": {
        "settles": ("Doing something with my hands. After that I can talk.",),
        "shuts": ("When there are three things at once and all of them are me.",),
        "assumptions": ("That if nobody is shouting it is going well. I am beginning to see that this is a low bar.",),
    },
    "seven-question-closeness-check": {
        "change": ("Tell me when something is good, too.", "Less in the car.", ""),
    },
    "weekly-state-of-us": {
        "good": (
            "Quiet week.",
            "Her sister's. I liked being useful.",
            "We watched the whole film.",
            "The power cut. I would like more power cuts.",
            "I did not leave. I went out and I came back.",
            "She asked about work and waited for the answer.",
            "Kettle! It felt silly and then it felt like a trapdoor out of there.",
            "The market. She bought me the wrong apples on purpose.",
            "I told her first. I used to carry things for a week.",
            "Laughing when we should not.",
            "The book. I did not expect to like it.",
            "I left early on Thursday and the sky did not fall.",
        ),
        "hard": (
            "I never know which answer is the right one.",
            "I heard that I am never there. I was there all weekend.",
            "Felt like an exam.",
            "The holidays. My family is loud, I know. They are still mine.",
            "Twenty minutes in the yard is long in October.",
            "She cried and I turned into an office.",
            "",
            "I got home late twice and braced for it, and nothing came, and I was still braced.",
            "The cat.",
            "My brother. I wanted to be defended and did not say so.",
            "Money. I go numb at the second number.",
            "The waiting. I am no good at it either.",
        ),
        "support": (
            "One thing at a time.",
            "Say what you want before it is late.",
            "",
            "Let me ring them, in my own way.",
            "A lighter for the yard.",
            "Ask me once, then leave it till morning.",
            "The match on Sunday, and I will walk on Saturday.",
            "",
            "Remind me of the vet, without the eyebrow.",
            "Take my side in front of Ben, argue later.",
            "Thursday, figures, cake.",
            "Tell me what time. I will be there inside, not outside.",
        ),
        "thanks": (
            "For not giving up on me.",
            "For the drive home, you slept and I was happy.",
            "For the film.",
            "For the teapot.",
            "For waiting up.",
            "",
            "For laughing first.",
            "For the wrong apples.",
            "For listening.",
            "For the look.",
            "For the book.",
            "For the text. I would rather know.",
        ),
    },
    "gratitude-log": {
        "entry": (
            "She filled the car.",
            "She told my mother I was busy when I was asleep.",
            "The note in my lunch.",
            "",
            "She did not say 'I told you so' about the ladder.",
            "She stayed up.",
            "She came out to the yard with the blanket.",
            "Her hand at the parents' evening.",
            "She asked me twice.",
        ),
    },
    "noticing-bids": {
        "returned": (
            "'Look at that dog.' I had not looked. I asked about the dog an hour later.",
            "She read something out. I said 'mm'. I asked her to read it again.",
            "",
            "Her feet on my chair.",
            "'You would not believe today.' I put the phone down.",
            "",
            "She stood in the door a moment longer than she needed to.",
        ),
    },
    "six-step-repair": {"still": ("",)},
    "emotional-labour-inventory": {"swap": ("The school e-mails. All of them. I mean it.",)},
    "story-swap": {"title": ("How I lost the under-twelves final", "The winter on the boat")},
    "mood-log": {"note": ("", "Tired.", "", "Match!", "", "", "Slept badly.", "", "Better.")},
}

SAID = {"Mara": {**BOTH, **MARA}, "Theo": {**BOTH, **THEO}}
