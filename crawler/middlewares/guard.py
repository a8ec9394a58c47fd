"""The guard: only http and https, and only to addresses that are public or that the user allowed.

The address is judged where it is resolved for the connection, which is then made to that very address: a name
that resolves to a private one now and to a public one before, a redirect to one and the odd spellings
(2130706433, 0x7f.1, [::ffff:127.0.0.1]) all end here.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer

from crawler.middlewares.refusals import OverLimitError, RefusedError
from pipelines.limits import LIMITS, Limits

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Ranges that Python's is_global calls global although they lead inside: NAT64, 6to4, Teredo and
# IPv4-compatible addresses carry an IPv4 address that is not looked at.
_TUNNELS: tuple[Network, ...] = tuple(
    ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)

# Hosts whose refusal is remembered until its reason is asked for, which is at once.
_REMEMBERED = 1000


def networks(allow: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ip_network(text, strict=False) for text in allow)


def permitted(address: Address, allow: Sequence[Network], *, public: bool = True) -> bool:
    """Whether a connection to this address may be made; without `public` only to what is allowed by name."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in allow):
        return True
    if not public:
        return False
    tunnelled = any(address in network for network in _TUNNELS)
    return address.is_global and not address.is_multicast and not tunnelled


def refusal(address: Address, *, port: int, allow: Sequence[Network], ports: Collection[int]) -> str | None:
    """Why no connection to this port of the address may be made; None: it may.

    Ranges that were allowed are open on all ports.
    """
    if not permitted(address, allow):
        return f"refused: {address} is no public address (--allow-network opens it)"
    if port in ports or permitted(address, allow, public=False):
        return None
    return f"refused: port {port} is none of [network] ports"


def refusal_of(url: str) -> str | None:
    """Why the resolver at work let nobody connect to the URL's host when it was asked last."""
    from twisted.internet import reactor

    resolver = getattr(reactor, "nameResolver", None)
    parts = urlsplit(url)
    if not isinstance(resolver, GuardedResolver) or parts.hostname is None:
        return None
    return resolver.refusal(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))


class GuardMiddleware:
    """Refuses what is no plain http(s) URL of a host; counts as `network_error` with the reason.

    Redirects come by here too. What it says never repeats an address, which may hold a secret.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._longest = limits.url_length

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings["WIREWATCH_LIMITS"])

    async def process_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RefusedError(f"refused: not an http(s) address: {parts.scheme or request.url[:20]}")
        if parts.username is not None or parts.password is not None:
            raise RefusedError("refused: the address carries user information")
        if len(request.url) > self._longest:
            raise OverLimitError(f"an address of {len(request.url):,} characters")
        if request.meta.get("proxy"):
            raise RefusedError("refused: a proxy would hide the address that is connected to")


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves as the reactor does, anew for each connection, and lets only permitted addresses through.

    Scrapy's own resolvers keep an answer for as long as the process lives, which a service does for weeks.
    """

    def __init__(self, reactor: ReactorBase, owner: Any) -> None:
        original = reactor.nameResolver
        # A second crawl in one process must not stack resolvers: each would apply the older one's rules.
        self._resolver: Any = original._resolver if isinstance(original, GuardedResolver) else original
        self._reactor = reactor
        self._owner = owner
        self._refusals: OrderedDict[tuple[str, int], str] = OrderedDict()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        return cls(reactor, crawler)

    def install_on_reactor(self) -> None:
        resolver: Any = self
        self._reactor.installNameResolver(resolver)

    @property
    def allow(self) -> tuple[Network, ...]:
        """Asked for at each connection: the resolver is made by Scrapy's process, before its crawlers are."""
        return networks(self._of_all("WIREWATCH_ALLOW"))

    def _of_all(self, setting: str) -> set[Any]:
        owners = (self._owner, *getattr(self._owner, "crawlers", ()))
        return {value for owner in owners for value in owner.settings.getlist(setting)}

    def refusal(self, host: str, port: int) -> str | None:
        """Why the last answer for this host held no address that may be connected to."""
        return self._refusals.get((host, port))

    def _keep(self, host: str, port: int, why: str | None) -> None:
        self._refusals.pop((host, port), None)
        if why is not None:
            self._refusals[host, port] = why
            if len(self._refusals) > _REMEMBERED:
                self._refusals.popitem(last=False)

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        receiver: Any = _Filter(
            resolutionReceiver,
            partial(refusal, port=portNumber, allow=self.allow, ports=self._of_all("WIREWATCH_PORTS")),
            partial(self._keep, hostName.lower(), portNumber),
        )
        resolution: IHostResolution = self._resolver.resolveHostName(
            receiver, hostName, portNumber, addressTypes, transportSemantics
        )
        return resolution


@implementer(IResolutionReceiver)
class _Filter:
    """Passes on permitted addresses; an answer without any is as good as an unknown name."""

    def __init__(
        self, receiver: Any, judge: Callable[[Address], str | None], keep: Callable[[str | None], None]
    ) -> None:
        self._receiver = receiver
        self._judge = judge
        self._keep = keep
        self._passed = False
        self._why: str | None = None

    def resolutionBegan(self, resolution: IHostResolution) -> None:  # noqa: N802
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        why = self._judge(ip_address(str(address.host).split("%", 1)[0]))
        if why is None:
            self._passed = True
            self._receiver.addressResolved(address)
        self._why = self._why or why

    def resolutionComplete(self) -> None:  # noqa: N802
        self._keep(None if self._passed else self._why)
        self._receiver.resolutionComplete()


__all__ = [
    "GuardMiddleware",
    "GuardedResolver",
    "RefusedError",
    "networks",
    "permitted",
    "refusal",
    "refusal_of",
]
