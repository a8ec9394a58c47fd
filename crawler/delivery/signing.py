"""Signatures of the Standard Webhooks specification (symmetric, version 1). Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime


def signed_headers(message: str, body: bytes, *, key: bytes | None, at: datetime) -> dict[str, str]:
    """The headers of a webhook: the message's id, the time of this attempt and, with a key, the signature."""
    timestamp = str(int(at.timestamp()))
    headers = {"webhook-id": message, "webhook-timestamp": timestamp}
    if key is None:
        return headers
    content = b".".join((message.encode(), timestamp.encode(), body))
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return {**headers, "webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}
