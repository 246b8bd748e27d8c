from django.apps import AppConfig


class ExercisesConfig(AppConfig):
    name = "exercises"

    def ready(self) -> None:
        from exercises import (
            assigning,  # noqa: F401  takes back what lost its clearance
            attachments,  # noqa: F401  sends files along with their answers
            by_itself,  # noqa: F401  says what pages call by themselves
            calendar_entries,  # noqa: F401  says what is due in calendars
            caseload,  # noqa: F401  registers its part of the queue
            digests,  # noqa: F401  registers its kind of message
            erased,  # noqa: F401  says what goes along with a person
            events,  # noqa: F401  tells other systems what all of a couple know
            explaining,  # noqa: F401  says what messages were about
            kept,  # noqa: F401  registers its part of the queue
            measures,  # noqa: F401  lets forms refer to a measure
            notices,  # noqa: F401  registers its kind of message
            occurrences,  # noqa: F401  follows appointments and time zones
            parting,  # noqa: F401  ends what was together, and registers its part of the queue
            program_page,  # noqa: F401  registers its part of the queue
            records,  # noqa: F401  says what is kept
            reminders,  # noqa: F401  registers its kind of message
            rests_asked,  # noqa: F401  registers its part of the queue
            safe_contacts,  # noqa: F401  registers its part of the queue
            shared_screen,  # noqa: F401  says what all in the room know of
            stops,  # noqa: F401  registers its part of the queue
            trail_words,  # noqa: F401  names its tables
            unanswered,  # noqa: F401  registers its part of the queue
            unreached,  # noqa: F401  registers its part of the queue
        )
