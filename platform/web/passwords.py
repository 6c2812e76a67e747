"""What a password must be: long enough, and not the first thing anyone would try."""

from __future__ import annotations

from flask_babel import lazy_gettext
from wtforms.validators import ValidationError

MINIMUM = 10
_COMMON = frozenset({
    "password", "passw0rd", "password1", "password12", "password123", "1234567890", "0123456789", "0987654321",
    "qwertyuiop", "1q2w3e4r5t", "administrator", "iloveyou123", "letmein123", "welcome123", "formloom123",
})


def check_password(password: str) -> None:
    """Raises WTForms' error, as the forms want it."""
    if len(password) < MINIMUM:
        raise ValidationError(lazy_gettext("Use at least 10 characters."))
    if password.lower() in _COMMON or len(set(password)) < 5:
        raise ValidationError(lazy_gettext("This password is too easy to guess."))
