"""The door for programs: what every operation of the API has in common.

An app declares its operations in its own ``api`` package: a serializer says what is sent and given back, a view derives
from :class:`practice.api.views.ApiView` and calls the functions that the pages call, ``urls`` names it. Who may come in
is said by the same words as for pages (:mod:`practice.access`); the walls do the rest.
"""
