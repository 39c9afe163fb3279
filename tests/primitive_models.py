"""Statements in Python of what the vendors document of the cells of sim/primitives.

A model's ``step`` takes the pins of a clock cycle and gives the bits of the outputs behind its
edge, each 0, 1, or None where the documentation leaves it undefined. Pins of port A or B have the
names EN (clock enable), WE, RST, ADDR, DI, and CE (enable of the output register).
"""

__all__ = ["EcpBlockRam", "EcpMultiplier", "XilinxBlockRam"]


_OTHER = {"A": "B", "B": "A"}


def _bits(value, count):
    return [value >> n & 1 for n in range(count)]


class XilinxBlockRam:
    """RAMB18E1 and RAMB36E1 (UG473). It has pins DIP (parity) and RSTREG (of the register), too."""

    def __init__(self, kilobits, parameters):
        get = parameters.get
        self.pins = 16 if kilobits == 18 else 32
        self.sdp = get("RAM_MODE", "TDP") == "SDP"
        self.data, self.parity = [], []
        for n in range(64 * kilobits // 18):
            self.data += _bits(get(f"INIT_{n:02X}", 0), 256)
        for n in range(8 * kilobits // 18):
            self.parity += _bits(get(f"INITP_{n:02X}", 0), 256)
        self.ports = {}
        for port in "AB":
            read = get(f"READ_WIDTH_{port}", 0)
            if self.sdp and port == "A" and read > 9 * self.pins // 8:
                start, reset = (
                    self._halves(get(f"{name}_A", 0), get(f"{name}_B", 0))
                    for name in ("INIT", "SRVAL")
                )
            else:
                start, reset = (
                    self._split(get(f"{name}_{port}", 0), read) for name in ("INIT", "SRVAL")
                )
            self.ports[port] = {
                "width_read": read,
                "width_written": get(f"WRITE_WIDTH_{port}", 0),
                "mode": get(f"WRITE_MODE_{port}", "WRITE_FIRST"),
                "registered": get(f"DO{port}_REG", 0),
                "priority": get(f"RSTREG_PRIORITY_{port}", "RSTREG"),
                "reset": reset,
                "latch": start,
                "register": start,
            }

    @staticmethod
    def _split(value, width):
        """(data, parity) of a parameter: parity bits stand above all of the data."""
        data = width if width < 9 else width // 9 * 8
        return _bits(value, data), _bits(value >> data, width - data)

    def _halves(self, low, high):
        bits = 9 * self.pins // 8
        (low_data, low_parity), (high_data, high_parity) = (
            self._split(value, bits) for value in (low, high)
        )
        return low_data + high_data, low_parity + high_parity

    def _place(self, address, width):
        """Places in the data and the parity that a port of that width addresses."""
        if not width:
            return range(0), range(0)
        data = width if width < 9 else width // 9 * 8
        word = address % len(self.data) // data
        parity = data // 8 if width >= 9 else 0
        return range(word * data, (word + 1) * data), range(word * parity, (word + 1) * parity)

    def _write(self, port, pins):
        """Bits of the data, and of the parity, that a port writes, by their place."""
        width = self.ports[port]["width_written"]
        if not pins[f"EN{port}"] or not width:
            return {}, {}
        value, value_parity = pins[f"DI{port}"], pins[f"DIP{port}"]
        if self.sdp and width > 9 * self.pins // 8:
            lanes = self.pins // 8
            value = pins["DIA"] % (1 << self.pins) | pins["DIB"] << self.pins
            value_parity = pins["DIPA"] % (1 << lanes) | pins["DIPB"] << lanes
        enables = pins[f"WE{port}"]
        data, parity = self._place(pins[f"ADDR{port}"], width)
        return (
            {at: value >> n & 1 for n, at in enumerate(data) if enables >> n // 8 & 1},
            {at: value_parity >> n & 1 for n, at in enumerate(parity) if enables >> n & 1},
        )

    def _read(self, port, pins, own, others):
        """(data, parity) of a port, beneath its own writes and those of the other port."""
        state = self.ports[port]
        read = []
        places = self._place(pins[f"ADDR{port}"], state["width_read"])
        for stored, where, mine, theirs in zip(
            (self.data, self.parity), places, own, others, strict=True
        ):
            bits = []
            for at in where:
                bit = stored[at]
                if at in theirs and self.ports[_OTHER[port]]["mode"] != "READ_FIRST":
                    bit = None
                if at in mine and state["mode"] == "WRITE_FIRST":
                    bit = mine[at]
                bits.append(bit)
            read.append(bits)
        return tuple(read)

    def step(self, pins):
        writes = {port: self._write(port, pins) for port in "AB"}
        for port, state in self.ports.items():
            latch = state["latch"]
            if pins[f"EN{port}"]:
                own, others = writes[port], writes[_OTHER[port]]
                if pins[f"RST{port}"]:
                    state["latch"] = state["reset"]
                elif not (own[0] and state["mode"] == "NO_CHANGE"):
                    state["latch"] = self._read(port, pins, own, others)
            reset = pins[f"RSTREG{port}"]
            if reset and (pins[f"CE{port}"] or state["priority"] == "RSTREG"):
                state["register"] = state["reset"]
            elif pins[f"CE{port}"]:
                state["register"] = latch
        for data, parity in writes.values():
            for stored, written in ((self.data, data), (self.parity, parity)):
                for at, bit in written.items():
                    stored[at] = bit
        return self._pins()

    def _pins(self):
        """Bits of the outputs that are in use."""
        out = {}
        for port in "AB":
            state = self.ports[port]
            data, parity = state["register"] if state["registered"] else state["latch"]
            if len(data) > self.pins:
                half, half_parity = self.pins, self.pins // 8
                return {
                    "DOADO": data[:half], "DOBDO": data[half:],
                    "DOPADOP": parity[:half_parity], "DOPBDOP": parity[half_parity:],
                }
            out[f"DO{port}DO"], out[f"DOP{port}DOP"] = data, parity
        return out


class EcpBlockRam:
    """DP16KD (FPGA-TN-02204): 2,048 bytes of nine bits."""

    def __init__(self, parameters):
        get = parameters.get
        self.bytes = []
        for n in range(64):
            initial = get(f"INITVAL_{n:02X}", 0)
            for word in range(16):
                bits = _bits(initial >> 20 * word, 18)
                self.bytes += [bits[:9], bits[9:]]
        self.ports = {
            port: {
                "width": get(f"DATA_WIDTH_{port}", 18),
                "mode": get(f"WRITEMODE_{port}", "NORMAL"),
                "registered": get(f"REGMODE_{port}", "NOREG") == "OUTREG",
                "latch": [0] * 36,
                "register": [0] * 36,
            }
            for port in "AB"
        }
        self.wide_read = self.ports["B"]["width"] == 36
        self.wide_write = self.ports["A"]["width"] == 36

    def _places(self, port, address):
        """(byte, bit in it) of each bit of the word that is addressed."""
        width = self.ports[port]["width"]
        if width >= 9:
            count = width // 9
            first = address % (1 << 14) // 8 // count * count
            return [(first + n // 9, n % 9) for n in range(width)]
        first = address % 8 // width * width
        return [(address % (1 << 14) // 8, first + n) for n in range(width)]

    def _write(self, port, pins):
        """Bits that a port writes, by their place."""
        if not (pins[f"EN{port}"] and pins[f"WE{port}"]) or pins[f"RST{port}"]:
            return {}
        width, address = self.ports[port]["width"], pins[f"ADDR{port}"]
        data = pins[f"DI{port}"]
        if port == "A" and self.wide_write:
            data = data % (1 << 18) | pins["DIB"] << 18
        places = self._places(port, address)
        return {
            place: data >> n & 1
            for n, place in enumerate(places)
            if width < 18 or address >> n // 9 & 1
        }

    def step(self, pins):
        writes = {port: self._write(port, pins) for port in "AB"}
        for port, other in ("AB", "BA"):
            state = self.ports[port]
            latch = state["latch"]
            places = self._places(port, pins[f"ADDR{port}"])
            if pins[f"EN{port}"] and not (pins[f"WE{port}"] and state["mode"] == "NORMAL"):
                word = []
                for place in places:
                    bit = self.bytes[place[0]][place[1]]
                    if place in writes[other]:
                        bit = None
                    if place in writes[port] and state["mode"] == "WRITETHROUGH":
                        bit = writes[port][place]
                    word.append(bit)
                state["latch"] = word
            if pins[f"EN{port}"] and pins[f"CE{port}"]:
                state["register"] = latch
            if pins[f"RST{port}"]:
                state["latch"] = state["register"] = [0] * 36
        for write in writes.values():
            for (byte, bit), value in write.items():
                self.bytes[byte] = [*self.bytes[byte]]
                self.bytes[byte][bit] = value
        seen = {
            port: state["register"] if state["registered"] else state["latch"]
            for port, state in self.ports.items()
        }
        if self.wide_read:
            return {"DOA": seen["B"][:18], "DOB": seen["B"][18:36]}
        # A port of 36 bits has no outputs of its own.
        return {
            port_out: seen[port][: self.ports[port]["width"]]
            for port_out, port in (("DOA", "A"), ("DOB", "B"))
            if self.ports[port]["width"] <= 18
        }


class EcpMultiplier:
    """MULT18X18D (FPGA-TN-02205). CE and RST have a bit for each of CE0 to CE3, RST0 to RST3."""

    _STAGES = ("INPUTA", "INPUTB", "PIPELINE", "OUTPUT")

    def __init__(self, parameters):
        get = parameters.get
        self.used = {stage: get(f"REG_{stage}_CLK", "NONE") != "NONE" for stage in self._STAGES}
        self.ce = {stage: int(get(f"REG_{stage}_CE", "CE0")[-1]) for stage in self._STAGES}
        self.rst = {stage: int(get(f"REG_{stage}_RST", "RST0")[-1]) for stage in self._STAGES}
        self.state = dict.fromkeys(self._STAGES, 0)

    def _value(self, stage, pins):
        """What comes out of a stage, or would if it were there."""
        if self.used[stage]:
            return self.state[stage]
        return self._incoming(stage, pins)

    def _incoming(self, stage, pins):
        if stage == "OUTPUT":
            return self._value("PIPELINE", pins)
        if stage == "PIPELINE":
            return self._value("INPUTA", pins) * self._value("INPUTB", pins)
        operand = pins[stage[-1]]
        negative = pins[f"SIGNED{stage[-1]}"] and operand >> 17
        return operand - (1 << 18) if negative else operand

    def step(self, pins):
        incoming = {stage: self._incoming(stage, pins) for stage in self._STAGES}
        for stage in self._STAGES:
            if pins["RST"] >> self.rst[stage] & 1:
                self.state[stage] = 0
            elif pins["CE"] >> self.ce[stage] & 1:
                self.state[stage] = incoming[stage]
        return {"P": _bits(self._value("OUTPUT", pins) % (1 << 36), 36)}
