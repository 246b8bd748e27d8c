"""Settings. Everything an installation may change comes from the environment; docs/running.md lists it.

Without ``ATTUNE_ENV=production`` this is a developer's or demo machine: PostgreSQL and Valkey are started
from their wheels when ``DATABASE_URL`` and ``CELERY_BROKER_URL`` are not set. In production a missing value
stops the start and says its name.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from psycopg import ProgrammingError, conninfo

from practice import keyring, lines, mail_services, scanner, serving

BASE_DIR = Path(__file__).resolve().parent.parent
PRODUCTION = os.environ.get("ATTUNE_ENV", "") == "production"
DEMO = os.environ.get("ATTUNE_DEMO", "") == "1" and not PRODUCTION
STATE = Path(os.environ.get("ATTUNE_STATE", BASE_DIR / ".attune"))


def required(name: str, otherwise: str = "") -> str:
    """Return an environment variable; in production refuse to start without it."""
    value = os.environ.get(name, "")
    if not value and PRODUCTION:
        raise ImproperlyConfigured(f"{name} must be set in production. docs/running.md says what to put there.")
    return value or otherwise


#: Hosts of one's own that are reached without TLS, because the line to them never leaves a machine or closed network.
ATTUNE_PLAIN_HOSTS = [one.strip() for one in os.environ.get("ATTUNE_PLAIN_HOSTS", "").split(",") if one.strip()]


def database(name: str) -> dict:
    url = required(name)
    if urlsplit(url).scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{name} must begin with postgresql://")
    try:
        given = dict(conninfo.conninfo_to_dict(url))
    except ProgrammingError:
        raise ImproperlyConfigured(f"{name} can not be read: mind what must be percent-encoded.") from None
    words = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    place = {ours: str(given.pop(theirs, "") or "") for ours, theirs in words.items()}
    options = encrypted(lines.of_database, name, place["HOST"], given) if PRODUCTION else given
    return {**place, "OPTIONS": options}


def encrypted(look: Callable, *words: object) -> Any:
    """Look at a line to another machine as :mod:`practice.lines` does; it stops the start where it is in the open."""
    try:
        return look(*words, plain=ATTUNE_PLAIN_HOSTS)
    except lines.InTheOpen as error:
        raise ImproperlyConfigured(str(error)) from None


def strong(name: str, value: str) -> str:
    """Return a secret; in production refuse one that could be guessed."""
    if PRODUCTION and (len(value) < 50 or max(map(value.count, set(value))) > len(value) // 4):
        raise ImproperlyConfigured(f"{name} can be guessed: it must be 50 random characters.")
    return value


def demo_key(name: str) -> str:
    """Return a secret of the demo: made once, kept beside its database; empty outside of the demo."""
    if not DEMO:
        return ""
    from practice.local import keys

    return keys.key(STATE / "demo", name)


DEBUG = False
SECRET_KEY = strong("SECRET_KEY", required("SECRET_KEY", demo_key("secret") or "only-for-this-machine-" + "x" * 40))
#: What signed before: cookies and links made with one of these still count, and nobody is signed out by a change.
SECRET_KEY_FALLBACKS = [strong("SECRET_KEYS_OLD", one) for one in os.environ.get("SECRET_KEYS_OLD", "").split()]
ALLOWED_HOSTS = [
    one.strip() for one in required("ATTUNE_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",") if one.strip()
]
if PRODUCTION and any("*" in one for one in ALLOWED_HOSTS):
    raise ImproperlyConfigured("ATTUNE_HOSTS must name every host: whoever may choose one chooses where links lead.")
#: Everybody who reads this knows it.
DEVELOPMENT_KEY = base64.urlsafe_b64encode(hashlib.sha256(b"development").digest()).decode()
#: 32 bytes, URL-safe base64. It wraps every practice's key: lose it and all sealed text is lost.
ATTUNE_MASTER_KEY = required(
    "ATTUNE_MASTER_KEY",
    demo_key("master") or DEVELOPMENT_KEY,
)
#: Others that may be met in the database: the next one before it is used, the last one until it is turned away.
ATTUNE_MASTER_KEYS_ALSO = os.environ.get("ATTUNE_MASTER_KEYS_ALSO", "").split()
for _key in (ATTUNE_MASTER_KEY, *ATTUNE_MASTER_KEYS_ALSO):
    try:
        _bytes = keyring.read(_key)
    except ValueError:
        raise ImproperlyConfigured(
            "ATTUNE_MASTER_KEY and each of ATTUNE_MASTER_KEYS_ALSO must be 32 bytes in URL-safe base64."
        ) from None
    if PRODUCTION and (_key == DEVELOPMENT_KEY or len(set(_bytes)) < 16):
        raise ImproperlyConfigured("ATTUNE_MASTER_KEY can be guessed: it must be 32 random bytes.")
#: Where links in mail lead: never taken from a request.
ATTUNE_URL = required("ATTUNE_URL", f"http://localhost:{os.environ.get('ATTUNE_WEB_PORT', '8000')}").rstrip("/")
if PRODUCTION and not ATTUNE_URL.startswith("https://"):
    raise ImproperlyConfigured("ATTUNE_URL must begin with https://: links in mail carry what opens an account.")
#: Where 'Leave' goes: a site that says nothing about anybody.
ATTUNE_LEAVE_URL = os.environ.get("ATTUNE_LEAVE_URL", "https://www.wikipedia.org/")

INSTALLED_APPS = [
    "practice",
    "clients",
    "exercises",
    "reports",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
]

MIDDLEWARE = [
    "practice.request_ids.Numbered",
    "practice.metrics.Counted",
    # Outermost but for the id: what turns a request away further in, a wrong host or plain HTTP, answers as strictly
    # as a page.
    "practice.middleware.PrivateResponses",
    "practice.page_policy.PagePolicy",
    "practice.middleware.SmallPages",
    "practice.middleware.Probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "practice.sessions.WhoSignedIn",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "practice.signing_in.SignInsFollow",
    "practice.still_here.StillSignedIn",
    "practice.limits.WithinLimits",
    "practice.api.middleware.ByToken",
    "practice.narrow.NarrowSignIn",
    "practice.through_provider.HeldToPractice",
    "practice.middleware.SignedIn",
    "practice.shared_screen.SharedScreen",
    "practice.middleware.KeysInReach",
]

ROOT_URLCONF = "practice.urls"
WSGI_APPLICATION = "practice.wsgi.application"

_TEMPLATES_LIE_IN = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            # A view may ask for a part of a template; what stands still is rendered once (practice/fixed_markup.py).
            "loaders": [("template_partials.loader.Loader", [("practice.fixed_markup.Loader", _TEMPLATES_LIE_IN)])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "practice.context.surroundings",
            ],
            "builtins": ["practice.templatetags.attune", "template_partials.templatetags.partials"],
        },
    }
]

# --- Database -----------------------------------------------------------------------------------

#: Of each process. Whoever finds none free waits so many seconds.
POOL = {"min_size": 1, "max_size": serving.CONNECTIONS, "timeout": 10}
#: What does not answer is soon given up (practice/replica.py): all of it stands in the primary, too.
REPLICA_LINE = {
    "connect_timeout": 2,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
REPLICA_POOL = {"min_size": 0, "max_size": serving.CONNECTIONS, "timeout": 2, "reconnect_timeout": 2}
if os.environ.get("DATABASE_URL") or PRODUCTION:
    _there = database("DATABASE_URL")
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            **_there,
            "OPTIONS": {**_there["OPTIONS"], "pool": POOL},
        }
    }
    #: Whether connections keep the plans of what pages ask (practice/written/prepared.py). A pooler between is noticed.
    DATABASE_KEEPS_PLANS = os.environ.get("DATABASE_KEEPS_PLANS", "1") == "1"
    #: Migrations connect as the owner of the tables.
    DATABASE_OWNER = (
        {key: value for key, value in database("DATABASE_OWNER_URL").items() if key != "NAME"}
        if os.environ.get("DATABASE_OWNER_URL")
        else {}
    )
    if os.environ.get("DATABASE_REPLICA_URL"):
        _there = database("DATABASE_REPLICA_URL")
        DATABASES["replica"] = {
            "ENGINE": "django.db.backends.postgresql",
            **_there,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {**REPLICA_LINE, **_there["OPTIONS"], "pool": REPLICA_POOL},
        }
    #: Back-ups read as a role that sees everything and changes nothing.
    DATABASE_BACKUP = database("DATABASE_BACKUP_URL") if os.environ.get("DATABASE_BACKUP_URL") else {}
else:
    DATABASES = {
        "default": {
            "ENGINE": "practice.local.backend",
            "NAME": "attune",
            "USER": "attune_login",
            "HOST": f"dev:{STATE / 'demo'}" if DEMO else f"dev:throwaway:{STATE / 'test'}",
            "OPTIONS": {"pool": POOL} if DEMO else {},
        }
    }
    DATABASE_OWNER = {}
    DATABASE_BACKUP = {}
    DATABASE_KEEPS_PLANS = False

# --- Jobs ---------------------------------------------------------------------------------------

CELERY_BROKER_URL = required("CELERY_BROKER_URL")  # empty: the embedded Valkey, started by practice.celery
if PRODUCTION:
    encrypted(lines.check_url, "CELERY_BROKER_URL", CELERY_BROKER_URL, "rediss")
    encrypted(lines.check_url, "ATTUNE_CACHE_URL", os.environ.get("ATTUNE_CACHE_URL", ""), "rediss")
    encrypted(lines.check_url, "ATTUNE_SMS_URL", os.environ.get("ATTUNE_SMS_URL", ""), "https")

# --- Accounts -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "practice.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["practice.passwords.Argon2", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "practice.passwords.LongEnough"},
    {"NAME": "practice.passwords.NotGuessable"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "practice.accounts.AccountAdapter"
#: How django-allauth talks to OpenID providers; its own tables and pages for them are not used.
SOCIALACCOUNT_ADAPTER = "practice.openid.CarefulAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
# One limiter for everything, in the database: practice/limits.py.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
#: A link for a new password is good for an hour, once.
PASSWORD_RESET_TIMEOUT = 3600
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ACCOUNT_FORMS = {
    "login": "practice.account_forms.SignIn",
    "request_login_code": "practice.account_forms.AskForCode",
    "confirm_login_code": "practice.account_forms.ConfirmCode",
    "confirm_email_verification_code": "practice.account_forms.ConfirmAddress",
    "add_email": "practice.account_forms.NewAddress",
    "change_password": "practice.account_forms.ChangePassword",
    "set_password": "practice.account_forms.SetPassword",
    "reset_password": "practice.account_forms.ForgottenPassword",
    "reset_password_from_key": "practice.account_forms.ChooseNewPassword",
    "reauthenticate": "practice.account_forms.AskPasswordAgain",
}
MFA_FORMS = {
    "authenticate": "practice.account_forms.SecondStep",
    "reauthenticate": "practice.account_forms.AskCodeAgain",
    "activate_totp": "practice.account_forms.AddApp",
    "add_webauthn": "practice.account_forms.AddPasskey",
    "login_webauthn": "practice.account_forms.PasskeyAlone",
    "authenticate_webauthn": "practice.account_forms.PasskeyAsSecondStep",
    "reauthenticate_webauthn": "practice.account_forms.AskPasskeyAgain",
    "edit_webauthn": "practice.account_forms.RenamePasskey",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A code counts half a minute before and after its own; used ones are remembered (practice/account_forms.py).
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Attune"
MFA_ADAPTER = "practice.accounts.SecondFactorAdapter"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION

#: Whoever works in a practice signs in with a second factor; only the demo does without.
STAFF_NEED_SECOND_FACTOR = not DEMO

#: A sign-in ends after so long without an act of the person, and after so long in all (practice/still_here.py).
SIGN_IN_RESTS = datetime.timedelta(minutes=15)
SIGN_IN_LASTS = datetime.timedelta(hours=12)
SESSION_ENGINE = "practice.sessions"
SESSION_COOKIE_AGE = int(SIGN_IN_LASTS.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
#: Says only that somebody signed in with this browser before (practice/known_browser.py).
KNOWN_BROWSER_COOKIE = "__Host-known" if PRODUCTION else "known"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "practice.views.errors.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

CACHES = (
    {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": os.environ["ATTUNE_CACHE_URL"],
        }
    }
    if os.environ.get("ATTUNE_CACHE_URL")
    else {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "attune_cache"}}
)

# --- The browser's side -------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        # blob: is a voice note that was just recorded, listened to before it is kept.
        "media-src": [SELF, "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
        "worker-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
# Not no-referrer: with it browsers call the origin of our own forms "null", and the CSRF check refuses them.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION
#: What Prometheus signs in with at /metrics; empty: there is no such page, and nothing is counted.
ATTUNE_METRICS_TOKEN = os.environ.get("ATTUNE_METRICS_TOKEN", "")
if PRODUCTION and ATTUNE_METRICS_TOKEN and len(ATTUNE_METRICS_TOKEN) < 32:
    raise ImproperlyConfigured("ATTUNE_METRICS_TOKEN can be guessed: it must be 32 random characters or more.")
#: Exactly one proxy stands in front, and what it says of a request counts.
ATTUNE_BEHIND_PROXY = os.environ.get("ATTUNE_BEHIND_PROXY") == "1"
if ATTUNE_BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
CSRF_TRUSTED_ORIGINS = [ATTUNE_URL] if ATTUNE_URL.startswith("https://") else []

STATIC_URL = "/static/"
STATIC_ROOT = STATE / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

#: A long answer is refused kindly by its field; this stops bodies that no form of ours can make.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
FILE_UPLOAD_HANDLERS = ["practice.uploads.ThroughMemory"]

# --- Mail ---------------------------------------------------------------------------------------

#: A mail service instead of an SMTP server: its name and keys (see practice/mail_services.py); empty: SMTP.
ATTUNE_MAIL_SERVICE = mail_services.from_environment(os.environ)
#: What the service's web hook signs in with: ``user:password``, as it stands in the hook's address.
ATTUNE_MAIL_HOOK_SECRET = os.environ.get("ATTUNE_MAIL_HOOK_SECRET", "")
EMAIL_BACKEND = "practice.mail_services.installation" if ATTUNE_MAIL_SERVICE else "practice.mail.CarefulBackend"
EMAIL_HOST = os.environ.get("EMAIL_HOST", "") if ATTUNE_MAIL_SERVICE else required("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT") or os.environ.get("ATTUNE_SMTP_PORT") or (8025 if DEMO else 25))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS", "1" if PRODUCTION else "0") == "1"
if (
    PRODUCTION
    and not EMAIL_USE_TLS
    and not ATTUNE_MAIL_SERVICE
    and not lines.stays_here(EMAIL_HOST, ATTUNE_PLAIN_HOSTS)
):
    raise ImproperlyConfigured("EMAIL_USE_TLS must be 1, or EMAIL_HOST stand in ATTUNE_PLAIN_HOSTS.")
EMAIL_TIMEOUT = 10
#: Neutral on purpose: this line is read over shoulders.
DEFAULT_FROM_EMAIL = required("ATTUNE_FROM_EMAIL", "Attune <hello@attune.invalid>")

# --- Other ways out, and ceilings ---------------------------------------------------------------

#: The most that leave in a minute through the installation's own providers, all practices together; 0: no ceiling.
ATTUNE_MAILS_PER_MINUTE = int(os.environ.get("ATTUNE_MAILS_PER_MINUTE", "0"))
ATTUNE_TEXTS_PER_MINUTE = int(os.environ.get("ATTUNE_TEXTS_PER_MINUTE", "0"))
#: A practice that reaches this in a day has a fault, not clients.
ATTUNE_MESSAGES_PER_PRACTICE_AND_DAY = int(os.environ.get("ATTUNE_MESSAGES_PER_PRACTICE_AND_DAY", "50000"))
#: Practices may name servers on this machine and in its network: for the demo and tests, never in production.
ATTUNE_LOCAL_PROVIDERS = not PRODUCTION and os.environ.get("ATTUNE_LOCAL_PROVIDERS", "1" if DEMO else "0") == "1"
#: Where text messages are handed over (see practice/channels/sms.py); empty: there are none.
ATTUNE_SMS_URL = os.environ.get("ATTUNE_SMS_URL", "") or (
    f"http://127.0.0.1:{os.environ['ATTUNE_TEXTS_PORT']}" if DEMO and "ATTUNE_TEXTS_PORT" in os.environ else ""
)
ATTUNE_SMS_TOKEN = os.environ.get("ATTUNE_SMS_TOKEN", "") or demo_key("texts-token")
#: The number that they come from; answers to it, and STOP, count for everybody who sends from it.
ATTUNE_SMS_FROM = os.environ.get("ATTUNE_SMS_FROM", "") or ("+447700900100" if DEMO else "")
#: The only countries that texts go to (ISO 3166, separated by commas); empty: all. Dear numbers abroad bait thieves.
ATTUNE_SMS_COUNTRIES = frozenset(os.environ.get("ATTUNE_SMS_COUNTRIES", "").upper().replace(",", " ").split())
#: What the gateway signs its calls with (see practice/texts.py); empty: nobody is let in at that door.
ATTUNE_SMS_SECRET = os.environ.get("ATTUNE_SMS_SECRET", "") or demo_key("texts-secret")
#: The private key that notifications are signed with (`manage.py make_push_key`); empty: there are none.
ATTUNE_VAPID_KEY = os.environ.get("ATTUNE_VAPID_KEY", "") or demo_key("push")
#: Hosts of push services besides the browsers' own, separated by commas; ".example.org" means all below it.
ATTUNE_PUSH_HOSTS = [one.strip() for one in os.environ.get("ATTUNE_PUSH_HOSTS", "").split(",") if one.strip()]

# --- Files that come in -----------------------------------------------------------------------

#: clamd's socket, or host:port: it looks at every file first (see practice/scanner.py); empty: nobody does.
ATTUNE_SCANNER = os.environ.get("ATTUNE_SCANNER", "")
if ATTUNE_SCANNER:
    try:
        _scanner = scanner.place(ATTUNE_SCANNER)
    except ValueError:
        raise ImproperlyConfigured("ATTUNE_SCANNER must be the path of a socket, or host:port.") from None
    if PRODUCTION and isinstance(_scanner, tuple):
        encrypted(lines.check_unencrypted, "ATTUNE_SCANNER", _scanner[0])

# --- Whoever runs this ---------------------------------------------------------------------------

#: A mailbox that a letter reaches once a minute, to prove that letters get out; empty: none is sent.
ATTUNE_CANARY_ADDRESS = os.environ.get("ATTUNE_CANARY_ADDRESS", "")
#: Who is told of alarms.
ATTUNE_OPERATOR_EMAIL = os.environ.get("ATTUNE_OPERATOR_EMAIL", "")
#: Where anchors of the audit trail are added, best on storage that only takes additions; empty: log and mail alone.
ATTUNE_ANCHOR_FILE = os.environ.get("ATTUNE_ANCHOR_FILE", "")
#: The public key that back-ups are sealed for, and, on the day of a restore and on no other, the private one.
ATTUNE_BACKUP_KEY = os.environ.get("ATTUNE_BACKUP_KEY", "")
ATTUNE_RESTORE_KEY = os.environ.get("ATTUNE_RESTORE_KEY", "")
#: After so long without a pulse a worker begins again; 0: never.
ATTUNE_WATCHDOG_SECONDS = float(os.environ.get("ATTUNE_WATCHDOG_SECONDS", "180"))

# --- The door for programs: practice/api/ ---------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["practice.api.authentication.Token", "practice.api.authentication.Browser"],
    "DEFAULT_PERMISSION_CLASSES": [],  # who comes in is said by each view's door
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["practice.api.parsing.BoundedJSON"],
    "DEFAULT_FILTER_BACKENDS": ["practice.api.filtering.Filters"],
    "DEFAULT_PAGINATION_CLASS": "practice.api.paging.ByCursor",
    "DEFAULT_SCHEMA_CLASS": "practice.api.schema.Operation",
    "EXCEPTION_HANDLER": "practice.api.problems.handler",
    "UNICODE_JSON": True,
    "COERCE_DECIMAL_TO_STRING": False,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Attune",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Names where several enumerations are called alike, or one has several names.
    "ENUM_NAME_OVERRIDES": {
        "LaneEnum": "exercises.vocabulary.Lane",
        "ExerciseKindEnum": "exercises.vocabulary.Kind",
        "DueEnum": "exercises.models.Assignment.Due",
        "DueChoiceEnum": "exercises.when_form.DUE",
        "QuestionTypeEnum": "exercises.vocabulary.QuestionType",
        "AlertSourceEnum": "reports.models.Alert.Source",
        "AlertStepKindEnum": "reports.models.AlertStep.Kind",
        "MessageStateEnum": "practice.models.Message.State",
        "ReportEditionEnum": "reports.models.report.Audience",
        "ReportKindEnum": "reports.models.report.Kind",
        "ReportStateEnum": "reports.models.Report.State",
        "ScoreSourceEnum": [("form", "form"), ("entered", "entered")],
        "RestKindEnum": "exercises.models.Pause.Kind",
        "RunStateEnum": "exercises.api.program_runs.STATES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "practice.api.schema.with_everywhere",
    ],
}

# --- Language and time --------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# --- Logs: ids, never people --------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "practice.logs.WithoutWords", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "lines": {"()": "practice.logs.Lines"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines" if PRODUCTION else "plain"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("ATTUNE_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "fido2": {"level": "WARNING"},  # it names the devices of people
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "WARNING"},
        "weasyprint.progress": {"level": "WARNING"},
    },
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "practice.views.errors.NoValues"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = ["mfa.W001"]
