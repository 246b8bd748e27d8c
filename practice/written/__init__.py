"""Statements that are written once in each process: Django takes longer to write most than the server to answer them.

`queries`: what pages ask again and again, alone or several in one trip; `changes`: what they do. Behind both, `rows`
and `instances` make objects of what is found, `literals` writes values, and `prepared` lets the server keep its plans.
What every module needs is to be had from here.
"""

from practice.written.queries import Asked, Written, ahead, soon, taking_turns, together, together_elevated

__all__ = ["Asked", "Written", "ahead", "soon", "taking_turns", "together", "together_elevated"]
