"""Indexes that a migration adds while people work, on tables that are whole and on tables in parts."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently

from practice import partitions


class AddIndexBesideWork(AddIndexConcurrently):
    """Django's ``AddIndexConcurrently``, which PostgreSQL refuses for a table in parts (practice/partitions.py).

    There the index is made in one part after the other, and the table's own is whole once it has all of them.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        parts = partitions.parts_of(model._meta.db_table)
        if not parts:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        self._ensure_not_in_transaction(schema_editor)
        table, name = (schema_editor.quote_name(one) for one in (model._meta.db_table, self.index.name))
        made = str(self.index.create_sql(model, schema_editor))
        beside = str(self.index.create_sql(model, schema_editor, concurrently=True))
        schema_editor.execute(made.replace(f" ON {table} ", f" ON ONLY {table} ", 1))
        for part in parts:
            schema_editor.execute(beside.replace(f" ON {table} ", f" ON {part} ", 1))
            schema_editor.execute(f"ALTER INDEX {name} ATTACH PARTITION {part.partition('.')[0]}.{name}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """An index with parts goes with all of them at once: PostgreSQL has no way beside work."""
        model = from_state.apps.get_model(app_label, self.model_name)
        if partitions.parts_of(model._meta.db_table):
            schema_editor.execute(str(self.index.remove_sql(model, schema_editor)))
        else:
            super().database_backwards(app_label, schema_editor, from_state, to_state)
