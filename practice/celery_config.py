"""Celery's settings, read when the first job is sent or the worker starts, never at import of the site.

The broker only rings a doorbell: the outbox and the report rows are the record, so losing a job costs a
minute. Nothing runs longer than five minutes, and nothing is delayed inside the broker.
"""

from django.conf import settings
from kombu import Queue

from practice import lines, schedule_of_jobs

broker_url = settings.CELERY_BROKER_URL
if not broker_url:
    from practice.local import valkey

    broker_url = valkey.ensure(settings.STATE / ("demo" if settings.DEMO else "test"))

broker_use_ssl = lines.of_broker(broker_url)

# A broker that is away comes back: workers and beat try for as long as it takes, first after a second or two.
broker_connection_retry = True
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
broker_connection_timeout = 5
# This transport has no heartbeat of its own: what tells a dead connection from a quiet one is below.
broker_transport_options = {
    # A job that a dead worker had in its hands is rung again after this; beat rings long before.
    "visibility_timeout": 600,
    # A command that gets no answer fails, and is tried on a new connection. Longer than a busy broker's pause.
    "socket_timeout": 15,
    "socket_connect_timeout": 5,
    # Where packets vanish without a word, the kernel finds out.
    "socket_keepalive": True,
    # And so does Celery: a consumer that was owed an answer for so many seconds connects anew.
    "health_check_interval": 10,
}
# Nobody commands workers through the broker. And a worker that listens for commands reads that line without an end
# once it was reset: it lives, and does nothing any more. (Gossip listens, too: workers start --without-gossip.)
worker_enable_remote_control = False
# Where the broker is away a request does not wait for it: reports are rung for again once a minute.
broker_pool_limit = 10
task_publish_retry = True
task_publish_retry_policy = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}
# What takes minutes has workers of its own: letters and alarms leave while reports are made. A worker that is not told
# which queues are its own (-Q) takes from both.
SHORT, LONG = "celery", "papers"
task_queues = [Queue(SHORT), Queue(LONG)]
task_default_queue = SHORT
task_routes = {one: {"queue": LONG} for one in ("reports.tasks.make_report", "practice.tasks.make_archive")}
task_acks_late = True
task_reject_on_worker_lost = True
# A lost doorbell is no reason to drop a letter that is half handed over: its job goes on, and is harmless twice.
worker_cancel_long_running_tasks_on_connection_loss = False
worker_prefetch_multiplier = 1
worker_max_memory_per_child = 400_000  # kilobytes; a warm PDF worker holds a quarter of it
worker_max_tasks_per_child = 500
worker_consumer = "practice.consuming:Consumer"
worker_hijack_root_logger = False
task_soft_time_limit = 270
task_time_limit = 300
task_ignore_result = True
task_serializer = "json"
accept_content = ["json"]
timezone = "UTC"
enable_utc = True
beat_schedule = schedule_of_jobs.JOBS
