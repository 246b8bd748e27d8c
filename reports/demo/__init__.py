"""The demo: a practice that never was, filled through the same verbs that the site uses.

`people` says who is there, `words` what they wrote, `voices` how they answer, `history` lets time pass, `duties`
is what the owner answers for, `filling` puts it together once, `card` prints where to click, and `walk` goes the
whole way over HTTP.
"""
