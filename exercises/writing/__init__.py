"""Writing an exercise of a practice's own: its manuscript, and the editions that are published from it."""
