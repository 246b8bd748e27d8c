"""Addresses of the builder, and of the library's shelves."""

from django.urls import path

from exercises.views import desk_editions, desk_shelves, desk_write, desk_write_acts

ONE = "library/<slug:slug>/"
WRITE = ONE + "write/"

urlpatterns = [
    path("library/new/", desk_write.new, name="write_new"),
    path("library/shelves/", desk_shelves.shelves, name="shelves"),
    path(ONE + "adapt/", desk_write.adapt_one, name="exercise_adapt"),
    path(ONE + "shelf/", desk_shelves.place, name="exercise_shelf"),
    path(ONE + "editions/", desk_editions.editions, name="exercise_editions"),
    path(ONE + "retire/", desk_editions.shelve, name="exercise_retire"),
    path(WRITE, desk_write.about, name="write"),
    path(WRITE + "words/", desk_write.words, name="write_words"),
    path(WRITE + "questions/<slug:key>/", desk_write.question, name="write_question"),
    path(WRITE + "questions/<slug:key>/picture/", desk_write_acts.picture, name="write_picture"),
    path(WRITE + "scores/", desk_write.scores, name="write_scores"),
    path(WRITE + "languages/", desk_editions.translations, name="write_languages"),
    path(WRITE + "languages/<slug:language>/", desk_editions.translation, name="write_language"),
    path(WRITE + "check/", desk_editions.check, name="write_check"),
    path(WRITE + "updates/", desk_editions.updates, name="write_updates"),
    path(WRITE + "preview/", desk_write_acts.preview, name="write_preview"),
    path(WRITE + "act/", desk_write_acts.act, name="write_act"),
]
