"""The API held against its own OpenAPI by schemathesis, and its answers against the store."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from deskserver import copied, serving, sources_config
from newsserver import clean_environment
from sampledays import three_days

from crawler.web.access import Right, new_token
from pipelines.items import article_record
from pipelines.store import Store

# A longer run by hand: WIREWATCH_EXAMPLES=300 pytest tests/web/test_api.py
EXAMPLES = os.environ.get("WIREWATCH_EXAMPLES", "3")
SEED = os.environ.get("WIREWATCH_SEED", "2026")
KNOWN = """
[parameters]
"path.id" = "{id}"
"path.cluster_id" = "{cluster}"
[[operations]]
include-path = "/api/v1/sources/{{name}}"
parameters = {{ "path.name" = "al-mina" }}
"""


def schemathesis(url: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/v1/openapi.json", "--checks", "all",
            "--seed", SEED, "--max-examples", EXAMPLES, "--continue-on-failure", "--no-color", *options,
        ],
        cwd=folder,
        env={**clean_environment(), "SCHEMATHESIS_HOOKS": "apiformats", "PYTHONPATH": str(Path(__file__).parents[1] / "support")},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_no_request_that_schemathesis_thinks_of_is_answered_against_the_description(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = copied(three_days(tmp_path_factory), tmp_path)
    with serving(tmp_path, config=sources_config(database)) as url:
        done = schemathesis(url, tmp_path)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "Tested: 16" in done.stdout


@pytest.mark.reliability
def test_nor_are_those_of_a_program_with_a_token_about_what_is_there(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = copied(three_days(tmp_path_factory), tmp_path)
    with Store.open(f"sqlite:///{database}", readonly=True) as store:
        one = next(article for article in store.articles() if article.cluster_id and article.revision > 1)
    (tmp_path / "schemathesis.toml").write_text(KNOWN.format(id=one.id, cluster=one.cluster_id))
    token, line = new_token(Right.WRITE)
    config = f'[serve]\ntokens = ["{line}"]\n{sources_config(database)}'
    with serving(tmp_path, config=config) as url:
        refused = httpx.get(f"{url}/api/v1/openapi.json")
        # Sequences of requests are the other test's.
        phases = ("--phases", "coverage,fuzzing")
        done = schemathesis(url, tmp_path, "--header", f"Authorization: Bearer {token}", *phases)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "Missing test data: 6" not in done.stdout
    # Without the token not even the description is given out.
    assert refused.status_code == 401


# --- what is answered is what is stored --------------------------------------------------------------------


@pytest.fixture(scope="module")
def api(desk: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{desk.url}/api/v1") as client:
        yield client


def pages(api: httpx.Client, path: str, **asked: Any) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    found: list[dict[str, Any]] = []
    before = None
    while True:
        answer = api.get(path, params={**asked, **({"before": before} if before else {})}).json()
        found += answer["items"]
        before = answer["next"]
        if before is None:
            return found


def test_paging_gives_every_article_once_as_it_is_stored(api: httpx.Client, store: Store) -> None:
    stored = {article.id: article_record(article) for article in store.articles()}
    found = pages(api, "/articles", limit=7, text="true")
    assert len(found) == len(stored)
    for record in found:
        assert {name: record[name] for name in stored[record["id"]]} == stored[record["id"]]
    assert {one["id"] for one in pages(api, "/articles", limit=200)} == stored.keys()


def test_filters_search_and_single_articles_agree_with_the_store(api: httpx.Client, store: Store) -> None:
    german = {article.id for article in store.articles() if article.language == "de"}
    assert {one["id"] for one in pages(api, "/articles", language="de", limit=5)} == german
    hits = api.get("/articles", params={"q": "ferry", "order": "relevance"}).json()["items"]
    assert {one["id"] for one in hits} == {hit.article.id for hit in store.search("ferry", limit=100)}
    assert all(any(part["match"] for part in one["marked_title"] + one["snippet"]) for one in hits)
    edited = next(article for article in store.articles() if article.revision > 1)
    assert api.get(f"/articles/{edited.id}").json() == article_record(edited)
    states = api.get(f"/articles/{edited.id}/revisions").json()["items"]
    assert states == [article_record(state) for state in store.revisions(edited.id)]
    changed = api.get(f"/articles/{edited.id}/changes").json()["items"]
    assert [one["kind"] for one in changed] == [row.kind for row in store.changes_of(edited.id)]


def test_clusters_changes_sources_and_health_tell_of_the_three_days(api: httpx.Client, store: Store) -> None:
    clusters = pages(api, "/clusters", limit=2)
    assert {one["cluster_id"] for one in clusters} == {a.cluster_id for a in store.articles() if a.cluster_id}
    one = api.get(f"/clusters/{clusters[0]['cluster_id']}").json()
    assert len(one["items"]) == clusters[0]["articles"]
    assert len(pages(api, "/changes", limit=3)) == len(store.changes())
    assert {source["name"] for source in api.get("/sources").json()["items"]} == {
        row.name for row in store.sources()
    }
    assert [(one["source"], one["finding"]) for one in api.get("/health").json()["findings"]] == [
        ("diario-del-valle", "failing")
    ]


@pytest.mark.parametrize(
    "path", ["/articles", "/articles?q=ferry", "/clusters", "/sources", "/changes", "/openapi.json"]
)
def test_an_answer_that_is_known_is_not_sent_again(api: httpx.Client, path: str) -> None:
    first = api.get(path)
    again = api.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert api.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/articles/ffffffffffff", 404),
        ("/articles/no-id", 422),
        ("/articles?limit=0", 422),
        ("/articles?limit=many", 422),
        ("/articles?since=whenever", 422),
        ("/articles?order=random", 422),
        ("/articles?before=99999999999999999999", 422),
        ("/clusters/ffff", 404),
        ("/sources/nobody", 404),
        ("/changes?kind=nothing", 422),
        ("/watches/none", 404),
        ("/nothing", 404),
    ],
)
def test_errors_have_one_shape(api: httpx.Client, path: str, status: int) -> None:
    answer = api.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert (status == 422) is bool(problem.get("errors"))


def test_a_method_that_is_none_names_those_that_are(api: httpx.Client) -> None:
    answer = api.post("/watches/one", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "PUT", "DELETE"}
