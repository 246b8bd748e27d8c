"""What pages call by themselves, and what costs enough to be limited."""

from __future__ import annotations

from practice import limits, still_here
from practice.api.middleware import dear

still_here.by_itself("do_save", "do_steps_state")

for name in ("import_form", "import_sheet", "import_library", "share_library"):
    limits.limit(name, limits.COSTLY)
for name in ("do_file", "portal_space_file", "portal_begin", "do_send"):
    limits.limit(name, limits.COSTLY)
limits.limit("library", limits.SEARCH)
dear("GET", "api_library", *limits.SEARCH.rates)
for name in (
    "api_me_begin",
    "api_me_submit",
    "api_me_files",
    "api_me_page_files",
    "api_assignment_files",
    "api_all_assignments",
    "api_library_file_make",
    "api_library_file_take",
):
    dear("POST", name, *limits.COSTLY.rates)
