"""Celery's settings, read when the first job is sent or the worker starts, never at import of the site.

The broker only rings a doorbell: the outbox and the report rows are the record, so losing a job costs a
minute. Nothing runs longer than five minutes, and nothing is delayed inside the broker.
"""

from django.conf import settings

from practice import schedule_of_jobs

broker_url = settings.CELERY_BROKER_URL
if not broker_url:
    from practice.local import valkey

    broker_url = valkey.ensure(settings.STATE / ("demo" if settings.DEMO else "test"))

broker_connection_retry_on_startup = True
broker_transport_options = {"visibility_timeout": 600}
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1
worker_max_memory_per_child = 400_000  # kilobytes; a warm PDF worker holds a quarter of it
worker_max_tasks_per_child = 500
worker_hijack_root_logger = False
task_soft_time_limit = 270
task_time_limit = 300
task_ignore_result = True
task_serializer = "json"
accept_content = ["json"]
timezone = "UTC"
enable_utc = True
beat_schedule = schedule_of_jobs.JOBS
