"""The library, what was given, and what was answered, for programs."""
