"""Signals of AXI3, of AXI4-Lite, and of the bus between a front end and the registers.

Names are those of the AXI specification in small letters. Directions are those of a manager, which
begins accesses: ``Out(axi3(...))`` is one, ``In(axi3(...))`` a subordinate.
"""

from amaranth.lib import enum, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Burst", "Response", "axi3", "axi3_read", "axi3_write", "axi4_lite",
           "register_bus"]


class Burst(enum.Enum, shape=2):
    """How the address changes from beat to beat."""

    FIXED = 0
    INCR = 1
    WRAP = 2


class Response(enum.Enum, shape=2):
    """Answer to an access. A value above `OKAY` and `EXOKAY` is an error."""

    OKAY = 0
    EXOKAY = 1
    SLVERR = 2
    DECERR = 3


def axi3(*, data_bits: int, id_bits: int, address_bits: int = 32) -> wiring.Signature:
    """AXI3 without locks, caches, protection and quality of service.

    A manager that drives those is to leave them unconnected; a subordinate that wants them gets 0,
    and 0b0011 (bufferable, modifiable) as ``awcache`` and ``arcache``.
    """
    widths = {"data_bits": data_bits, "id_bits": id_bits, "address_bits": address_bits}
    parts = axi3_write(**widths), axi3_read(**widths)
    return wiring.Signature({name: part.members[name] for part in parts for name in part.members})


def axi3_read(*, data_bits: int, id_bits: int, address_bits: int = 32) -> wiring.Signature:
    """The channels of :func:`axi3` that reads use."""
    return wiring.Signature({
        **_request("ar", id_bits, address_bits),
        "rid": In(id_bits),
        "rdata": In(data_bits),
        "rresp": In(2),
        "rlast": In(1),
        "rvalid": In(1),
        "rready": Out(1),
    })  # fmt: skip


def axi3_write(*, data_bits: int, id_bits: int, address_bits: int = 32) -> wiring.Signature:
    """The channels of :func:`axi3` that writes use."""
    return wiring.Signature({
        **_request("aw", id_bits, address_bits),
        "wid": Out(id_bits),
        "wdata": Out(data_bits),
        "wstrb": Out(data_bits // 8),
        "wlast": Out(1),
        "wvalid": Out(1),
        "wready": In(1),
        "bid": In(id_bits),
        "bresp": In(2),
        "bvalid": In(1),
        "bready": Out(1),
    })  # fmt: skip


def _request(channel: str, id_bits: int, address_bits: int) -> dict:
    return {
        f"{channel}id": Out(id_bits),
        f"{channel}addr": Out(address_bits),
        f"{channel}len": Out(4),
        f"{channel}size": Out(3),
        f"{channel}burst": Out(2),
        f"{channel}valid": Out(1),
        f"{channel}ready": In(1),
    }


def axi4_lite(address_bits: int) -> wiring.Signature:
    """AXI4-Lite with data of 32 bits."""
    address = {"addr": Out(address_bits), "prot": Out(3), "valid": Out(1), "ready": In(1)}
    return wiring.Signature({
        **{f"aw{name}": member for name, member in address.items()},
        "wdata": Out(32),
        "wstrb": Out(4),
        "wvalid": Out(1),
        "wready": In(1),
        "bresp": In(2),
        "bvalid": In(1),
        "bready": Out(1),
        **{f"ar{name}": member for name, member in address.items()},
        "rdata": In(32),
        "rresp": In(2),
        "rvalid": In(1),
        "rready": Out(1),
    })  # fmt: skip


def register_bus(address_bits: int) -> wiring.Signature:
    """One access at a time, from a front end to the registers.

    ``valid`` and all that goes with it stay until ``done``, which does not depend on them within
    the cycle; in that cycle a write acts, and ``read`` and ``error`` are those of the access.

    Members, seen from the front end
    --------------------------------
    valid, write : ``Out``
        There is an access, and it is a write.
    address : ``Out``
        Of the word: a byte's offset from the base without its two low bits.
    outside : ``Out``
        The address is none of ours: the access is to be answered with an error.
    data, strobes : ``Out``
        What is written, and to which of its bytes.
    done, read, error : ``In``
        The access is done, the word that was read, and whether there was none.
    refused : ``Out``
        High for one cycle for each response that told an error.
    """
    return wiring.Signature({
        "valid": Out(1),
        "write": Out(1),
        "address": Out(address_bits - 2),
        "outside": Out(1),
        "data": Out(32),
        "strobes": Out(4),
        "done": In(1),
        "read": In(32),
        "error": In(1),
        "refused": Out(1),
    })  # fmt: skip
