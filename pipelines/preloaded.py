"""Imported once by the process that workers are forked from: what each of them needs, in memory once."""

from __future__ import annotations

import gc

import pipelines.extract
from pipelines.language import language_of
from pipelines.urls import site_of

# Loaded at their first use: the classifier of languages (30 MiB), the list of public suffixes.
language_of("The council met on Tuesday to talk about the bridge, the school and the harbour. " * 3, None)
site_of("www.courier.example")
# Else the first collection in each worker would write to, and so copy, every page that they share.
gc.collect()
gc.freeze()

__all__ = ["pipelines"]
