"""Addresses of the portal for programs."""

from django.urls import path

from exercises.api.me import doing, person, record, together

OCCURRENCE = "occurrences/<uuid:occurrence_id>/"

urlpatterns = [
    path("", person.Me.as_view(), name="api_me"),
    path("today/", person.Today.as_view(), name="api_me_today"),
    path("whenever/<uuid:assignment_id>/begin/", person.Begin.as_view(), name="api_me_begin"),
    path(OCCURRENCE, doing.OneOccurrence.as_view(), name="api_me_occurrence"),
    path(f"{OCCURRENCE}draft/", doing.DraftOfOne.as_view(), name="api_me_draft"),
    path(f"{OCCURRENCE}submit/", doing.Submit.as_view(), name="api_me_submit"),
    path(f"{OCCURRENCE}amend/", doing.Amend.as_view(), name="api_me_amend"),
    path(f"{OCCURRENCE}skip/", doing.Skip.as_view(), name="api_me_skip"),
    path(f"{OCCURRENCE}ready/", together.Ready.as_view(), name="api_me_ready"),
    path("responses/", record.Responses.as_view(), name="api_me_responses"),
    path("responses/<uuid:response_id>/", record.OneResponse.as_view(), name="api_me_response"),
    path("drafts/", record.Drafts.as_view(), name="api_me_drafts"),
    path("drafts/<uuid:draft_id>/", record.OneDraft.as_view(), name="api_me_begun"),
    path("together/", together.Together.as_view(), name="api_me_together"),
    path("together/<uuid:occurrence_id>/", together.OneOpened.as_view(), name="api_me_opened"),
    path("together/<uuid:occurrence_id>/unfold/", together.Unfold.as_view(), name="api_me_unfold"),
]
