"""Back-ups of the whole installation, and bringing one back to an empty machine.

A back-up is two files: the *data*, and the *keys* that open what people wrote (`files`: how they are sealed;
`taking`: how they are made). They are kept apart and for different times, so that a destroyed key is gone after a few
days although the data is kept longer. What is restored (`restoring`) lets no process of the application in and so
sends nothing, until everybody who was erased meanwhile is erased again and the operator releases it (`releasing`).
"""
