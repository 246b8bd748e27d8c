"""What the tables of this app are called in the trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from practice import trail_words

trail_words.call(
    {
        "exercises_assignment": _("something that was given"),
        "exercises_occurrence": _("a round of something given"),
        "exercises_response": _("what somebody sent"),
        "exercises_answer": _("an answer"),
        "exercises_thread": _("messages with the therapist"),
        "exercises_comment": _("a message"),
        "exercises_staffnote": _("staff notes"),
        "exercises_journalentry": _("a page that was handed over"),
        "exercises_goal": _("a goal"),
        "exercises_goalrating": _("a goal's rating"),
        "exercises_feedback": _("how something went"),
        "exercises_win": _("a small win"),
        "exercises_agreement": _("an agreement"),
        "exercises_agreementversion": _("an agreement's words"),
        "exercises_assent": _("a yes to an agreement"),
        "exercises_attachment": _("a file"),
        "exercises_measureentry": _("a measure's result"),
        "exercises_pause": _("a rest"),
        "exercises_programrun": _("a program"),
        "exercises_review": _("what was worked through"),
        "exercises_agendaitem": _("what to bring to a session"),
        "exercises_reminderstop": _("a reminder that was stopped"),
        "exercises_psychotherapynote": _("psychotherapy notes"),
        "exercises_reading": _("which answers were read"),
    }
)
trail_words.call_pages(
    {
        "assign": _("giving something"),
        "shared_screen_begin": _("sharing the screen"),
    }
)
