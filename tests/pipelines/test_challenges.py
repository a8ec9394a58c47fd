"""Challenge pages are told from ordinary ones, whatever status they come with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.spiders.answers import outcome_of_answer
from pipelines.challenges import challenger
from pipelines.items import Outcome, Page

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def page(body: str = "", *, status: int = 200, title: str = "", **headers: str) -> Page:
    html = f"<!doctype html><html><head><title>{title}</title></head><body>{body}</body></html>"
    sent = {"content-type": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Page(
        url="https://n.example/", final_url="https://n.example/", status=status, headers=sent,
        body=html.encode(), fetched_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        ("Cloudflare", page(title="Just a moment...", body="<noscript>Enable JavaScript</noscript>")),
        ("Cloudflare", page(status=403, cf_mitigated="challenge")),
        ("Cloudflare", page(status=403, title="Attention Required! | Cloudflare")),
        ("Cloudflare", page(status=503, body="<script>window._cf_chl_opt={cvId: '3'}</script>")),
        ("DataDome", page(status=403, body='<iframe src="https://geo.captcha-delivery.com/captcha/?x=1">')),
        (
            "HUMAN",
            page(status=403, title="Access to this page has been denied", body='<div id="px-captcha">'),
        ),
        (
            "Akamai",
            page(status=403, title="Access Denied", body="Reference #18.2 https://errors.edgesuite.net/18"),
        ),
        ("Imperva", page(body='<iframe id="main-iframe" src="/_Incapsula_Resource?CWUDNSAI=9">')),
        ("Imperva", page(body="Request unsuccessful. Incapsula incident ID: 123-456")),
        ("AWS WAF", page(status=202, x_amzn_waf_action="challenge")),
        ("a captcha", page(title=" Are you a\n robot? ")),
    ],
)
def test_who_asks_is_named_and_the_visit_is_blocked(who: str, shown: Page) -> None:
    assert challenger(shown) == who
    outcome, reason = outcome_of_answer(shown)
    assert outcome is Outcome.BLOCKED
    assert reason is not None
    assert reason.startswith(f"challenge page of {who}")
    assert ("status" in reason) is (shown.status >= 400)


@pytest.mark.parametrize(
    "shown",
    [
        page(title="Access denied: how the ministry lost its keys - The Local"),
        page(title="Just a moment... of peace"),
        # What guards put on ordinary pages.
        page(body='<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>'),
        page(body='<script src="/_Incapsula_Resource?SWJIYLWA=719d"></script>'),
        page(
            body="<script>window._pxAppId='PX1'</script><script src='https://js.datadome.co/tags.js'></script>"
        ),
        # An article about such pages.
        page(body="<p>He saw: Incapsula incident ID 1.</p>" + "<p>long</p>" * 8000),
        page(title="Just a moment...", content_type="application/rss+xml"),
        page(),
    ],
)
def test_ordinary_pages_are_not_challenges(shown: Page) -> None:
    assert challenger(shown) is None
    assert outcome_of_answer(shown) == (None, None)


def test_a_refusal_without_a_challenge_keeps_its_reason() -> None:
    assert outcome_of_answer(page(status=403)) == (Outcome.BLOCKED, "status 403 Forbidden")
    assert outcome_of_answer(page(status=404)) == (Outcome.GONE, "status 404 Not Found")
    assert outcome_of_answer(page(status=304, cf_mitigated="challenge")) == (Outcome.NOT_MODIFIED, None)
