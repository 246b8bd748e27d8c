"""Addresses for programs."""

from django.urls import include, path

from exercises.api import (
    assignments,
    conversations,
    files,
    goals,
    kept,
    library,
    library_files,
    marks,
    messages,
    occurrences,
    program_runs,
    programs,
    responses,
    rests,
)
from exercises.models import (
    Agreement,
    AgreementVersion,
    Assignment,
    Attachment,
    Draft,
    Edition,
    Goal,
    JournalEntry,
    Occurrence,
    Pause,
    ProgramRun,
    Response,
    Thread,
)
from practice.api import repeating

COUPLE = "couples/<uuid:couple_id>/"
PRIVATE = COUPLE + "partners/<uuid:client_id>/private/"
EXERCISE = "library/<slug:slug>/"
REST = COUPLE + "rests/<uuid:pause_id>/"
ASSIGNMENT = COUPLE + "assignments/<uuid:assignment_id>/"
GOAL = COUPLE + "goals/<uuid:goal_id>/"
RESPONSE = COUPLE + "responses/<uuid:response_id>/"
PRIVATE_RESPONSE = PRIVATE + "responses/<uuid:response_id>/"
TALK = COUPLE + "conversations/<uuid:thread_id>/"
RUN = COUPLE + "programs/<uuid:run_id>/"
ROUND = ASSIGNMENT + "occurrences/<str:slot>/"

repeating.names(
    assignment_id=Assignment,
    occurrence_id=Occurrence,
    response_id=Response,
    draft_id=Draft,
    edition_id=Edition,
    pause_id=Pause,
    run_id=ProgramRun,
    goal_id=Goal,
    thread_id=Thread,
    file_id=Attachment,
    entry_id=JournalEntry,
    agreement_id=Agreement,
    version_id=AgreementVersion,
)

