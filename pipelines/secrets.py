"""Keeping names and passwords out of what is shown. Pure."""

from __future__ import annotations

import re

# User information of a URL reaches to the last @ before the path (RFC 3986, 3.2).
_USER_INFORMATION = re.compile(r"(?<=://)[^\s/?#]*@")


def masked(text: str) -> str:
    """The text with `***` for the user information of all URLs in it."""
    return _USER_INFORMATION.sub("***@", text) if "@" in text else text
