"""Addresses of doing it together. Neutral, like all of the portal's: they end up in browser histories."""

from django.urls import path

from exercises.views import portal_deck, portal_pass, portal_reveal, portal_sitting

urlpatterns = [
    path("do/<uuid:occurrence_id>/steps/", portal_sitting.steps, name="do_steps"),
    path("do/<uuid:occurrence_id>/steps/move/", portal_sitting.move, name="do_steps_move"),
    path("do/<uuid:occurrence_id>/steps/state/", portal_sitting.state, name="do_steps_state"),
    path("do/<uuid:occurrence_id>/paper/", portal_sitting.paper, name="do_paper"),
    path("do/<uuid:occurrence_id>/cards/", portal_deck.cards, name="do_cards"),
    path("do/<uuid:occurrence_id>/cards/draw/", portal_deck.draw, name="do_cards_draw"),
    path("do/<uuid:occurrence_id>/pass/", portal_pass.give, name="do_pass"),
    path("do/<uuid:occurrence_id>/ready/", portal_reveal.ready, name="do_ready"),
    path("together/<uuid:occurrence_id>/open/", portal_reveal.unfold, name="portal_unfold"),
    path("pass/", portal_pass.receive, name="pass"),
    path("pass/end/", portal_pass.end, name="pass_end"),
]
