"""What a password must be: long enough, and not the first thing anyone would try."""

from __future__ import annotations

from wtforms.validators import ValidationError

from formloom.errors import Text
from formloom.web.i18n import t

MINIMUM = 10
_COMMON = frozenset({
    "password", "passw0rd", "password1", "password12", "password123", "1234567890", "0123456789", "0987654321",
    "qwertyuiop", "1q2w3e4r5t", "administrator", "iloveyou123", "letmein123", "welcome123", "formloom123",
})


def weakness(password: str) -> Text | None:
    """What is wrong with it; None for a good one."""
    if len(password) < MINIMUM:
        return Text("Use at least {count} characters.", count=MINIMUM)
    if password.lower() in _COMMON or len(set(password)) < 5:
        return Text("This password is too easy to guess.")
    return None


def check_password(password: str) -> None:
    """Raises WTForms' error, as the forms want it."""
    if (found := weakness(password)) is not None:
        raise ValidationError(t(found))
