"""Addresses of the portal for programs."""

from django.urls import path

from exercises.api.me import agreements, doing, files, goals, person, record, space, talk, together

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
    path(f"{OCCURRENCE}files/", files.DraftFiles.as_view(), name="api_me_files"),
    path("files/<uuid:file_id>/", files.OneFile.as_view(), name="api_me_file"),
    path("pages/", space.Pages.as_view(), name="api_me_pages"),
    path("pages/shared/", space.SharedPages.as_view(), name="api_me_shared_pages"),
    path("pages/shared/<uuid:entry_id>/", space.OneSharedPage.as_view(), name="api_me_shared_page"),
    path("pages/<uuid:entry_id>/", space.OnePage.as_view(), name="api_me_page"),
    path("pages/<uuid:entry_id>/release/", space.ReleasePage.as_view(), name="api_me_page_release"),
    path("pages/<uuid:entry_id>/take-back/", space.TakeBackPage.as_view(), name="api_me_page_take_back"),
    path("pages/<uuid:entry_id>/files/", space.PageFiles.as_view(), name="api_me_page_files"),
    path("agreements/", agreements.Agreements.as_view(), name="api_me_agreements"),
    path("agreements/<uuid:agreement_id>/", agreements.OneAgreement.as_view(), name="api_me_agreement"),
    path("agreements/<uuid:agreement_id>/words/", agreements.OtherWords.as_view(), name="api_me_agreement_change"),
    path("agreements/<uuid:agreement_id>/put-away/", agreements.PutAway.as_view(), name="api_me_agreement_away"),
    path("agreements/words/<uuid:version_id>/yes/", agreements.Yes.as_view(), name="api_me_agreement_yes"),
    path(
        "agreements/words/<uuid:version_id>/not-any-more/",
        agreements.NotAnyMore.as_view(),
        name="api_me_agreement_not_any_more",
    ),
    path("goals/", goals.Goals.as_view(), name="api_me_goals"),
    path("goals/<uuid:goal_id>/ratings/", goals.Rate.as_view(), name="api_me_goal_rate"),
    path("conversations/", talk.Conversations.as_view(), name="api_me_conversations"),
    path("conversations/<uuid:thread_id>/", talk.OneConversation.as_view(), name="api_me_conversation"),
    path("conversations/<uuid:thread_id>/comments/", talk.Say.as_view(), name="api_me_conversation_say"),
    path("conversations/<uuid:thread_id>/seen/", talk.Seen.as_view(), name="api_me_conversation_seen"),
    path("responses/", record.Responses.as_view(), name="api_me_responses"),
    path("responses/<uuid:response_id>/", record.OneResponse.as_view(), name="api_me_response"),
    path("drafts/", record.Drafts.as_view(), name="api_me_drafts"),
    path("drafts/<uuid:draft_id>/", record.OneDraft.as_view(), name="api_me_begun"),
    path("together/", together.Together.as_view(), name="api_me_together"),
    path("together/<uuid:occurrence_id>/", together.OneOpened.as_view(), name="api_me_opened"),
    path("together/<uuid:occurrence_id>/unfold/", together.Unfold.as_view(), name="api_me_unfold"),
]
