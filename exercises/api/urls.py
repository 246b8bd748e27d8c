"""Addresses for programs."""

from django.urls import path

from exercises.api import messages, responses

COUPLE = "couples/<uuid:couple_id>/"
PRIVATE = COUPLE + "partners/<uuid:client_id>/private/"

urlpatterns = [
    path(COUPLE + "responses/", responses.Responses.as_view(), name="api_responses"),
    path(COUPLE + "responses/<uuid:response_id>/", responses.OneResponse.as_view(), name="api_response"),
    path(PRIVATE + "responses/", responses.PrivateResponses.as_view(), name="api_responses_private"),
    path(
        PRIVATE + "responses/<uuid:response_id>/", responses.OnePrivateResponse.as_view(), name="api_response_private"
    ),
    path(COUPLE + "messages/", messages.Messages.as_view(), name="api_messages"),
    path(PRIVATE + "messages/", messages.PrivateMessages.as_view(), name="api_messages_private"),
]
