"""Sessions: planned, moved, called off, missed, as on the desk's page of a couple's sessions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients import appointments
from clients.appointment_form import COUNT, ONCE, UNTIL, AppointmentForm
from clients.models import Appointment, Couple
from practice.access import for_office, for_whole_office
from practice.api import problems
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

STATES = [("planned", "Planned, or took place"), ("cancelled", "Called off"), ("missed", "Nobody came")]
APPOINTMENT = {
    "id": "0199a8c4-1b2c-7d3e-8f4a-5b6c7d8e9f0a",
    "couple_id": "0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f",
    "state": "planned",
    "starts_at": "2026-11-26T18:00:00Z",
    "ends_at": "2026-11-26T19:15:00Z",
    "day": "2026-11-26",
    "at": "18:00:00",
    "time_zone": "Europe/London",
    "minutes": 75,
    "place": "Room 2",
    "link": "",
    "partner_ids": ["0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f", "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e90"],
    "series": None,
    "sequence": 0,
}


@example(**APPOINTMENT)
class AppointmentSerializer(serializers.Serializer):
    """A session of therapist and couple."""

    id = serializers.UUIDField()
    couple_id = serializers.UUIDField()
    state = serializers.SerializerMethodField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    day = serializers.SerializerMethodField(help_text="Its day by the couple's clocks.")
    at = serializers.SerializerMethodField(help_text="Its time by the couple's clocks.")
    time_zone = serializers.CharField(source="couple.time_zone")
    minutes = serializers.IntegerField()
    place = serializers.CharField(help_text="The room, or the kind of call.")
    link = serializers.CharField(help_text="To the call; only those who come see it.")
    partner_ids = serializers.SerializerMethodField(help_text="Ids of the people who come.")
    series = serializers.UUIDField(allow_null=True, help_text="The same for all that were planned in one go.")
    sequence = serializers.IntegerField(
        help_text="Raised when it moves, takes longer or shorter, is called off, or takes place after all (RFC 5545)."
    )

    @extend_schema_field(serializers.ChoiceField(STATES))
    def get_state(self, one: Appointment) -> str:
        return "cancelled" if one.cancelled_at else "missed" if one.missed_at else "planned"

    @extend_schema_field(serializers.DateField())
    def get_day(self, one: Appointment) -> str:
        return timezone.localtime(one.starts_at, one.couple.zone).date().isoformat()

    @extend_schema_field(serializers.TimeField())
    def get_at(self, one: Appointment) -> str:
        return timezone.localtime(one.starts_at, one.couple.zone).time().isoformat()

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_partner_ids(self, one: Appointment) -> list[str]:
        there = [partner.client_id for partner in one.couple.partners.all() if partner.left_at is None]
        return [str(pk) for pk in appointments.comers(one, there)]


class _MeetingSerializer(serializers.Serializer):
    """What is said about a session, whether it is there yet or not."""

    minutes = serializers.IntegerField(min_value=10, max_value=480, required=False)
    place = serializers.CharField(max_length=120, required=False, allow_blank=True)
    link = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="To the call: begins with https://."
    )
    partner_ids = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=6,
        required=False,
        help_text="Ids of those who come; everybody where it is left out. The others see nothing of it.",
    )


@example(day="2026-11-26", at="18:00", minutes=75, place="Room 2", every_weeks=1, count=10)
class NewAppointmentSerializer(_MeetingSerializer):
    """A session to plan, or a series of them."""

    day = serializers.DateField(help_text="By the couple's clocks.")
    at = serializers.TimeField(help_text="By the couple's clocks; kept when the clocks change.")
    every_weeks = serializers.IntegerField(
        min_value=1, max_value=4, required=False, help_text="For a series: with count or until."
    )
    count = serializers.IntegerField(min_value=2, max_value=appointments.MOST, required=False)
    until = serializers.DateField(required=False, help_text="The last day of a series.")

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        ends = [name for name in ("count", "until") if name in said]
        if "every_weeks" not in said and ends:
            raise serializers.ValidationError({"every_weeks": ["Say how often, or leave the end out."]})
        if "every_weeks" in said and len(ends) != 1:
            raise serializers.ValidationError({"count": ["Say how many there are, or the last day: one of both."]})
        return said


@example(day="2026-11-27", at="17:30", following=False)
class AppointmentChangeSerializer(_MeetingSerializer):
    """What may be changed of a session. What is left out stays."""

    day = serializers.DateField(required=False, help_text="By the couple's clocks.")
    at = serializers.TimeField(required=False, help_text="By the couple's clocks.")
    following = serializers.BooleanField(
        default=False, help_text="All that follow in its series go along, by as many days."
    )


@example(appointments=[APPOINTMENT])
class PlannedSerializer(serializers.Serializer):
    """What was planned in one go."""

    appointments = AppointmentSerializer(many=True)


@example(following=False)
class CancelSerializer(serializers.Serializer):
    """Whether more is called off."""

    following = serializers.BooleanField(default=False, help_text="All that follow in its series, too.")


@example(missed=True)
class OutcomeSerializer(serializers.Serializer):
    """Whether somebody came."""

    missed = serializers.BooleanField(help_text="True: nobody came. False: they did after all.")


class AppointmentFilter(django_filters.FilterSet):
    """Which sessions."""

    starts_from = django_filters.IsoDateTimeFilter("starts_at", "gte", help_text="Those that begin then or later.")
    starts_before = django_filters.IsoDateTimeFilter("starts_at", "lt", help_text="Those that begin earlier.")
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state")

    class Meta:
        model = Appointment
        fields: list[str] = []

    def in_state(self, rows: QuerySet[Appointment], name: str, state: str) -> QuerySet[Appointment]:
        """Return those that are as the serializer says."""
        if state == "cancelled":
            return rows.exclude(cancelled_at=None)
        return rows.filter(cancelled_at=None, missed_at__isnull=state == "planned")


class CaseloadAppointmentFilter(AppointmentFilter):
    """Which sessions, of all couples."""

    couple = django_filters.UUIDFilter("couple_id")


def shown_rows() -> QuerySet[Appointment]:
    """Return all sessions with what the serializer needs."""
    return Appointment.objects.prefetch_related(Prefetch("couple", Couple.objects.with_partners()))


def judged(form: AppointmentForm) -> AppointmentForm:
    """Return a form that found everything good; else the problem, for fields as programs call them."""
    if form.is_valid():
        return form
    named = {"comes": "partner_ids", "repeats": "every_weeks", "scope": "following"}
    errors = {named.get(name, name): list(found) for name, found in form.errors.items()}
    raise serializers.ValidationError(errors)


class AllAppointments(ApiView):
    """All sessions that somebody may know of."""

    tag, is_list = "appointments", True
    door = staticmethod(for_whole_office)
    scopes = {"GET": Scope.APPOINTMENTS_READ}
    queryset = Appointment.objects.none()
    serializer_class = AppointmentSerializer
    filterset_class = CaseloadAppointmentFilter

    @extend_schema(operation_id="appointments_list_all", summary="List the sessions of all couples")
    def get(self, request: Request) -> Response:
        """Owners and the office see those of all couples, therapists their own. The newest plan comes first."""
        return self.page_of(shown_rows())


class Appointments(ApiView):
    """The sessions of a couple."""

    tag, is_list = "appointments", True
    door = staticmethod(for_office)
    scopes = {"GET": Scope.APPOINTMENTS_READ, "POST": Scope.APPOINTMENTS_WRITE}
    queryset = Appointment.objects.none()
    serializer_class = AppointmentSerializer
    filterset_class = AppointmentFilter

    @extend_schema(operation_id="appointments_list", summary="List the sessions of a couple")
    def get(self, request: Request, couple_id: UUID) -> Response:
        """What is ahead and what was. The newest plan comes first."""
        couple = get_object_or_404(Couple, pk=couple_id)
        return self.page_of(shown_rows().filter(couple=couple))

    @extend_schema(
        operation_id="appointments_create",
        summary="Plan a session, or a series",
        request=NewAppointmentSerializer,
        responses={201: PlannedSerializer},
    )
    def post(self, request: Request, couple_id: UUID) -> Response:
        """Plan one session, or one every so many weeks. What is due before the next one moves along."""
        couple = get_object_or_404(Couple.objects.with_partners(), pk=couple_id)
        form = judged(AppointmentForm(self._filled(self.sent(NewAppointmentSerializer)), couple=couple))
        made = appointments.make_on(couple, form.cleaned_data["days"], form.meeting())
        shown = self.shown({"appointments": made}, PlannedSerializer)
        return self.answer_with(shown, status=201, location=reverse("api_appointment", args=[made[0].pk]))

    def _filled(self, said: dict[str, Any]) -> dict[str, Any]:
        repeats = str(said["every_weeks"]) if "every_weeks" in said else ONCE
        ends = UNTIL if "until" in said else COUNT
        return {**_as_form({"minutes": 60, **said}), "repeats": repeats, "ends": ends}


class OneAppointment(ApiView):
    """One session."""

    tag = "appointments"
    door = staticmethod(for_office)
    scopes = {"GET": Scope.APPOINTMENTS_READ, "PATCH": Scope.APPOINTMENTS_WRITE}
    serializer_class = AppointmentSerializer

    @extend_schema(operation_id="appointments_read", summary="Read a session")
    def get(self, request: Request, appointment_id: UUID) -> Response:
        """When, how long, where, and who comes."""
        return self.answer_with(self.shown(get_object_or_404(shown_rows(), pk=appointment_id)))

    @extend_schema(
        operation_id="appointments_change",
        summary="Move or change a session",
        request=AppointmentChangeSerializer,
        responses={200: AppointmentSerializer},
    )
    def patch(self, request: Request, appointment_id: UUID) -> Response:
        """Move a session, or say otherwise where it is and who comes. What waits for it moves along."""
        appointment = get_object_or_404(shown_rows().select_for_update(of=("self",)), pk=appointment_id)
        couple = appointment.couple
        self.must_match(self.shown(appointment))
        said = self.sent(AppointmentChangeSerializer)
        if said["following"] and appointment.series is None:
            raise serializers.ValidationError({"following": ["This one is of no series."]})
        filled = {
            **AppointmentForm.initial_of(appointment, couple),
            **_as_form(said),
            "scope": "following" if said["following"] else "one",
        }
        form = judged(AppointmentForm(filled, couple=couple, appointment=appointment))
        try:
            appointments.change(
                appointment,
                seen=form.cleaned_data["seen"],
                day=form.cleaned_data["day"],
                meeting=form.meeting(),
                following=said["following"],
            )
        except appointments.Changed:
            raise problems.Changed from None
        return self.answer_with(self.shown(shown_rows().get(pk=appointment_id)))


class _Act(ApiView):
    """Something done to one session by one call, which may be done again and changes nothing then."""

    tag = "appointments"
    door = staticmethod(for_office)
    scopes = {"POST": Scope.APPOINTMENTS_WRITE}
    serializer_class = AppointmentSerializer

    def found(self, appointment_id: UUID) -> Appointment:
        return get_object_or_404(shown_rows(), pk=appointment_id)

    def now(self, appointment_id: UUID) -> Response:
        return self.answer_with(self.shown(self.found(appointment_id)))


class Cancel(_Act):
    """Calling off."""

    @extend_schema(
        operation_id="appointments_cancel",
        summary="Call a session off",
        request=CancelSerializer,
        responses={200: AppointmentSerializer},
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Call one off, or it and all that follow in its series. What waited for it waits for the next one."""
        appointment = self.found(appointment_id)
        appointments.cancel(appointment, following=self.sent(CancelSerializer)["following"])
        return self.now(appointment_id)


