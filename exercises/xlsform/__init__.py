"""XLSForm: forms as spreadsheets, read through pyxform and mapped to our form language.

sheets         a workbook of unknown origin, opened in a process of its own: pyxform's tree, and what stands in rows
reading        that process, bounded; every reason why a file is not taken
expressions    the small part of XPath that forms are written in, as a tree
relevance      `relevant` as our conditions; `constraint` as limits (limits)
mapping        the tree as questions, and everything of it that has no place here, row by row
planning       all of that for one file: what would be taken, before anything is saved
taking         a plan and a person's choices become a draft of the practice's own
"""
