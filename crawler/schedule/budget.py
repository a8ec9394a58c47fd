"""The budget of requests, and the price at which it is just used up. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from crawler.schedule.polling import UNBOUNDED, Demand, Price, price_of
from crawler.schedule.rates import HOUR

# What one day's polls of debt raise the price by (e to this power). Low, for nights and weekends are to save
# for busy days and not to be evened out.
_GAIN = 1.0
# What one day's polls of debt, owed for one day, raise it by for good: else the debt would settle where it
# makes up for what the expected rates get wrong, and what is saved is never spent. No more than this in all.
_LEARN, _MOST = 0.06, 1.0
# Days of polls that may be saved or owed, and with how many a budget begins: new sources are to be learned.
_SAVED, _OWED, _FIRST = 3.0, 3.0, 0.1
# Hours over which the requests for articles are counted.
_MEMORY = 24.0
# However many articles there are, this share of the budget is for polls: else nothing new would be found.
_POLLS = 0.2


class Budget:
    """Requests an hour that may be spent on average, and what a poll must be worth so that they last.

    Articles are fetched as they are found; what they leave is for polls. The price that the expected rates
    ask for is corrected by what is owed: bursts and learning cost polls that no expectation has, so the debt
    is the integral that keeps the mean at `per_hour`. None means no budget.
    """

    def __init__(self, *, per_hour: float | None) -> None:
        self.per_hour = per_hour
        self.price = UNBOUNDED
        self._debt = -_FIRST * 24 * (per_hour or 0.0)
        self._bias = 0.0
        self._articles = 0.0
        self._settled_at: datetime | None = None

    def spend(self, *, poll: bool = True) -> None:
        """One request was made: a poll, or one for an article."""
        if poll:
            self._debt += 1
        else:
            self._articles += 1 / _MEMORY

    def renew(self, now: datetime, demands: Iterable[Demand]) -> None:
        """Set the price anew, from what the targets ask for and what is owed."""
        if self.per_hour is None:
            return
        polls = max(self.per_hour - self._articles, _POLLS * self.per_hour)
        if self._settled_at is not None:
            hours = max((now - self._settled_at).total_seconds() / HOUR, 0.0)
            self._articles *= math.exp(-hours / _MEMORY)
            debt = self._debt - hours * polls
            self._debt = min(max(debt, -_SAVED * 24 * polls), _OWED * 24 * polls)
            bias = self._bias + _LEARN * self._debt / (24 * polls) * hours / 24
            self._bias = min(max(bias, -_MOST), _MOST)
        self._settled_at = now
        base = price_of(demands, polls_per_hour=polls)
        value = base.value * math.exp(self._bias + _GAIN * self._debt / (24 * polls))
        self.price = replace(base, value=max(value, UNBOUNDED.value))


class Budgets:
    """The budget of all requests, and one for each host; a poll must be worth the higher price of the two."""

    def __init__(self, *, per_hour: float | None, per_host: float | None) -> None:
        self._all = Budget(per_hour=per_hour)
        self._per_host = per_host
        self._hosts: dict[str, Budget] = {}

    def spend(self, host: str, *, poll: bool) -> None:
        self._all.spend(poll=poll)
        if host in self._hosts:
            self._hosts[host].spend(poll=poll)

    def renew(self, now: datetime, demands: Sequence[tuple[str, Demand]]) -> None:
        """Set the prices anew for these targets, (host, demand) each."""
        self._all.renew(now, [demand for _, demand in demands])
        if self._per_host is None:
            return
        by_host: dict[str, list[Demand]] = {}
        for host, demand in demands:
            by_host.setdefault(host, []).append(demand)
        self._hosts = {host: self._hosts.get(host) or Budget(per_hour=self._per_host) for host in by_host}
        for host, asked in by_host.items():
            self._hosts[host].renew(now, asked)

    def price(self, host: str) -> Price:
        prices = [self._all.price, *([self._hosts[host].price] if host in self._hosts else [])]
        return max(prices, key=lambda price: price.value)
