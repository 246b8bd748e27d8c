"""The floor: what somebody would write by hand for one case alone, and not less than the page says.

One look-up of the session, one of who that is, and then the rows of the page by SQL that was written for it, as a
role above all walls; a plain template with the same words, fields and lists in it. There is no row-level security, no
audit, no sealing, no validation and no translation, no form is read from a language, no lane decides who reads
what, and of the middleware only sessions and the check of a form's token are left. Connections are kept in the same
pool as ours.
"""