class Restore(_Act):
    """Taking back that it was called off."""

    @extend_schema(
        operation_id="appointments_restore",
        summary="Let a session take place after all",
        request=None,
        responses={200: AppointmentSerializer},
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Undo calling it off, while it is still ahead."""
        appointment = self.found(appointment_id)
        if appointment.cancelled_at is not None and not appointments.take_place(appointment):
            raise problems.Conflict("This session is over.", "over")
        return self.now(appointment_id)


class Outcome(_Act):
    """How it went out."""

    @extend_schema(
        operation_id="appointments_outcome",
        summary="Note whether somebody came",
        request=OutcomeSerializer,
        responses={200: AppointmentSerializer},
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Note that nobody came, or that they did after all. A fact for the calendar, and no more."""
        appointment = self.found(appointment_id)
        if appointment.cancelled_at is not None:
            raise problems.Conflict("This session was called off.", "cancelled")
        if appointment.starts_at > timezone.now():
            raise problems.Conflict("This session is still ahead.", "ahead")
        appointments.miss(appointment, self.sent(OutcomeSerializer)["missed"])
        return self.now(appointment_id)


def _as_form(said: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent as the form of the page calls it."""
    filled = {name: one for name, one in said.items() if name not in ("partner_ids", "following")}
    if "partner_ids" in said:
        filled["comes"] = [str(pk) for pk in said["partner_ids"]]
    return filled
