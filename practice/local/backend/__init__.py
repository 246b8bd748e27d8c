"""Django's PostgreSQL backend, on the local server of `practice.local.postgres`."""
