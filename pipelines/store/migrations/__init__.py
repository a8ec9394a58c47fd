"""The way from every earlier schema to the present one; a file here is never changed once released."""

from __future__ import annotations

# Oldest first. Kept here so that opening an up-to-date database need not load Alembic; a test compares
# this with the files.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011")
HEAD = REVISIONS[-1]
