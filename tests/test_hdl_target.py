"""Families of platforms, of boards and without one."""

from amaranth.vendor import LatticePlatform, XilinxPlatform
from amaranth_boards.arty_a7 import ArtyA7_35Platform
from amaranth_boards.icebreaker import ICEBreakerPlatform
from amaranth_boards.ulx3s import ULX3S_85F_Platform

from build_decoder.hdl.planning.target import ECP5, XC7, FamilyPlatform, family_of


def test_families():
    assert (XC7, ECP5) == ("xc7", "ecp5")
    assert family_of(FamilyPlatform("ecp5")) == ECP5
    assert family_of(FamilyPlatform("xc7")) == XC7
    # In a simulator nothing may be instantiated.
    assert family_of(None) is None


def test_families_of_boards():
    assert isinstance(arty := ArtyA7_35Platform(), XilinxPlatform)
    assert family_of(arty) == XC7
    assert isinstance(ulx3s := ULX3S_85F_Platform(), LatticePlatform)
    assert family_of(ulx3s) == ECP5
    assert family_of(ICEBreakerPlatform()) is None
