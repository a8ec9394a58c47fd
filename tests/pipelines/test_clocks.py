from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.metadata.clocks import Claim, Flag, choose, feed_claim
from pipelines.metadata.dates import Dated, plausible

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def claim(source: str, at: datetime, *, zoned: bool = True) -> Claim:
    return Claim(Dated(at=at, precision="second", zoned=zoned), source)


def test_the_first_place_is_believed_where_nothing_speaks_against_it() -> None:
    found = choose([claim("json-ld", NOW - DAY / 2), claim("meta", NOW - DAY)], now=NOW)
    assert (found.at, found.source, found.flags) == (NOW - DAY / 2, "json-ld", ())


def test_what_another_place_confirms_is_believed_first() -> None:
    claims = [claim("json-ld", NOW - 9 * DAY), claim("meta", NOW - 2 * DAY), feed_claim(NOW - 2 * DAY)]
    found = choose(claims, now=NOW)
    assert (found.at, found.source, found.flags) == (NOW - 2 * DAY, "meta", (Flag.DISAGREES,))


def test_far_older_than_the_feed_is_doubtful() -> None:
    found = choose([claim("json-ld", NOW - 900 * DAY), feed_claim(NOW - DAY)], now=NOW)
    assert (found.at, found.source) == (NOW - DAY, "feed")
    assert found.flags == (Flag.DISAGREES, Flag.TOO_OLD)


def test_the_future_is_doubtful() -> None:
    found = choose([claim("json-ld", NOW + 40 * DAY)], now=NOW)
    assert found.at is None
    assert found.flags == (Flag.FUTURE,)


def test_a_time_without_a_zone_says_so_unless_another_names_it() -> None:
    bare = claim("json-ld", NOW - DAY, zoned=False)
    assert choose([bare], now=NOW).flags == (Flag.ZONE_UNKNOWN,)
    found = choose([bare, claim("meta", NOW - DAY)], now=NOW)
    assert (found.source, found.flags) == ("meta", ())


def test_nothing_claimed_is_nothing_chosen() -> None:
    assert choose([], now=NOW).at is None


def test_what_the_page_shows_is_the_page_where_no_meta_element_speaks() -> None:
    shown = claim("time", NOW - 4 * DAY)
    assert choose([claim("json-ld", NOW - DAY), shown], now=NOW).flags == (Flag.DISAGREES,)
    assert choose([claim("json-ld", NOW - DAY), claim("meta", NOW - DAY), shown], now=NOW).flags == ()


def test_an_impossible_feed_makes_nothing_too_old() -> None:
    found = choose([claim("json-ld", NOW - DAY), feed_claim(NOW + 900 * DAY)], now=NOW)
    assert (found.source, found.flags) == ("json-ld", (Flag.DISAGREES, Flag.FUTURE))


@given(
    st.lists(
        st.tuples(st.sampled_from(["json-ld", "meta", "time", "url", "feed"]), st.integers(-20000, 20000))
    )
)
def test_what_is_chosen_was_claimed_and_is_possible(said: list[tuple[str, int]]) -> None:
    claims = [claim(source, NOW + timedelta(hours=hours)) for source, hours in said]
    found = choose(claims, now=NOW)
    if found.at is None:
        assert not any(plausible(one.dated, now=NOW) for one in claims)
    else:
        assert found.at in [one.dated.at for one in claims if one.source == found.source]
        assert found.at <= NOW + DAY
