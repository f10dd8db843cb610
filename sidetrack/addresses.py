"""Addresses to listen on. Pure, and without Django."""

from __future__ import annotations

from ipaddress import ip_address


def parse_bind(bind: str) -> tuple[str, int]:
    """Host and port of "host:port" (no host: this machine); ValueError with a sentence for anything else."""
    host, _, port = bind.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{bind!r} is not host:port, like 127.0.0.1:8000.")
    return host.strip("[]") or "127.0.0.1", int(port)


def is_loopback(host: str) -> bool:
    """Is this host, a name or an address, with brackets or without, this machine for itself alone?"""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
