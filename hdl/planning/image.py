"""Weight images: all weights and biases of a reloadable decoder as words, in the order of loading.

An image is, in words of 32 bits::

    magic, layout id, fingerprint of the integer model, rows ..., CRC-32 of all words before it

Rows are those of the sections, in order; each row starts with a word of its own, low bits first,
and what its last word has to spare is zero. The CRC is zlib's, over the words' bytes, each word's
lowest first. The layout id is a CRC-32 of all that a decoder and an image must have in common: how
layers are connected, their formats and activations, and of what and in which order rows are.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.writable import WORD_BITS, Writable
from build_decoder.models.errors import InputError
from build_decoder.quant.integer_model import IntegerModel, ModelNode

__all__ = ["CRC_WORDS", "HEADER_WORDS", "MAGIC", "ImageLayout", "Section"]

MAGIC = 0x4E444357
"""First word of an image."""

HEADER_WORDS, CRC_WORDS = 3, 1
"""Words before the rows, and behind them."""


@dataclass(frozen=True)
class Section(Writable):
    """A stage's memory in an image; ``stage`` is the stage's name."""

    stage: str = ""


@dataclass(frozen=True, eq=False)
class ImageLayout:
    """What images of a reloadable decoder consist of.

    Parameters
    ----------
    built
        The integer model that the decoder was built with.
    plans
        Of its layers that are hardware, by the names of their nodes, in order.

    Raises
    ------
    InputError
        If no layer has a memory that can be written.
    """

    built: IntegerModel
    plans: Mapping[str, LayerPlan]

    def __post_init__(self):
        if not self.sections:
            raise InputError.at(
                self.built.name, "", expected="layers whose weights can be written", got="none"
            )

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Memories in the order in which they are written."""
        return tuple(
            Section(memory.role, memory.rows, memory.width, memory.keeps, stage=name)
            for name, plan in self.plans.items()
            for memory in plan.memories
        )

    @property
    def words(self) -> int:
        """Words of an image."""
        return HEADER_WORDS + sum(section.words for section in self.sections) + CRC_WORDS

    @cached_property
    def layout_id(self) -> int:
        """CRC-32 of all that must match."""
        model = self.built
        numbers = _numbers(model)
        content = [
            [(item.shape, str(item.format), repr(item.walk)) for item in model.inputs],
            [_described(node, numbers) for node in model.nodes],
            [[s.role, s.rows, s.width, s.keeps] for s in self.sections],
        ]
        return zlib.crc32(json.dumps(content).encode())

    def image(self, model: IntegerModel) -> np.ndarray:
        """The image, uint32 (words,), that makes the decoder compute ``model``.

        Raises
        ------
        InputError
            If it is not the built model but for its weights and biases, or one of these does not
            fit; the message tells the layer and, where it is one, the neuron.
        """
        self._check(model)
        layers = {node.name: other.layer for node, other in self._pairs(model)}
        parts = []
        for name, plan in self.plans.items():
            if plan.memories:
                try:
                    rows = plan.contents(layers[name])
                except ValueError as error:
                    raise InputError(f"{model.name}: {name}, {error}") from None
                parts += [_words_of(bits) for bits in rows]
        header = np.array([MAGIC, self.layout_id, model.fingerprint()], dtype="<u4")
        content = np.concatenate([header, *parts])
        crc = np.array([zlib.crc32(content.tobytes())], dtype="<u4")
        return np.concatenate([content, crc]).astype(np.uint32)

    def model(self, image: np.ndarray, *, name: str | None = None) -> IntegerModel:
        """The integer model that an image, uint32 (words,), makes the decoder compute.

        Raises
        ------
        InputError
            If it is no image of this layout, or is damaged.
        """
        source = name or "image"
        words = np.asarray(image).astype("<u4")

        def check(where: str, expected: int, got: int) -> None:
            if got != expected:
                raise InputError.at(source, where, expected=f"{expected:#x}", got=f"{got:#x}")

        if words.shape != (self.words,):
            raise InputError.at(
                source, "", expected=f"{self.words} words", got=" x ".join(map(str, words.shape))
            )
        check("magic", MAGIC, int(words[0]))
        check("layout id", self.layout_id, int(words[1]))
        check("CRC", zlib.crc32(words[:-CRC_WORDS].tobytes()), int(words[-1]))
        rows = self._rows(words[HEADER_WORDS:-CRC_WORDS])
        nodes = [
            replace(node, layer=plan.holding(tuple(next(rows) for _ in plan.memories)))
            if (plan := self.plans.get(node.name)) is not None and plan.memories
            else node
            for node in self.built.nodes
        ]
        model = replace(self.built, name=name or self.built.name, nodes=tuple(nodes))
        check("fingerprint", model.fingerprint(), int(words[2]))
        return model

    def _rows(self, words: np.ndarray):
        start = 0
        for section in self.sections:
            rows = words[start : start + section.words].reshape(section.rows, -1)
            bits = np.unpackbits(
                np.ascontiguousarray(rows).view(np.uint8), axis=1, bitorder="little"
            )
            yield bits[:, : section.width].astype(bool)
            start += section.words

    def _pairs(self, model: IntegerModel) -> Sequence[tuple[ModelNode, ModelNode]]:
        return list(zip(self.built.nodes, model.nodes, strict=True))

    def _check(self, model: IntegerModel) -> None:
        """Raise `InputError` unless ``model`` is the built one but for what can be written."""

        def misfit(where: str, expected: object, got: object) -> InputError:
            return InputError.at(model.name, where, expected=str(expected), got=str(got))

        if len(model.nodes) != len(self.built.nodes) or model.topology != self.built.topology:
            raise misfit("", f"{self.built.topology}, as was built", model.topology)
        if model.input_format != self.built.input_format:
            raise misfit("input", self.built.input_format, model.input_format)
        numbers, others = _numbers(self.built), _numbers(model)
        for node, other in self._pairs(model):
            if type(node.layer) is not type(other.layer):
                expected, got = (type(each.layer).__name__ for each in (node, other))
                raise misfit(node.name, expected, got)
            for made, given in zip(node.layer.signals, other.layer.signals, strict=True):
                plan = self.plans.get(node.name)
                # What does not fit is told by its neuron, where it is values that do not.
                if made != given and plan is not None and plan.memories:
                    try:
                        plan.contents(other.layer)
                    except ValueError as error:
                        raise InputError(f"{model.name}: {node.name}, {error}") from None
                if made != given:
                    raise misfit(f"{node.name}: {made.role}", made.format, given.format)
            written = node.name in self.plans and self.plans[node.name].memories
            if not written and node.layer.digest() != other.layer.digest():
                raise misfit(node.name, "the constants that were built", "others")
            if _described(node, numbers) != _described(other, others):
                raise misfit(node.name, "the layer's inputs and activations as built", "others")


def _numbers(model: IntegerModel) -> dict[str, int]:
    """Inputs and nodes by number: names do not change results."""
    return {item.name: number for number, item in enumerate((*model.inputs, *model.nodes))}


def _described(node: ModelNode, numbers: Mapping[str, int]) -> list:
    """All of a node but its name and its weights."""
    layer = node.layer
    return [
        type(layer).__name__,
        [numbers[name] for name in node.inputs],
        list(layer.output_shape),
        [[signal.role, str(signal.format), signal.words] for signal in layer.signals],
        [repr(activation) for activation in layer.activations],
    ]


def _words_of(bits: np.ndarray) -> np.ndarray:
    """Rows of bits, bool (rows, width), as words, (rows * words,)."""
    spare = -bits.shape[1] % WORD_BITS
    filled = np.pad(bits, ((0, 0), (0, spare)))
    packed = np.ascontiguousarray(np.packbits(filled, axis=1, bitorder="little"))
    return packed.view("<u4").reshape(-1)
