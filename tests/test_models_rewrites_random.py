"""Rewrites of random networks with branches compute the same."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from build_decoder.models import Input, Network, Node, load_network, save_network
from build_decoder.models.architecture import Architecture
from build_decoder.models.layer import Layer, Shape
from build_decoder.models.layers.affine import Affine
from build_decoder.models.layers.attention import Attention
from build_decoder.models.layers.attention_sums import AttentionSums
from build_decoder.models.layers.bidirectional import Bidirectional
from build_decoder.models.layers.concat import Concat
from build_decoder.models.layers.conv2d import Conv2d
from build_decoder.models.layers.dense import Dense
from build_decoder.models.layers.dropout import Dropout
from build_decoder.models.layers.flatten import Flatten
from build_decoder.models.layers.global_average_pool import GlobalAveragePool
from build_decoder.models.layers.gru import Gru
from build_decoder.models.layers.lstm import Lstm
from build_decoder.models.layers.max_pool import MaxPool
from build_decoder.models.layers.softmax import Softmax
from build_decoder.models.rewrites import REWRITES, rewrite
from build_decoder.models.walk import Walk

EACH = 100
"""Networks on which each rewrite is shown to do something."""

MOST_TRIED = 3000
"""Random networks among which they must be."""

EXACT = {"identity", "bidirectional"}
"""Rewrites after which the same floats are added and multiplied in the same order."""


@dataclass
class Maker:
    """Makes a random network, node by node.

    Parameters
    ----------
    whole:
        Whether all weights are whole numbers and all layers give whole numbers for whole numbers:
        sums then are the same in any order.
    """

    random: np.random.Generator
    whole: bool
    inputs: list[Input] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    loose: list[str] = field(default_factory=list)  # that nothing takes so far

    def pick(self, choices):
        return choices[self.random.integers(len(choices))]

    def up_to(self, most: int) -> int:
        return int(self.random.integers(1, most + 1))

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def add_input(self, name: str, shape: Shape, **of) -> None:
        self.inputs.append(Input(name, shape, **of))
        self.shapes[name] = shape
        self.loose.append(name)

    def add(self, layer: Layer, *taken: str) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(Node(name, taken, layer))
        self.shapes[name] = layer.output_shape([self.shapes[each] for each in taken])
        self.loose = [each for each in self.loose if each not in taken] + [name]
        return name

    def activation(self) -> str:
        return self.pick(("linear", "relu") if self.whole else ("linear", "linear", "relu", "tanh"))

    def grow(self) -> None:
        """One more layer, on something that nothing takes yet more often than not."""
        name = self.pick(self.loose if self.chance(0.7) else list(self.shapes))
        shape = self.shapes[name]
        layer = self.pick(self.layers(len(shape)))()
        if not isinstance(layer, Concat):
            self.add(layer, name)
            return
        others = [other for other, each in self.shapes.items() if each[:-1] == shape[:-1]]
        self.add(layer, name, *(self.pick(others) for _ in range(self.up_to(2))))

    def layers(self, axes: int) -> list[Callable[[], Layer]]:
        common: list[Callable[[], Layer]] = [Affine, Affine, Concat, lambda: Dropout(0.5)]
        if not self.whole and self.chance(0.2):
            common.append(Softmax)
        if axes == 1:
            return [*common, Flatten, lambda: Dense(self.up_to(4), self.activation())]
        if axes == 3:
            side = lambda: self.up_to(3)  # noqa: E731
            conv = lambda: Conv2d(side(), (side(), side()), self.activation())  # noqa: E731
            point = lambda: Conv2d(side(), (1, 1), "linear")  # noqa: E731
            pool = lambda: MaxPool((self.up_to(2), self.up_to(2)))  # noqa: E731
            images = [*common, conv, conv, point, pool, pool, Flatten]
            return images if self.whole else [*images, GlobalAveragePool]
        if self.whole:
            return [*common, Flatten]
        cell = lambda: self.pick((Gru, Lstm))(2, self.chance(0.7))  # noqa: E731
        return [*common, cell, Attention, lambda: Bidirectional(cell()), Flatten]

    def finish(self) -> None:
        """Vectors of all that nothing takes, side by side into a dense layer."""
        for name in list(self.loose):
            axes = len(self.shapes[name])
            if axes == 3 and not self.whole and self.chance(0.5):
                self.add(GlobalAveragePool(), name)
            elif axes == 3 and self.chance(0.3):
                made = self.add(Conv2d(2, (self.up_to(2), self.up_to(3)), "linear"), name)
                self.add(Dense(2, "linear"), self.add(Flatten(), made))
            elif axes > 1:
                self.add(Flatten(), name)
        if len(self.loose) > 1:
            self.add(Concat(), *self.loose)
        self.add(Dense(3, "linear"), *self.loose)
        if not self.whole and self.chance(0.5):
            self.add(Softmax(), *self.loose)

    def weights(self, node: Node, key: str, shape: Shape) -> np.ndarray:
        if isinstance(node.layer, Affine) and key == "shift" and self.chance(0.5):
            return np.zeros(shape)
        array = self.random.normal(0, 2.0 if self.whole else 0.7, shape)
        if isinstance(node.layer, Dense) and key == "weights":
            self.take_one_row(array, node.inputs[0])
        if isinstance(node.layer, Affine) and key == "scale" and self.chance(0.6):
            array = np.abs(array) + 0.1
        return np.round(array) if self.whole else array


    def take_one_row(self, weights: np.ndarray, name: str) -> None:
        """Zeros, more often than not, for all rows but one of an image that was flattened."""
        (flat,) = [node for node in self.nodes if node.name == name] or [None]
        if flat is None or not isinstance(flat.layer, Flatten):
            return
        shape = self.shapes[flat.inputs[0]]
        if len(shape) == 3 and shape[1] > 1 and self.chance(0.7):
            rows = weights.reshape(*shape, -1)
            rows[:, np.arange(shape[1]) != self.up_to(shape[1]) - 1] = 0


def random_network(seed: int, *, whole: bool = False) -> Network:
    maker = Maker(np.random.default_rng((seed, whole)), whole)
    rings, contacts = maker.up_to(3), maker.up_to(2)
    rows, columns, channels = rings * contacts, maker.up_to(5), maker.up_to(2)
    maker.add_input("image", (rows, columns, channels))
    if maker.chance(0.5):
        line = columns * channels
        walk = Walk(((contacts, line), (rings, contacts * line), (line, 1)))
        maker.add_input("again", (rows, columns, channels), of="image", walk=walk)
    if maker.chance(0.5):
        maker.add_input("series", (maker.up_to(4), maker.up_to(3)))
    if maker.chance(0.5):
        maker.add_input("vector", (maker.up_to(5),))
    for _ in range(3 + maker.up_to(7)):
        maker.grow()
    maker.finish()
    architecture = Architecture("random", tuple(maker.inputs), tuple(maker.nodes))
    return Network.of(
        architecture,
        {
            node.name: {
                key: maker.weights(node, key, shape)
                for key, shape in architecture.weight_shapes(node).items()
            }
            for node in maker.nodes
        },
    )


def samples(network: Network, seed: int, *, whole: bool = False) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(4, network.input_count))
    return np.round(4 * x) if whole else x


def assert_close(got: np.ndarray, wanted: np.ndarray) -> None:
    """Within 1e-9 of the largest value."""
    assert np.abs(got - wanted).max() <= 1e-9 * np.abs(wanted).max()


def run_alone(name: str, network: Network) -> tuple[Network, int]:
    """The network after one rewrite alone, and how often it did something."""
    (each,) = [each for each in REWRITES if each.name == name]
    steps = 0
    while change := each.function(network):
        assert changed_types(network, change.network) <= {*each.types}
        network, steps = change.network, steps + 1
        assert steps < 100
    return network, steps


def changed_types(before: Network, after: Network) -> set[type]:
    """Of layers that are gone, or are others, or have other weights."""
    left = {node.name: node for node in after.nodes}
    return {
        type(node.layer)
        for node in before.nodes
        if node.name not in left
        or node.layer != left[node.name].layer
        or any(not np.array_equal(array, left[node.name].weights[key])
               for key, array in node.weights.items())
    }  # fmt: skip


def branches(network: Network) -> bool:
    return any(len(node.inputs) > 1 for node in network.nodes)


@pytest.mark.parametrize("name", [each.name for each in REWRITES if each.keeps_outputs])
def test_each_rewrite_alone_computes_the_same(name: str):
    done = 0
    for seed in range(MOST_TRIED):
        network = random_network(seed)
        if not branches(network):
            continue
        rewritten, steps = run_alone(name, network)
        if not steps:
            assert rewritten is network
            continue
        x = samples(network, seed)
        got, wanted = rewritten.forward(x), network.forward(x)
        if name in EXACT:
            np.testing.assert_array_equal(got, wanted)
        else:
            assert_close(got, wanted)
        done += 1
        if done == EACH:
            return
    raise AssertionError(f"{name} did something on {done} networks only")


def test_the_softmax_alone_is_what_the_host_has_to_do():
    done = 0
    for seed in range(MOST_TRIED):
        network = random_network(seed)
        rewritten, steps = run_alone("softmax", network)
        if not (branches(network) and steps):
            continue
        x = samples(network, seed)
        logits, wanted = rewritten.forward(x), network.forward(x)
        np.testing.assert_array_equal(logits, network.values(x)[network.nodes[-2].name])
        np.testing.assert_array_equal(logits.argmax(axis=1), wanted.argmax(axis=1))
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        assert_close(powers / powers.sum(axis=1, keepdims=True), wanted)
        done += 1
        if done == EACH:
            return
    raise AssertionError(f"the softmax was last in {done} networks only")


def test_turned_images_are_the_same_bit_for_bit_where_sums_are_exact():
    """With whole numbers the order of sums changes nothing, so that only places could differ."""
    done = 0
    for seed in range(MOST_TRIED):
        network = random_network(seed, whole=True)
        rewritten, steps = run_alone("time_first", network)
        x = samples(network, seed, whole=True)
        if not (branches(network) and steps):
            continue
        np.testing.assert_array_equal(rewritten.forward(x), network.forward(x))
        done += 1
        if done == EACH:
            return
    raise AssertionError(f"{done} networks with images that were turned only")


def test_the_division_alone_is_a_factor_of_each_sample():
    done = 0
    for seed in range(EACH):
        random = np.random.default_rng(seed)
        network = attending_network(random)
        rewritten, steps = run_alone("division", network)
        assert steps == 1
        x = samples(network, seed)
        got, wanted = rewritten.forward(x), network.forward(x)
        (sums,) = [node for node in rewritten.nodes if isinstance(node.layer, AttentionSums)]
        assert_close(got, wanted * rewritten.values(x)[sums.name][:, -1:])
        np.testing.assert_array_equal(got.argmax(axis=1), wanted.argmax(axis=1))
        done += len({*wanted.argmax(axis=1).tolist()}) > 1
    assert done > EACH / 4  # networks that decide one way and another


def attending_network(random: np.random.Generator) -> Network:
    """Attention, and 1 to 3 dense layers behind it."""
    steps, channels, count = (int(n) for n in random.integers(1, 4, 3, endpoint=True))
    nodes, last = [Node("a", ("x",), Attention())], "a"
    for number in range(min(count, 3)):
        activation = str(random.choice(("linear", "relu", "leaky_relu", "leaky_relu(0.5)")))
        nodes.append(Node(f"d{number}", (last,), Dense(3, activation)))
        last = f"d{number}"
    architecture = Architecture("attending", (Input("x", (steps, channels)),), tuple(nodes))
    return Network.of(architecture, {
        node.name: {
            key: random.normal(size=shape)
            for key, shape in architecture.weight_shapes(node).items()
        }
        for node in nodes
    })  # fmt: skip


ASKED = {
    "probabilities": {"probabilities": True}, "scores": {}, "decision": {"decision": True},
}  # fmt: skip


@pytest.mark.parametrize("asked", ASKED)
def test_all_rewrites_together(asked: str, tmp_path: Path):
    changed, ends = set(), {"probabilities": 2, "scores": 1, "decision": 0}[asked]
    keeps = {each.name: each.keeps_outputs + each.keeps_scores for each in REWRITES}
    for seed in range(EACH):
        random = np.random.default_rng(seed)
        network = random_network(seed) if seed % 10 else attending_network(random)
        rewritten = rewrite(network, **ASKED[asked])
        x = samples(network, seed)
        got, wanted = rewritten.network.forward(x), network.forward(x)
        if rewritten.keeps_outputs:
            assert_close(got, wanted)
        else:
            np.testing.assert_array_equal(got.argmax(axis=1), wanted.argmax(axis=1))
        names = [each.name for each in rewritten.applied]
        changed |= {*names}
        assert rewritten.keeps_outputs == all(keeps[name] == 2 for name in names)
        assert (rewritten.network is network) == (not names)
        # There is nothing more to do, and it is always the same that is done.
        assert rewrite(rewritten.network, **ASKED[asked]).applied == ()
        assert rewrite(network, **ASKED[asked]).applied == rewritten.applied
        save_network(rewritten.network, tmp_path / f"{seed}")
        read = load_network(tmp_path / f"{seed}")
        np.testing.assert_array_equal(read.forward(x), got)
    assert changed == {name for name, kept in keeps.items() if kept >= ends}
