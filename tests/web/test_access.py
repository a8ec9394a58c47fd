"""Who may do what: passwords, tokens, sessions, form tokens, and how often one may try."""

from __future__ import annotations

import pytest

from crawler.config import ServeSection
from crawler.web.access import TRIES, TRIES_OF_ALL, WINDOW, Access, Right, Tries, hash_password, new_token
from crawler.web.serving import check_listen, split_listen
from pipelines.errors import UsageError


@pytest.fixture(scope="module")
def hashed() -> str:
    return hash_password("correct horse")


def test_the_owner_of_the_password_may_do_all_and_others_nothing(hashed: str) -> None:
    access = Access(password=hashed, tokens={})
    assert access.by_password("correct horse") is Right.WRITE
    assert access.by_password("correct horse ") is Right.NONE
    assert access.by_password("") is Right.NONE
    assert access.by_password("\ud800") is Right.NONE


def test_a_token_may_do_what_it_was_made_for() -> None:
    reader, line = new_token(Right.READ)
    writer, other = new_token(Right.WRITE)
    access = Access.of(ServeSection(tokens=(line, other)), {})
    assert access.by_token(reader) is Right.READ
    assert access.by_token(writer) is Right.WRITE
    assert access.by_password(reader) is Right.READ
    assert access.by_token(line.partition(":")[2]) is Right.NONE  # the config's digest opens nothing
    assert access.by_token("") is Right.NONE


def test_the_environment_adds_a_password_and_a_token_that_may_read() -> None:
    access = Access.of(ServeSection(), {"WIREWATCH_PASSWORD": "from outside", "WIREWATCH_TOKEN": "t" * 30})
    assert not access.is_open
    assert access.by_password("from outside") is Right.WRITE
    assert access.by_token("t" * 30) is Right.READ
    assert Access.of(ServeSection(), {}).is_open


def test_sessions_outlive_a_restart_but_not_another_password(hashed: str) -> None:
    cookie = Access(password=hashed, tokens={}).new_session(Right.WRITE)
    again = Access(password=hashed, tokens={}).by_session(cookie)
    assert again is not None
    assert again.right is Right.WRITE
    assert Access(password=hash_password("another"), tokens={}).by_session(cookie) is None
    assert Access(password=None, tokens={}).by_session(cookie) is None
    assert Access(password=hashed, tokens={}).by_session(cookie[:-2] + "xx") is None


def test_a_forms_token_is_of_its_session_only(hashed: str) -> None:
    access = Access(password=hashed, tokens={})
    token = access.form_token("mine")
    assert access.is_form_token("mine", token)
    assert not access.is_form_token("yours", token)
    assert not access.is_form_token(None, access.form_token(""))
    assert not access.is_form_token("mine", "é\ud800")


def test_who_fails_too_often_waits_and_others_do_not() -> None:
    now = 0.0
    tries = Tries(clock=lambda: now)
    for _ in range(TRIES):
        assert tries.wait("a") == 0
        tries.failed("a")
    assert tries.wait("a") == WINDOW
    assert tries.wait("b") == 0
    tries.passed("a")
    assert tries.wait("a") == 0
    for number in range(TRIES_OF_ALL):
        tries.failed(f"other {number}")
    assert tries.wait("b") > 0
    now = WINDOW + 1
    assert tries.wait("b") == 0


def test_only_loopback_is_served_to_nobody_in_particular(hashed: str) -> None:
    nobody, owned = Access(password=None, tokens={}), Access(password=hashed, tokens={})
    for host in ("127.0.0.1", "::1", "localhost", "127.3.2.1"):
        check_listen(host, nobody)
    for host in ("0.0.0.0", "::", "192.0.2.7", "desk.example"):
        with pytest.raises(UsageError, match="set a password"):
            check_listen(host, nobody)
        check_listen(host, owned)


def test_where_to_listen_is_read_as_people_write_it() -> None:
    assert split_listen("127.0.0.1:80") == ("127.0.0.1", 80)
    assert split_listen("[::1]:8080") == ("::1", 8080)
    assert split_listen(":8080") == split_listen("8080") == ("127.0.0.1", 8080)
    for wrong in ("", "host", "host:http", "host:99999", "1.2.3.4:-1"):
        with pytest.raises(ValueError, match="HOST:PORT"):
            split_listen(wrong)
