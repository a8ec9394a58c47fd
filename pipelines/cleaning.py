"""Cleaning articles that are stored already, purely: by the rules their site has taught since."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from pipelines.boilerplate.line import fingerprint
from pipelines.identity import content_hash
from pipelines.items import CLEANING, Article
from pipelines.words import count_words


def without_lines(text: str, known: Collection[int]) -> str:
    """The text without its known lines; as it is when none would be left."""
    lines = text.split("\n\n")
    kept = [line for line in lines if not known or fingerprint(line) not in known]
    return "\n\n".join(kept) if kept else text


def with_text(article: Article, text: str) -> Article:
    """The article with another text, and with what follows from it."""
    if text == article.text:
        return article
    hashed = content_hash(article.title, text)
    return replace(article, text=text, word_count=count_words(text), content_hash=hashed)


def recleaned(article: Article, text: str) -> Article:
    """The article's next revision, which is our own cleaning; the same object when the text is the same."""
    if text == article.text:
        return article
    return replace(with_text(article, text), revision=article.revision + 1, revised_by=CLEANING)


def as_cleaned_today(
    known: Article, new: Article, *, active: Collection[int], ever: Collection[int]
) -> Article:
    """A known article as today's rules leave it, so that a new reading can be compared with it.

    `active` rules take lines; `ever` are all that a rule or wish was ever about. Where two texts differ in
    such lines only, the publisher has changed nothing: the new one, read by today's rules, is ours.
    """
    if without_lines(known.text, ever) == without_lines(new.text, ever):
        return recleaned(known, new.text)
    return recleaned(known, without_lines(known.text, active))
