"""What counts as one address, and where a stranger's address may lead."""

from __future__ import annotations

import asyncio
import socket

import pytest

from notifier.channels import addresses
from notifier.channels.fence import NO_FENCE
from notifier.channels.guard import Forbidden, Guard, Info, is_public
from notifier.channels.http import Pool, post
from notifier.channels.message import ChannelError

pytestmark = pytest.mark.ground


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("amira@example.org", "amira@example.org"),
        ("Amira.H+x@Example.ORG", "Amira.H+x@example.org"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
    ],
)
def test_one_plain_address_is_taken(typed: str, kept: str) -> None:
    assert addresses.email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "", "a", "@b.example", "a@", "a@b", "a@b.example,c@d.example", "a@b.example c@d.example",
        " a@b.example", "a@b.example ", "a@b.example\0", "a@b.example\r\nBcc: c@d.example",
        "a\u2028@b.example", "<a@b.example>", "A <a@b.example>", '"a b"@b.example', "a@[127.0.0.1]",
        "a@127.0.0.1", "a..b@b.example", ".a@b.example", "a@b..example", "a@-b.example",
        "a@b.example;c@d.example", "a(x)@b.example", "\u202ea@b.example", "x" * 65 + "@b.example",
        "a@" + "b" * 64 + ".example", "a@b@c.example",
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(addresses.BadAddress) as caught:
        addresses.email(typed)
    assert not typed.strip() or typed not in str(caught.value) or len(typed) < 3


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "https://example.org:8443/", "https://u:p@example.org/",
        "https://10.0.0.1/", "https://127.1/", "https://0x7f000001/", "https://2130706433/",
        "https://[::1]/", "https://localhost/", "ftp://example.org/", "https://example.org/#x",
        "https://exa mple.org/", "https://example.org\\@evil.example/", "//example.org",
        "https:///x", "https://example.org\r\nx: y/", "https://ex\u00e4mple.org/", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_an_address_for_webhooks_is_https_by_name(url: str) -> None:
    with pytest.raises(addresses.BadAddress):
        addresses.https(url)


def test_a_good_address_for_webhooks_is_kept_as_it_is() -> None:
    assert addresses.https("https://hooks.example.org/a?b=c") == "https://hooks.example.org/a?b=c"


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.31.196.1", "192.52.193.1",
        "192.88.99.1", "192.168.1.1", "192.175.48.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
        "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1",
        "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:0:4136:e378::1", "2001:db8::1",
        "2002:7f00:1::", "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
        "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "not an address",
    ],
)  # fmt: skip
def test_no_special_address_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"])
def test_ordinary_addresses_are_public(address: str) -> None:
    assert is_public(address)


def refusal_of(url: str, guard: Guard) -> str:
    async def ask() -> str:
        pool = Pool(guard)
        try:
            await post(pool, url, b"{}", {}, NO_FENCE, seconds=0.5)
        except ChannelError as error:
            return error.code
        finally:
            await pool.close()
        return "IT WAS LET THROUGH"

    return asyncio.run(ask())


@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], []])
def test_every_answer_of_the_resolver_must_be_public(found: list[str]) -> None:
    async def resolver(_: str, __: int) -> list[str]:
        return found

    refused = refusal_of("http://rebinding.example/", Guard(resolver=resolver))
    assert refused == "FORBIDDEN_ADDRESS"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "[fd00:ec2::254]"],
)
def test_an_address_in_place_of_a_name_is_looked_at_too(host: str) -> None:
    assert refusal_of(f"http://{host}:9/", Guard()) == "FORBIDDEN_ADDRESS"


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.1", "0177.0.0.1"])
def test_no_other_spelling_of_an_address_reaches_this_machine(host: str) -> None:
    assert refusal_of(f"http://{host}:9/", Guard()) != "IT WAS LET THROUGH"


def test_the_address_connected_to_is_the_one_looked_at() -> None:
    asked = []

    async def resolver(host: str, _: int) -> list[str]:
        # A name that rebinds: public at first, this machine ever after.
        asked.append(host)
        return ["192.88.98.255"] if len(asked) == 1 else ["127.0.0.1"]

    class Watched(Guard):
        def __init__(self) -> None:
            super().__init__(resolver=resolver)
            self.connected = list[str]()

        def socket(self, info: Info) -> socket.socket:
            self.connected.append(info[4][0])
            raise OSError("no way there")

    watched = Watched()
    assert refusal_of("http://rebinding.example/", watched) == "UNREACHABLE"
    assert (asked, watched.connected) == (["rebinding.example"], ["192.88.98.255"])


def test_a_name_that_changed_between_the_look_and_the_socket_is_caught_at_the_socket() -> None:
    guard = Guard()
    with pytest.raises(Forbidden):
        guard.socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443)))
