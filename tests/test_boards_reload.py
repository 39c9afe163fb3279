"""Weights loaded by the host driver into a reloadable decoder behind the RTL's UART."""

import numpy as np
import pytest
from boards_rig import SimulatedPort

from build_decoder.boards.driver import Decoder, DeviceError, LinkError
from build_decoder.boards.protocol import Command, LoadError, Protocol, Status
from build_decoder.hdl.parts.weight_loader import Error
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.reloadable_decoder import ReloadableDecoder
from build_decoder.models.errors import InputError
from tests.reload_rig import telling_frames
from tests.reloads import built_model, other_model

IMPATIENT = Protocol(idle_byte_times=16)
BUILT = built_model((4, 3, 2))
NEW = other_model(BUILT, 1)
PLAN = DecoderPlan.of(BUILT, (Folding(1, 3), Folding(1, 2)), reloadable=True)
IMAGE = PLAN.image_layout.image(NEW)
X = telling_frames(np.random.default_rng(0), (BUILT, NEW), 2)


class Line(SimulatedPort):
    """A line that loses requests or replies: of each command's first, by its number."""

    def __init__(self, *, lost_requests=(), lost_replies=(), damaged=()):
        super().__init__(
            ReloadableDecoder(PLAN), divisor=4, timeout_bytes=40, protocol=IMPATIENT
        )
        self.lost_requests, self.lost_replies = set(lost_requests), set(lost_replies)
        self.damaged = set(damaged)
        self.sent, self._deaf = [], False

    def write(self, data):
        command = Command(data[1])
        first = command not in self.sent
        self.sent.append(command)
        self._deaf = first and command in self.lost_replies
        if first and command in self.lost_requests:
            # The cable comes out in the middle.
            data = data[: len(data) // 2]
        if first and command in self.damaged:
            data = data[:12] + bytes([data[12] ^ 16]) + data[13:]
        super().write(data)

    def read(self, count):
        data = super().read(count)
        return b"" if self._deaf else data


def opened(port: Line) -> Decoder:
    return Decoder(
        port, PLAN.interface, protocol=IMPATIENT, baud=port.BAUD, timeout=3e-3, clock=port
    )


def runs(decoder: Decoder, model) -> bool:
    return np.array_equal(decoder.infer_raw(X), model.compute(X))


def test_weights_are_loaded_taken_back_and_verified():
    decoder = opened(Line())
    decoder.check()
    assert decoder.info().layout_id == PLAN.interface.layout_id
    assert decoder.info().fingerprint == BUILT.fingerprint()
    assert runs(decoder, BUILT)
    decoder.load_weights(IMAGE)
    assert decoder.info().fingerprint == NEW.fingerprint()
    assert runs(decoder, NEW)
    # Whatever weights it has, it is the decoder that was built.
    decoder.check()
    decoder.verify()
    status = decoder.status()
    assert (status.bank, status.can_roll_back, status.error, status.words) == (1, True, 0, 0)
    decoder.rollback()
    assert decoder.status().fingerprint == BUILT.fingerprint()
    assert runs(decoder, BUILT)
    with pytest.raises(DeviceError, match="expected weights before those in use, got none"):
        decoder.rollback()
    assert runs(decoder, BUILT)


FAULTS = [
    pytest.param("lost_requests", marks=pytest.mark.slow),
    pytest.param("lost_replies", marks=pytest.mark.slow),
    "damaged",
]


@pytest.mark.parametrize("fault", FAULTS)
def test_loading_survives_a_line_that_fails_once_a_command(fault):
    """Requests cut in the middle, replies that never come, bytes that change."""
    commands = (Command.LOAD, Command.COMMIT, Command.ROLLBACK, Command.VERIFY, Command.STATUS)
    if fault == "damaged":
        commands = (Command.LOAD,)
    port = Line(**{fault: commands})
    decoder = opened(port)
    decoder.load_weights(IMAGE)
    assert runs(decoder, NEW)
    decoder.verify()
    decoder.rollback()
    assert runs(decoder, BUILT)
    for command in commands:
        assert port.sent.count(command) > 1


@pytest.mark.slow
def test_the_old_decoder_goes_on_where_loading_breaks_off():
    port = Line()
    decoder = opened(port)
    request = IMPATIENT.request(
        Command.LOAD, tag=9, payload=bytes(4) + IMAGE[:-3].astype("<u4").tobytes()
    )
    port.write(request[: len(request) - 20])
    port.run(len(request) + 40)
    assert runs(decoder, BUILT)
    assert not decoder.status().staged
    assert decoder.status().words > 0
    decoder.load_weights(IMAGE)
    assert runs(decoder, NEW)


def reply_to(port: Line, command, payload: bytes):
    port.sent.clear()
    SimulatedPort.write(port, IMPATIENT.request(command, tag=1, payload=payload))
    port.run(len(payload) + 80)
    data = port.read(40)
    _, _, status, length = IMPATIENT.REPLY_HEADER.unpack_from(data, 1)
    return Status(status), data[6 : 6 + length]


def test_requests_of_a_wrong_length_are_refused():
    port = Line()
    for payload in (b"", bytes(3), bytes(6), bytes(7)):
        assert reply_to(port, Command.LOAD, payload) == (Status.BAD_LENGTH, b"")
    assert reply_to(port, Command.COMMIT, b"x") == (Status.BAD_LENGTH, b"")
    status, payload = reply_to(port, Command.LOAD, bytes(4) + IMAGE[:2].astype("<u4").tobytes())
    assert (status, payload[2]) == (Status.OK, 2)
    # Not the next word: ignored. The next one: taken.
    for number, words in ((5, 2), (2, 3)):
        load = number.to_bytes(4, "little") + IMAGE[2:3].astype("<u4").tobytes()
        status, payload = reply_to(port, Command.LOAD, load)
        assert (status, payload[2]) == (Status.OK, words)
    status, payload = reply_to(port, Command.COMMIT, b"")
    assert (status, payload[1]) == (Status.OK, LoadError.COUNT)
    status, _ = reply_to(port, 8, b"")
    assert status is Status.UNKNOWN_COMMAND


def test_an_image_for_another_decoder_is_not_sent():
    port = Line()
    decoder = opened(port)
    for word, message in ((0, "magic: "), (1, "layout id: "), (7, "CRC: ")):
        damaged = IMAGE.copy()
        damaged[word] ^= 1
        with pytest.raises(InputError, match=f"^image: {message}expected 0x"):
            decoder.load_weights(damaged)
    with pytest.raises(InputError, match=f"expected {len(IMAGE)} words, got {len(IMAGE) - 1}$"):
        decoder.load_weights(IMAGE[:-1])
    with pytest.raises(InputError, match="expected integers"):
        decoder.load_weights(IMAGE.astype(float))
    assert port.sent == []
    assert runs(decoder, BUILT)


@pytest.mark.slow
def test_a_board_that_loses_words_is_told(monkeypatch):
    decoder = opened(Line())
    sent = decoder._weights.call

    def forgetful(command, payload=b""):
        return sent(command, payload[:-4] if command is Command.LOAD else payload)

    monkeypatch.setattr(decoder._weights, "call", forgetful)
    with pytest.raises(LinkError, match=r"expected \d+ words on the board, got \d+, in 3 attempts"):
        decoder.load_weights(IMAGE)
    assert runs(decoder, BUILT)


def test_errors_are_called_alike_at_both_ends():
    assert {e.name: e.value for e in LoadError} == {e.name: e.value for e in Error}
