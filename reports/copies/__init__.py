"""A person's own copy of what is kept about them: gathered, told in words, packed, and made in the background."""
