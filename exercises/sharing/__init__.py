"""A practice's own library as one YAML file, for other practices: what its entries say, whose they are, no client.

    terms          licences, and which of them let something be passed on
    portable       what of an edition goes along, and its checksum
    offering       what a practice can share, and why something stays; the file itself
    reading        YAML of unknown origin, bounded, as plain data
    entries        an entry of such a file, checked part by part
    matching       what is in this library already, and what an entry would become here
    taking         chosen entries become drafts of the practice's own

The format stands in docs/sharing.md. Nothing here asks for a couple, a client or an answer.
"""

FORMAT = 1
#: How a file says what it is: `attune: library`.
NAME, WHAT = "attune", "library"
