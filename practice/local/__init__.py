"""Stand-ins for the services that a real installation brings along.

With these, the demo and the tests run on real PostgreSQL, a real Valkey and a real SMTP conversation,
without anything installed beforehand. Production never imports this package.
"""
