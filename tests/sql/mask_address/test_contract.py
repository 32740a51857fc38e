"""What a caller of activity_sql.mask_address may rely on."""

import ipaddress

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def mask(session: psycopg.Connection, address: str | None) -> str | None:
    (row,) = session.execute("SELECT activity_sql.mask_address(%s) AS masked", [address])
    return row["masked"]


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("198.51.100.77", "198.51.100.0/24"),
        ("::ffff:198.51.100.77", "198.51.100.0/24"),
        ("2001:db8:1:2::77", "2001:db8:1::/48"),
        ("2001:DB8::1", "2001:db8::/48"),
        ("fe80::1%eth0", "no address"),
        ("10.0.0.0/8", "no address"),
        ("secret-host.example", "no address"),
        ("", "no address"),
        (None, None),
    ],
)
def test_it_shows_the_network_and_nothing_of_other_texts(
    activity: psycopg.Connection, address: str | None, masked: str | None
) -> None:
    assert mask(activity, address) == masked


def test_addresses_of_one_network_look_the_same_and_others_do_not(
    activity: psycopg.Connection,
) -> None:
    @given(st.ip_addresses().filter(lambda one: getattr(one, "ipv4_mapped", None) is None))
    @settings(max_examples=100, deadline=None)
    def check(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
        prefix = 24 if address.version == 4 else 48
        masked = mask(activity, str(address))
        assert masked is not None
        wanted = ipaddress.ip_network((address, prefix), strict=False)
        assert ipaddress.ip_network(masked) == wanted

    check()
