"""The tenant: who works here, under which rules, and what they did."""

from practice.models.api import AccessToken, DoneOnce
from practice.models.archive import Archive, ArchivePiece
from practice.models.audit import AuditEvent, AuditSeal
from practice.models.base import PracticeModel, inside
from practice.models.hold import SendingHold
from practice.models.keys import DataKey, InstallationSecret, PracticeKey
from practice.models.message import Message
from practice.models.practice import Membership, Practice, StaffInvitation, Step
from practice.models.provider import Circuit, Pace, Provider, Pulse, Suppression
from practice.models.signing import AccountEvent, Limit, Recovery, SignIn
from practice.models.single_sign_on import ProviderLink, SignInDoor, SingleSignOn
from practice.models.two_people import TwoPersonAct
from practice.models.user import User
from practice.models.webhook import Webhook, WebhookDelivery

__all__ = [
    "AccessToken",
    "AccountEvent",
    "Archive",
    "ArchivePiece",
    "AuditEvent",
    "AuditSeal",
    "Circuit",
    "DataKey",
    "DoneOnce",
    "InstallationSecret",
    "Limit",
    "Membership",
    "Message",
    "Pace",
    "Practice",
    "PracticeKey",
    "PracticeModel",
    "Provider",
    "ProviderLink",
    "Pulse",
    "Recovery",
    "SendingHold",
    "SignIn",
    "SignInDoor",
    "SingleSignOn",
    "StaffInvitation",
    "Step",
    "Suppression",
    "TwoPersonAct",
    "User",
    "Webhook",
    "WebhookDelivery",
    "inside",
]
