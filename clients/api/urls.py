"""Addresses for programs."""

from django.urls import path

from clients.api import appointments, couples, partners
from clients.models import Appointment, Client, Couple
from practice.api import repeating

COUPLE = "couples/<uuid:couple_id>/"
PARTNER = f"{COUPLE}partners/<uuid:client_id>/"
APPOINTMENT = "appointments/<uuid:appointment_id>/"

repeating.names(couple_id=Couple, client_id=Client, appointment_id=Appointment)

urlpatterns = [
    path("couples/", couples.Couples.as_view(), name="api_couples"),
    path(COUPLE, couples.OneCouple.as_view(), name="api_couple"),
    path(f"{COUPLE}partners/", partners.Partners.as_view(), name="api_partners"),
    path(PARTNER, partners.OnePartner.as_view(), name="api_partner"),
    path(f"{PARTNER}invitation/", partners.Invitation.as_view(), name="api_invitation"),
    path("appointments/", appointments.AllAppointments.as_view(), name="api_all_appointments"),
    path(f"{COUPLE}appointments/", appointments.Appointments.as_view(), name="api_appointments"),
    path(APPOINTMENT, appointments.OneAppointment.as_view(), name="api_appointment"),
    path(f"{APPOINTMENT}cancel/", appointments.Cancel.as_view(), name="api_appointment_cancel"),
    path(f"{APPOINTMENT}restore/", appointments.Restore.as_view(), name="api_appointment_restore"),
    path(f"{APPOINTMENT}outcome/", appointments.Outcome.as_view(), name="api_appointment_outcome"),
]
