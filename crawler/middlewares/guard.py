"""The guard: only http and https, and only to addresses that are public or that the user allowed.

The address is judged where it is resolved for the connection, so a name that resolves to a private
address, a redirect to one and the odd spellings (2130706433, 0x7f.1, [::ffff:127.0.0.1]) all end here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from scrapy.resolver import CachingHostnameResolver
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer

from crawler.middlewares.refusals import RefusedError

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


def networks(allow: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ip_network(text, strict=False) for text in allow)


def permitted(address: Address, allow: Sequence[Network]) -> bool:
    """Whether a connection to this address may be made."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in allow):
        return True
    tunnelled = any(address in network for network in _TUNNELS)
    return address.is_global and not address.is_multicast and not tunnelled


class GuardMiddleware:
    """Refuses what is no plain http(s) URL of a host; counts as `network_error` with the reason."""

    async def process_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RefusedError(f"refused: not an http(s) address: {parts.scheme or request.url[:20]}")
        if parts.username is not None or parts.password is not None:
            raise RefusedError("refused: the address carries user information")


@implementer(IHostnameResolver)
class GuardedResolver(CachingHostnameResolver):
    """Resolves as Scrapy's own resolver does, and lets only permitted addresses through."""

    def __init__(self, reactor: ReactorBase, cache_size: int, owner: Any) -> None:
        original = reactor.nameResolver
        super().__init__(reactor, cache_size)
        # A second crawl in one process must not stack resolvers: each would apply the older one's rules.
        if isinstance(original, GuardedResolver):
            self.original_resolver = original.original_resolver
        self._owner = owner

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        size = crawler.settings.getint("DNSCACHE_SIZE") if crawler.settings.getbool("DNSCACHE_ENABLED") else 0
        return cls(reactor, size, crawler)

    @property
    def allow(self) -> tuple[Network, ...]:
        """Asked for at each connection: the resolver is made by Scrapy's process, before its crawlers are."""
        owners = (self._owner, *getattr(self._owner, "crawlers", ()))
        return networks({text for owner in owners for text in owner.settings.getlist("WIREWATCH_ALLOW")})

    def resolveHostName(  # noqa: N802 - Twisted's name
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        receiver: Any = _Filter(resolutionReceiver, self.allow)
        return super().resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class _Filter:
    """Passes on permitted addresses; an answer without any is as good as an unknown name."""

    def __init__(self, receiver: Any, allow: Sequence[Network]) -> None:
        self._receiver = receiver
        self._allow = allow

    def resolutionBegan(self, resolution: IHostResolution) -> None:  # noqa: N802
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        host = ip_address(str(address.host).split("%", 1)[0])
        if permitted(host, self._allow):
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()


__all__ = ["DNSLookupError", "GuardMiddleware", "GuardedResolver", "RefusedError", "networks", "permitted"]
