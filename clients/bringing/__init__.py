"""Couples from elsewhere: a table is read, its columns are named, it is looked through, and only then taken."""
