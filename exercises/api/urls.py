"""Addresses for programs."""

from django.urls import include, path

from exercises.api import assignments, library, library_files, messages, occurrences, responses, rests
from exercises.models import Assignment, Draft, Edition, Occurrence, Pause, Response
from practice.api import repeating

COUPLE = "couples/<uuid:couple_id>/"
PRIVATE = COUPLE + "partners/<uuid:client_id>/private/"
EXERCISE = "library/<slug:slug>/"
REST = COUPLE + "rests/<uuid:pause_id>/"
ASSIGNMENT = COUPLE + "assignments/<uuid:assignment_id>/"
ROUND = ASSIGNMENT + "occurrences/<str:slot>/"

repeating.names(
    assignment_id=Assignment,
    occurrence_id=Occurrence,
    response_id=Response,
    draft_id=Draft,
    edition_id=Edition,
    pause_id=Pause,
)

urlpatterns = [
    path("library/", library.Library.as_view(), name="api_library"),
    path(EXERCISE, library.OneExercise.as_view(), name="api_exercise"),
    path(EXERCISE + "editions/", library.Editions.as_view(), name="api_editions"),
    path("editions/<uuid:edition_id>/", library.OneEdition.as_view(), name="api_edition"),
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
    path("occurrences/", occurrences.AllOccurrences.as_view(), name="api_all_occurrences"),
    path(ASSIGNMENT + "occurrences/", occurrences.Occurrences.as_view(), name="api_occurrences"),
    path(ROUND + "move/", occurrences.Move.as_view(), name="api_round_move"),
    path(ROUND + "put-back/", occurrences.PutBack.as_view(), name="api_round_put_back"),
    path(ROUND + "skip/", occurrences.Skip.as_view(), name="api_round_skip"),
    path(ROUND + "ask-again/", occurrences.AskAgain.as_view(), name="api_round_ask_again"),
    path(COUPLE + "rests/", rests.Rests.as_view(), name="api_rests"),
    path(REST, rests.OneRest.as_view(), name="api_rest"),
    path(REST + "end/", rests.EndRest.as_view(), name="api_rest_end"),
    path(REST + "resume/", rests.ResumeRest.as_view(), name="api_rest_resume"),
    path(COUPLE + "responses/", responses.Responses.as_view(), name="api_responses"),
    path(COUPLE + "responses/<uuid:response_id>/", responses.OneResponse.as_view(), name="api_response"),
    path(PRIVATE + "responses/", responses.PrivateResponses.as_view(), name="api_responses_private"),
    path(
        PRIVATE + "responses/<uuid:response_id>/", responses.OnePrivateResponse.as_view(), name="api_response_private"
    ),
    path(COUPLE + "messages/", messages.Messages.as_view(), name="api_messages"),
    path(PRIVATE + "messages/", messages.PrivateMessages.as_view(), name="api_messages_private"),
    path("me/", include("exercises.api.me.urls")),
]
