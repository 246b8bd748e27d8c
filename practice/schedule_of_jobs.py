"""What beat rings for, and how often in seconds. Every one of these is safe to run twice, late or at once."""

JOBS = {
    "plan occurrences": {"task": "exercises.tasks.plan", "schedule": 300.0},
    "close occurrences": {"task": "exercises.tasks.close", "schedule": 300.0},
    "plan daily letters": {"task": "exercises.tasks.plan_digests", "schedule": 900.0},
    "deliver messages": {"task": "practice.tasks.deliver", "schedule": 10.0},
    "try broken providers": {"task": "practice.tasks.probe", "schedule": 15.0},
    "sweep the outbox": {"task": "practice.tasks.sweep", "schedule": 60.0},
    "ask about unknown messages": {"task": "practice.tasks.resolve", "schedule": 300.0},
    "plant a pulse": {"task": "practice.tasks.plant_pulse", "schedule": 60.0},
    "seal the trail": {"task": "practice.tasks.seal_trail", "schedule": 300.0},
    "anchor the trail": {"task": "practice.tasks.anchor_trail", "schedule": 3600.0},
    "tend files to take away": {"task": "practice.tasks.tend_archives", "schedule": 60.0},
    "forget old sign-ins": {"task": "practice.tasks.forget_signing_in", "schedule": 3600.0},
    "forget answers to programs": {"task": "practice.tasks.forget_answers", "schedule": 3600.0},
    "raise alarms": {"task": "practice.tasks.watch", "schedule": 60.0},
    "pass alerts on": {"task": "reports.tasks.escalate", "schedule": 60.0},
    "make reports before sessions": {"task": "reports.tasks.make_due", "schedule": 300.0},
    "show opened scores": {"task": "reports.tasks.open_scores", "schedule": 300.0},
    "resume reports": {"task": "reports.tasks.resume", "schedule": 60.0},
    "erase old reports": {"task": "reports.tasks.erase_old", "schedule": 3600.0},
}
