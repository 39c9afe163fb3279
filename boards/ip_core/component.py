"""``component.xml``: the core in IP-XACT (IEEE 1685-2009), as block designs of other tools take it.
"""

from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from amaranth.lib import wiring

from build_decoder.boards.axi.description import Register, RegisterMap, Window
from build_decoder.boards.ip_core.top import NAME, AxiLiteTop
from build_decoder.boards.pynq.hwh import VLNV

__all__ = ["NAMESPACE", "component_xml"]

NAMESPACE = "http://www.spiritconsortium.org/XMLSchema/SPIRIT/1685-2009"

_ACCESS = {"r": "read-only", "w": "write-only", "rw": "read-write"}
_BUS, _MAP, _FILES = "s_axi", "s_axi", "sources"


def component_xml(top: AxiLiteTop, *, verilog: str, about: str) -> str:
    """The text of the file.

    Parameters
    ----------
    top
        The core.
    verilog
        Name of the file that has it.
    about
        What it is, in a sentence.
    """
    register_namespace("spirit", NAMESPACE)
    vendor, library, name, version = VLNV.split(":")
    component = Element(f"{{{NAMESPACE}}}component")
    for tag, text in (
        ("vendor", vendor), ("library", library), ("name", name), ("version", version)
    ):  # fmt: skip
        _add(component, tag, text)
    interfaces = _add(component, "busInterfaces")
    _bus(interfaces, top)
    _wire(interfaces, "aclk", "clock", "CLK",
          ASSOCIATED_BUSIF=_BUS, ASSOCIATED_RESET="aresetn")  # fmt: skip
    _wire(interfaces, "aresetn", "reset", "RST", POLARITY="ACTIVE_LOW")
    _memory_map(_add(component, "memoryMaps"), top.registers)
    _model(_add(component, "model"), top)
    files = _add(_add(component, "fileSets"), "fileSet")
    _add(files, "name", _FILES)
    file = _add(files, "file")
    _add(file, "name", verilog)
    _add(file, "fileType", "verilogSource")
    _add(component, "description", about)
    indent(component)
    text = tostring(component, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    qualified = {f"{{{NAMESPACE}}}{name}": value for name, value in attributes.items()}
    element = SubElement(parent, f"{{{NAMESPACE}}}{tag}", qualified)
    element.text = text
    return element


def _interface(
    parent: Element, name: str, library: str, kind: str, abstraction: str
) -> Element:
    interface = _add(parent, "busInterface")
    _add(interface, "name", name)
    for tag, bus in (("busType", kind), ("abstractionType", abstraction)):
        _add(interface, tag, vendor="xilinx.com", library=library, name=bus, version="1.0")
    return interface


def _port_maps(interface: Element, ports: dict[str, str]) -> None:
    maps = _add(interface, "portMaps")
    for logical, physical in ports.items():
        port = _add(maps, "portMap")
        _add(_add(port, "logicalPort"), "name", logical)
        _add(_add(port, "physicalPort"), "name", physical)


def _bus(parent: Element, top: AxiLiteTop) -> None:
    interface = _interface(parent, _BUS, "interface", "aximm", "aximm_rtl")
    _add(_add(interface, "slave"), "memoryMapRef", memoryMapRef=_MAP)
    prefix = f"{_BUS}_"
    names = [name for name in top.signature.members if name.startswith(prefix)]
    _port_maps(interface, {name.removeprefix(prefix).upper(): name for name in names})
    _parameters(interface, _BUS, PROTOCOL="AXI4LITE")


def _wire(parent: Element, name: str, kind: str, logical: str, **parameters: str) -> None:
    interface = _interface(parent, name, "signal", kind, f"{kind}_rtl")
    _add(interface, "slave")
    _port_maps(interface, {logical: name})
    _parameters(interface, name, **parameters)


def _parameters(interface: Element, owner: str, **parameters: str) -> None:
    listed = _add(interface, "parameters")
    for name, value in parameters.items():
        parameter = _add(listed, "parameter")
        _add(parameter, "name", name)
        _add(parameter, "value", value, id=f"BUSIFPARAM_VALUE.{owner.upper()}.{name}")


def _memory_map(parent: Element, registers: RegisterMap) -> None:
    memory_map = _add(parent, "memoryMap")
    _add(memory_map, "name", _MAP)
    # One block of all: tools may put several anywhere.
    block = _add(memory_map, "addressBlock")
    for tag, text in (
        ("name", "registers"), ("baseAddress", "0x0"),
        ("range", f"0x{1 << registers.address_bits:X}"), ("width", "32"), ("usage", "register"),
        ("access", "read-write"),
    ):  # fmt: skip
        _add(block, tag, text)
    for register in registers.registers:
        _register(block, register)
    for window in registers.windows:
        _window(block, window)


def _register(parent: Element, register: Register) -> None:
    element = _add(parent, "register")
    for tag, text in (
        ("name", register.name), ("description", register.about),
        ("addressOffset", f"0x{register.offset:X}"), ("size", "32"),
        ("access", _ACCESS[register.access]),
    ):  # fmt: skip
        _add(element, tag, text)
    if register.reset is not None:
        _add(_add(element, "reset"), "value", f"0x{register.reset:X}")
    for field in register.fields:
        part = _add(element, "field")
        for tag, text in (
            ("name", field.name), ("description", field.about), ("bitOffset", str(field.low)),
            ("bitWidth", str(field.width)), ("access", _ACCESS[register.access]),
        ):  # fmt: skip
            _add(part, tag, text)


def _window(parent: Element, window: Window) -> None:
    element = _add(parent, "register")
    for tag, text in (
        ("name", f"{window.name}_WINDOW"),
        ("description", f"{window.count} values in slots of {window.slot_bits} bits"),
        ("dim", str(window.words)), ("addressOffset", f"0x{window.offset:X}"), ("size", "32"),
        ("access", _ACCESS[window.access]),
    ):  # fmt: skip
        _add(element, tag, text)


def _model(parent: Element, top: AxiLiteTop) -> None:
    views = _add(parent, "views")
    for name, environment in (
        ("xilinx_anylanguagesynthesis", ":vivado.xilinx.com:synthesis"),
        ("xilinx_anylanguagebehavioralsimulation", ":vivado.xilinx.com:simulation"),
    ):
        view = _add(views, "view")
        for tag, text in (
            ("name", name), ("envIdentifier", environment), ("language", "Verilog"),
            ("modelName", NAME),
        ):  # fmt: skip
            _add(view, tag, text)
        _add(_add(view, "fileSetRef"), "localName", _FILES)
    ports = _add(parent, "ports")
    for name, member in top.signature.members.items():
        port = _add(ports, "port")
        _add(port, "name", name)
        wire = _add(port, "wire")
        _add(wire, "direction", "in" if member.flow == wiring.In else "out")
        width = len(getattr(top, name))
        if width > 1:
            vector = _add(wire, "vector")
            _add(vector, "left", str(width - 1))
            _add(vector, "right", "0")
