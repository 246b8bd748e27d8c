"""What each type of an XLSForm becomes here, and why others become nothing."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Types as pyxform names them, and ours. `text` and `range` look at the row as well.
ASKED: Mapping[str, str] = {
    "text": "short_text",
    "string": "short_text",
    "integer": "number",
    "int": "number",
    "decimal": "number",
    "range": "scale",
    "select one": "single",
    "select all that apply": "multi",
    "date": "date",
    "time": "time",
    "dateTime": "datetime",
    "datetime": "datetime",
    "acknowledge": "yes_no",
    "trigger": "yes_no",
}
SHOWN: Mapping[str, str] = {"note": "instructions", "group": "group", "repeat": "group"}

_MOMENT = _("What devices note about themselves and the time of filling in. Attune keeps when an answer came.")
_PLACE = _("Attune asks for no places.")
_FILE = _("Pictures, recordings and files are no answers here. Partners may add some to what they keep.")
_SUM = _("Nothing is calculated here. Scores are set up when the exercise is written.")
NOT_HERE: Mapping[str, str | Promise] = {
    **dict.fromkeys(
        (
            "start",
            "end",
            "today",
            "deviceid",
            "username",
            "email",
            "phonenumber",
            "phone number",
            "simserial",
            "imei",
            "subscriberid",
            "sim id",
            "subscriber id",
            "device id",
            "audit",
            "start time",
            "end time",
        ),
        _MOMENT,
    ),
    **dict.fromkeys(("geopoint", "geotrace", "geoshape", "location", "start-geopoint", "background-geopoint"), _PLACE),
    **dict.fromkeys(("photo", "image", "audio", "video", "file", "background-audio", "osm"), _FILE),
    "calculate": _SUM,
    "rank": _("Putting things in order is no kind of question here."),
    "barcode": _("There are no codes to scan here."),
    "hidden": _("What is never shown is not asked."),
    "xml-external": _("It points at another file."),
    "csv-external": _("It points at another file."),
    "select one external": _("Its choices stand in another sheet or file."),
    "loop": _("There are no loops over choices here."),
}
UNKNOWN = _("There is no such kind of question here.")
EXTERNAL = _("Its choices stand in another file.")
FROM_ANSWERS = _("Its choices are earlier answers.")
