"""What the API's own string formats look like, for schemathesis, which loads this by $SCHEMATHESIS_HOOKS."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st

_TWO = st.integers(0, 59).map("{:02}".format)
_CLOCK = st.builds("{:02}:{}".format, st.integers(0, 23), _TWO)
_AGO = st.builds("{}{}".format, st.integers(0, 999), st.sampled_from("mhdw"))
_WORDS = st.text("abcdefghijklmnopqrstuvwxyzäß字ไ", min_size=1, max_size=12)

schemathesis.openapi.format(
    "moment",
    st.one_of(
        st.just(""),
        _AGO,
        st.dates().map(str),
        st.datetimes().map(lambda at: at.isoformat(timespec="minutes")),
    ),
)
schemathesis.openapi.format("watch-name", _WORDS)
schemathesis.openapi.format("query", st.lists(_WORDS, min_size=1, max_size=4).map(" ".join))
schemathesis.openapi.format("digest", st.one_of(st.just(""), _CLOCK, st.integers(1, 24).map("{}h".format)))
schemathesis.openapi.format(
    "quiet-hours",
    st.one_of(st.just(""), st.integers(0, 22).map(lambda hour: f"{hour:02}:30-{hour + 1:02}:00")),
)
schemathesis.openapi.format(
    "time-zone", st.sampled_from(("UTC", "Europe/Berlin", "Asia/Tokyo", "America/Lima"))
)
