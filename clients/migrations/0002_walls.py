"""The walls around people in care."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, COUPLES, IN_CASELOAD, PEOPLE, PERSON, READ, USER, Wall

WRITE = "SELECT, INSERT, UPDATE"
CHANGE = "SELECT, UPDATE"
ABOUT_PEOPLE = f"client_id = ANY({PEOPLE})"


class Migration(migrations.Migration):
    dependencies = [("clients", "0001_initial"), ("practice", "0002_walls")]

    operations = [
        Wall(
            "Client",
            grants={
                roles.THERAPIST: CHANGE,
                roles.SUPERVISOR: CHANGE,
                roles.COORDINATOR: CHANGE,
                roles.PORTAL: CHANGE,
                roles.SYSTEM: ALL,
            },
            restrict={
                roles.THERAPIST: f"id = ANY({PEOPLE})",
                roles.PORTAL: {"SELECT": f"id = ANY({PEOPLE})", "UPDATE": f"id = {PERSON}"},
            },
            login=f"user_id = {USER}",
            silent=("name", "pronouns"),
        ),
        Wall(
            "Contact",
            grants={
                roles.THERAPIST: CHANGE,
                roles.SUPERVISOR: CHANGE,
                roles.COORDINATOR: CHANGE,
                roles.PORTAL: CHANGE,
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: ABOUT_PEOPLE, roles.PORTAL: f"client_id = {PERSON}"},
            silent=("email",),
        ),
        Wall(
            "Couple",
            grants={
                roles.THERAPIST: CHANGE,
                roles.SUPERVISOR: CHANGE,
                roles.COORDINATOR: CHANGE,
                roles.PORTAL: READ,
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: f"id = ANY({COUPLES})", roles.PORTAL: f"id = ANY({COUPLES})"},
        ),
        Wall(
            "Partner",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: READ,
                roles.COORDINATOR: READ,
                roles.PORTAL: READ,
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: IN_CASELOAD, roles.PORTAL: IN_CASELOAD},
        ),
        Wall(
            "CaseloadEntry",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: "SELECT, INSERT, DELETE",
                roles.COORDINATOR: "SELECT, INSERT, DELETE",
                roles.PORTAL: READ,
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: IN_CASELOAD, roles.PORTAL: IN_CASELOAD},
        ),
        Wall(
            "Clearance",
            grants={roles.THERAPIST: WRITE, roles.SUPERVISOR: WRITE, roles.SYSTEM: ALL},
            restrict={roles.THERAPIST: IN_CASELOAD},
        ),
        Wall(
            "ClientInvitation",
            grants={
                roles.THERAPIST: WRITE,
                roles.SUPERVISOR: WRITE,
                roles.COORDINATOR: WRITE,
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: IN_CASELOAD},
            silent=("nonce", "email"),
        ),
        Wall(
            "Consent",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: READ,
                roles.PORTAL: WRITE,
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: ABOUT_PEOPLE, roles.PORTAL: f"client_id = {PERSON}"},
        ),
        Wall(
            "Appointment",
            grants={
                roles.THERAPIST: WRITE,
                roles.SUPERVISOR: WRITE,
                roles.COORDINATOR: WRITE,
                roles.PORTAL: READ,
                roles.SYSTEM: ALL,
            },
            restrict={roles.THERAPIST: IN_CASELOAD, roles.PORTAL: IN_CASELOAD},
        ),
    ]