urlpatterns = [
    path("library/", library.Library.as_view(), name="api_library"),
    path(EXERCISE, library.OneExercise.as_view(), name="api_exercise"),
    path(EXERCISE + "editions/", library.Editions.as_view(), name="api_editions"),
    path("editions/<uuid:edition_id>/", library.OneEdition.as_view(), name="api_edition"),
    path("programs/", programs.Programs.as_view(), name="api_programs"),
    path("programs/<slug:slug>/", programs.OneProgram.as_view(), name="api_program"),
    path("library-files/make/", library_files.MakeFile.as_view(), name="api_library_file_make"),
    path("library-files/take/", library_files.TakeFile.as_view(), name="api_library_file_take"),
    path("assignments/", assignments.AllAssignments.as_view(), name="api_all_assignments"),
    path(COUPLE + "assignments/", assignments.Assignments.as_view(), name="api_assignments"),
    path(PRIVATE + "assignments/", assignments.PrivateAssignments.as_view(), name="api_assignments_private"),
    path(ASSIGNMENT, assignments.OneAssignment.as_view(), name="api_assignment"),
    path(ASSIGNMENT + "end/", assignments.End.as_view(), name="api_assignment_end"),
    path(ASSIGNMENT + "go-on/", assignments.GoOn.as_view(), name="api_assignment_go_on"),
    path(ASSIGNMENT + "lighten/", assignments.Lighten.as_view(), name="api_assignment_lighten"),
    path(ASSIGNMENT + "remind/", assignments.RemindAgain.as_view(), name="api_assignment_remind"),
    path(ASSIGNMENT + "files/", files.AssignmentFiles.as_view(), name="api_assignment_files"),
    path(COUPLE + "files/<uuid:file_id>/", files.OneFile.as_view(), name="api_file"),
    path("occurrences/", occurrences.AllOccurrences.as_view(), name="api_all_occurrences"),
    path(ASSIGNMENT + "occurrences/", occurrences.Occurrences.as_view(), name="api_occurrences"),
    path(ROUND + "move/", occurrences.Move.as_view(), name="api_round_move"),
    path(ROUND + "put-back/", occurrences.PutBack.as_view(), name="api_round_put_back"),
    path(ROUND + "skip/", occurrences.Skip.as_view(), name="api_round_skip"),
    path(ROUND + "ask-again/", occurrences.AskAgain.as_view(), name="api_round_ask_again"),
    path(ROUND + "open/", occurrences.OpenRound.as_view(), name="api_round_open"),
    path(COUPLE + "rests/", rests.Rests.as_view(), name="api_rests"),
    path(REST, rests.OneRest.as_view(), name="api_rest"),
    path(REST + "end/", rests.EndRest.as_view(), name="api_rest_end"),
    path(REST + "resume/", rests.ResumeRest.as_view(), name="api_rest_resume"),
    path(COUPLE + "goals/", goals.Goals.as_view(), name="api_goals"),
    path(PRIVATE + "goals/", goals.PrivateGoals.as_view(), name="api_goals_private"),
    path(GOAL, goals.OneGoal.as_view(), name="api_goal"),
    path(GOAL + "end/", goals.EndGoal.as_view(), name="api_goal_end"),
    path(GOAL + "take-up/", goals.TakeUpGoal.as_view(), name="api_goal_take_up"),
    path(COUPLE + "phase/", goals.Phase.as_view(), name="api_phase"),
    path(COUPLE + "programs/", program_runs.Runs.as_view(), name="api_program_runs"),
    path(RUN, program_runs.OneRun.as_view(), name="api_program_run"),
    path(RUN + "open/", program_runs.Open.as_view(), name="api_program_run_open"),
    path(RUN + "pause/", program_runs.Pause.as_view(), name="api_program_run_pause"),
    path(RUN + "resume/", program_runs.Resume.as_view(), name="api_program_run_resume"),
    path(RUN + "repeat/", program_runs.Repeat.as_view(), name="api_program_run_repeat"),
    path(RUN + "stretch/", program_runs.Stretch.as_view(), name="api_program_run_stretch"),
    path(RUN + "drop/", program_runs.Drop.as_view(), name="api_program_run_drop"),
    path(RUN + "end/", program_runs.End.as_view(), name="api_program_run_end"),
    path(COUPLE + "responses/", responses.Responses.as_view(), name="api_responses"),
    path(COUPLE + "responses/<uuid:response_id>/", responses.OneResponse.as_view(), name="api_response"),
    path(PRIVATE + "responses/", responses.PrivateResponses.as_view(), name="api_responses_private"),
    path(
        PRIVATE + "responses/<uuid:response_id>/", responses.OnePrivateResponse.as_view(), name="api_response_private"
    ),
    path(RESPONSE + "marks/", marks.Marks.as_view(), name="api_marks"),
    path(PRIVATE_RESPONSE + "marks/", marks.PrivateMarks.as_view(), name="api_marks_private"),
    path(RESPONSE + "comment/", conversations.Comment.as_view(), name="api_comment"),
    path(PRIVATE_RESPONSE + "comment/", conversations.PrivateComment.as_view(), name="api_comment_private"),
    path(COUPLE + "conversations/", conversations.Conversations.as_view(), name="api_conversations"),
    path(PRIVATE + "conversations/", conversations.PrivateConversations.as_view(), name="api_conversations_private"),
    path(TALK, conversations.OneConversation.as_view(), name="api_conversation"),
    path(TALK + "comments/", conversations.Say.as_view(), name="api_conversation_say"),
    path(TALK + "seen/", conversations.SeeConversation.as_view(), name="api_conversation_seen"),
    path(TALK + "close/", conversations.CloseConversation.as_view(), name="api_conversation_close"),
    path(TALK + "reopen/", conversations.ReopenConversation.as_view(), name="api_conversation_reopen"),
    path(COUPLE + "pages/", kept.HandedPages.as_view(), name="api_pages"),
    path(PRIVATE + "pages/", kept.PrivateHandedPages.as_view(), name="api_pages_private"),
    path(COUPLE + "pages/<uuid:entry_id>/open/", kept.OpenPage.as_view(), name="api_page_open"),
    path(COUPLE + "agreements/", kept.Agreements.as_view(), name="api_agreements"),
    path(COUPLE + "messages/", messages.Messages.as_view(), name="api_messages"),
    path(PRIVATE + "messages/", messages.PrivateMessages.as_view(), name="api_messages_private"),
    path("me/", include("exercises.api.me.urls")),
]
