"""Taking out what a member of staff may read of couples: rows for a table, data, FHIR and paper."""
