"""``decoder.hwh``: the hardware handoff that pynq reads beside a bitstream.

Vivado writes such files of block designs. There is none here, and no Vivado: a processing system
and one core on its bus are described, with all that the parsers of pynq look for. Which ones these
are, and what they did with the file, is in ``docs/pynq.md``.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from build_decoder.boards.axi.description import Register, RegisterMap
from build_decoder.boards.axi.registers import BASE_ADDRESS
from build_decoder.boards.zynq.fclk import FclkDividers

__all__ = ["INSTANCE", "VLNV", "hardware_handoff"]

VLNV = "build_decoder.org:ip:neural_decoder:1.0"
"""Vendor, library, name and version of the core: what a driver class binds to."""

INSTANCE = "decoder"
"""Name of the core, and so of the attribute of a pynq overlay."""

_PS = "processing_system7_0"
_CLOCKS = 4
_ACCESS = {"r": "read-only", "w": "write-only", "rw": "read-write"}
_AXI = "xilinx.com:interface:aximm:1.0"


def hardware_handoff(registers: RegisterMap, clock: FclkDividers, *, part: str) -> str:
    """The text of the file.

    Parameters
    ----------
    registers
        All that the core has on the bus.
    clock
        Settings of FCLK0, which pynq makes when it loads the bitstream.
    part
        Device, package and speed grade, such as ``xc7z020clg400-1``.
    """
    system = Element("EDKSYSTEM", EDWVERSION="1.2")
    SubElement(system, "SYSTEMINFO", ARCH="zynq", DEVICE=part, NAME=INSTANCE)
    # Without it the parsers stumble, also where there are none.
    SubElement(system, "EXTERNALPORTS")
    modules = SubElement(system, "MODULES")
    _processing_system(modules, registers, clock)
    _core(modules, registers)
    indent(system)
    text = tostring(system, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n{text}\n'


def _module(modules: Element, name: str, kind: str, vlnv: str, **more: str) -> Element:
    return SubElement(
        modules, "MODULE", FULLNAME=f"/{name}", INSTANCE=name, MODTYPE=kind, VLNV=vlnv, **more
    )


def _processing_system(modules: Element, registers: RegisterMap, clock: FclkDividers) -> None:
    # pynqmetadata up to 0.1.9 knows a processing system by IS_PL, 0.2.0 by MODTYPE.
    module = _module(
        modules, _PS, "processing_system7", "xilinx.com:ip:processing_system7:5.5", IS_PL="FALSE",
        MODCLASS="PERIPHERAL",
    )  # fmt: skip
    parameters = SubElement(module, "PARAMETERS")
    for name, value in _clock_parameters(clock).items():
        SubElement(parameters, "PARAMETER", NAME=name, VALUE=value)
    interfaces = SubElement(module, "BUSINTERFACES")
    SubElement(interfaces, "BUSINTERFACE", NAME="M_AXI_GP0", TYPE="MASTER", VLNV=_AXI)
    memory = SubElement(module, "MEMORYMAP")
    SubElement(
        memory, "MEMRANGE", ADDRESSBLOCK="registers", BASENAME="C_BASEADDR",
        BASEVALUE=f"0x{BASE_ADDRESS:08X}", HIGHNAME="C_HIGHADDR",
        HIGHVALUE=f"0x{BASE_ADDRESS + (1 << registers.address_bits) - 1:08X}", INSTANCE=INSTANCE,
        IS_DATA="TRUE", IS_INSTRUCTION="FALSE", MASTERBUSINTERFACE="M_AXI_GP0", MEMTYPE="REGISTER",
        SLAVEBUSINTERFACE="s_axi",
    )  # fmt: skip


def _clock_parameters(clock: FclkDividers) -> dict[str, str]:
    """Of all four clocks, since the parsers ask for all; only FCLK0 is on."""
    parameters = {}
    for n in range(_CLOCKS):
        used = clock if n == 0 else FclkDividers(10, 10)
        parameters |= {
            f"PCW_FCLK{n}_PERIPHERAL_CLKSRC": "IO PLL",
            f"PCW_FCLK{n}_PERIPHERAL_DIVISOR0": str(used.divisor0),
            f"PCW_FCLK{n}_PERIPHERAL_DIVISOR1": str(used.divisor1),
            f"PCW_FPGA_FCLK{n}_ENABLE": str(int(n == 0)),
            f"PCW_FPGA{n}_PERIPHERAL_FREQMHZ": f"{used.mhz:.6f}",
            # pynq 4.0.0 looks for the frequency by the name that UltraScale+ has for it.
            f"PSU__CRL_APB__PL{n}_REF_CTRL__ACT_FREQMHZ": f"{used.mhz:.6f}",
        }
    return parameters


def _core(modules: Element, registers: RegisterMap) -> None:
    module = _module(modules, INSTANCE, "neural_decoder", VLNV, IS_PL="TRUE", MODCLASS="PERIPHERAL")
    blocks = SubElement(module, "ADDRESSBLOCKS")
    block = SubElement(
        blocks, "ADDRESSBLOCK", ACCESS="read-write", INTERFACE="s_axi", NAME="registers",
        RANGE=str(1 << registers.address_bits), USAGE="register",
    )  # fmt: skip
    listed = SubElement(block, "REGISTERS")
    for register in registers.registers:
        _register(listed, register)
    SubElement(module, "PARAMETERS")
    interfaces = SubElement(module, "BUSINTERFACES")
    SubElement(interfaces, "BUSINTERFACE", NAME="s_axi", TYPE="SLAVE", VLNV=_AXI)


def _register(parent: Element, register: Register) -> None:
    access = _ACCESS[register.access]
    element = SubElement(parent, "REGISTER", NAME=register.name)
    _properties(
        element, DESCRIPTION=register.about, ADDRESS_OFFSET=f"0x{register.offset:X}", SIZE="32",
        ACCESS=access, IS_ENABLED="true", RESET_VALUE=f"0x{register.reset or 0:X}",
    )  # fmt: skip
    fields = SubElement(element, "FIELDS")
    for field in register.fields:
        _properties(
            SubElement(fields, "FIELD", NAME=field.name), DESCRIPTION=field.about,
            BIT_OFFSET=str(field.low), BIT_WIDTH=str(field.width), ACCESS=access,
        )  # fmt: skip


def _properties(element: Element, **properties: str) -> None:
    for name, value in properties.items():
        SubElement(element, "PROPERTY", NAME=name, VALUE=value)
