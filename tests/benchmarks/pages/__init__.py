"""Pages next to their floors.

Each case is asked of two warm processes in turn: ``ours`` is the whole application, as a server calls it; ``floor`` is
the thinnest honest Django that does the same work on the same tables (:mod:`tests.benchmarks.pages.floor`). Told are
the ratio of their medians, the slowest twentieth, what is asked of the database, and how many instructions a request
takes, which repeats within a hundredth on a machine that is busy with other things.

``make bench`` measures all of them. One case, or several, with fewer rounds::

    python -m practice.local run python -m tests.benchmarks.pages "open form" --rounds 3 --times 10 --quick

``--quick`` leaves the instructions out, which take a minute a case; ``--rounds 1 --times 1`` leaves little but
them.
To make one faster::

    … "open form" --profile 50 --sort cumtime --lines 60    where the time goes
    … "open form" --statements                              what goes to the database, in order
    … "open form" --show                                    the answer
    … "open form" --show --side floor                       any of these of the floor
"""
