"""Addresses of looking back: answers to work through, messages, goals, notes; on the desk and in the portal."""

from django.urls import path

from exercises.views import (
    desk_goals,
    desk_notes,
    desk_psychotherapy,
    desk_review,
    desk_threads,
    desk_timeline,
    portal_goals,
    portal_talk,
)

COUPLE = "desk/couples/<uuid:couple_id>/"
PRIVATE = COUPLE + "private/<uuid:client_id>/"
ANSWERS = COUPLE + "answers/<uuid:response_id>/"
APART = {"apart": True}

urlpatterns = [
    # working through answers
    path("desk/review/", desk_review.review, name="review"),
    path(COUPLE + "review/", desk_review.review_of_couple, name="review_of_couple"),
    path(PRIVATE + "review/", desk_review.review_of_couple, name="review_private"),
    path(ANSWERS + "reviewed/", desk_review.reviewed, name="reviewed"),
    path(ANSWERS + "private/reviewed/", desk_review.reviewed, APART, name="reviewed_private"),
    path(ANSWERS + "bring/", desk_review.bring, name="bring"),
    path(ANSWERS + "private/bring/", desk_review.bring, APART, name="bring_private"),
    path(ANSWERS + "comment/", desk_review.comment, name="comment"),
    path(ANSWERS + "private/comment/", desk_review.comment, APART, name="comment_private"),
    # messages
    path(COUPLE + "messages/", desk_threads.threads_of_couple, name="threads_of_couple"),
    path(COUPLE + "messages/new/", desk_threads.thread_new, name="thread_new"),
    path(COUPLE + "messages/<uuid:thread_id>/", desk_threads.thread, name="thread"),
    path(COUPLE + "messages/<uuid:thread_id>/state/", desk_threads.thread_state, name="thread_state"),
    path(PRIVATE + "messages/", desk_threads.threads_of_couple, name="threads_private"),
    path(PRIVATE + "messages/new/", desk_threads.thread_new, name="thread_new_private"),
    # goals, and where the work stands
    path(COUPLE + "goals/", desk_goals.goals_of_couple, name="goals_of_couple"),
    path(COUPLE + "goals/new/", desk_goals.goal_new, name="goal_new"),
    path(COUPLE + "goals/<uuid:goal_id>/", desk_goals.goal_edit, name="goal_edit"),
    path(COUPLE + "goals/<uuid:goal_id>/end/", desk_goals.goal_end, name="goal_end"),
    path(COUPLE + "phase/", desk_goals.couple_phase, name="couple_phase"),
    path(PRIVATE + "goals/", desk_goals.goals_of_couple, name="goals_private"),
    path(PRIVATE + "goals/new/", desk_goals.goal_new, name="goal_new_private"),
    # notes, and what to bring to the next session
    path(COUPLE + "own-notes/", desk_psychotherapy.psychotherapy_notes, name="psychotherapy_notes"),
    path(COUPLE + "own-notes/<uuid:note_id>/", desk_psychotherapy.psychotherapy_note, name="psychotherapy_note"),
    path(
        COUPLE + "own-notes/<uuid:note_id>/away/",
        desk_psychotherapy.psychotherapy_note_away,
        name="psychotherapy_note_away",
    ),
    path(COUPLE + "notes/", desk_notes.notes_of_couple, name="notes_of_couple"),
    path(COUPLE + "notes/<uuid:note_id>/", desk_notes.note, name="note"),
    path(COUPLE + "notes/<uuid:note_id>/bring/", desk_notes.note_state, name="note_state"),
    path(COUPLE + "agenda/", desk_notes.agenda_add, name="agenda_add"),
    path(COUPLE + "agenda/<uuid:item_id>/", desk_notes.agenda_done, name="agenda_done"),
    path(PRIVATE + "agenda/", desk_notes.agenda_add, name="agenda_add_private"),
    # everything in order
    path(COUPLE + "timeline/", desk_timeline.timeline, name="timeline"),
    path(PRIVATE + "timeline/", desk_timeline.timeline, name="timeline_private"),
    # the portal
    path("talk/", portal_talk.talk, name="portal_talk"),
    path("talk/new/", portal_talk.thread_new, name="portal_thread_new"),
    path("talk/<uuid:thread_id>/", portal_talk.thread, name="portal_thread"),
    path("talk/<uuid:thread_id>/seen/", portal_talk.thread_seen, name="portal_thread_seen"),
    path("goals/", portal_goals.own_goals, name="portal_goals"),
    path("goals/new/", portal_goals.goal_new, name="portal_goal_new"),
    path("goals/<uuid:goal_id>/", portal_goals.rate, name="portal_goal"),
]
