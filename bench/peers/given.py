"""What scripts of other tools get of a network."""

from pathlib import Path

import numpy as np

from build_decoder.hdl.heap.steps import functions_of
from build_decoder.models.errors import InputError
from build_decoder.models.golden import GoldenData
from build_decoder.models.layers.dense import Dense
from build_decoder.models.network import Network
from build_decoder.models.task import Kind
from build_decoder.quant.integer_model import IntegerModel

__all__ = ["accuracy", "check", "give"]


def check(network: Network, golden: GoldenData) -> None:
    """Check that the network is of a kind that all tools take.

    Raises
    ------
    InputError
        If it is not dense layers in a row with sigmoids or ReLUs, or a sample has not one label.
    """
    plain = all(
        isinstance(node.layer, Dense) and node.layer.activation in ("sigmoid", "relu")
        for node in network.nodes
    )
    in_a_row = len(network.inputs) == 1 and all(len(node.inputs) == 1 for node in network.nodes)
    if not (plain and in_a_row):
        raise InputError.at(
            network.name, "", expected="dense layers in a row, with sigmoids or ReLUs",
            got="others",
        )
    if golden.task.kinds != (Kind.CLASSES,) or golden.labels is None or not len(golden.unseen):
        raise InputError.at(
            network.name, "", expected="golden data with a label a sample, some held out",
            got="others",
        )


def accuracy(golden: GoldenData, outputs: np.ndarray) -> float:
    """Fraction of samples for which real ``outputs`` (samples, outputs) decide for their label."""
    return float((golden.task.decisions(outputs) == golden.labels).mean())


def give(network: Network, golden: GoldenData, model: IntegerModel, folder: Path) -> None:
    """Write ``given.npz``: the float network, the integer model, and samples.

    ========================  =================================================================
    ``x``, ``x_raw``          real and raw inputs (samples, inputs) that are held out
    ``x_search``              real inputs that a search may look at
    ``float_weights0``, ...   real weights (inputs, units) of each layer, as trained
    ``float_biases0``, ...    real biases (units,)
    ``activations``           sigmoid or relu of each layer
    ``inputs``                least and greatest raw input
    ``weights0``, ...         raw weights (inputs, units) of each integer layer
    ``offset0``, ...          (units,): what is added to a sum of products,
    ``dropped0``, ...         the bits that are then dropped, and
    ``first0``, ...           the number for which the first of ``codes`` stands
    ``codes0_0``, ...         outputs of layer 0, unit 0, and so on; the first and the last stand
                              for all numbers beyond
    ``outputs``               (layers, 2): least and greatest raw output of each layer
    ``output_step``           what 1 in a raw output of the last layer is
    ========================  =================================================================
    """
    arrays = {
        "x": golden.unseen.x,
        "x_search": golden.search.x,
        "activations": np.array([node.layer.activation for node in network.nodes]),
        "x_raw": model.quantise_input(golden.unseen.x),
        "inputs": np.array([model.input_format.min_raw, model.input_format.max_raw]),
        "outputs": np.array([(each.output.min_raw, each.output.max_raw) for each in model.layers]),
        "output_step": model.output_format.to_real(np.array(1)),
    }
    for number, node in enumerate(network.nodes):
        arrays[f"float_weights{number}"] = node.weights["weights"]
        arrays[f"float_biases{number}"] = node.weights["bias"]
    for number, layer in enumerate(model.layers):
        functions = functions_of(layer)
        arrays[f"weights{number}"] = layer.weights
        for key in ("offset", "dropped", "first"):
            arrays[f"{key}{number}"] = np.array([getattr(each, key) for each in functions])
        for unit, each in enumerate(functions):
            arrays[f"codes{number}_{unit}"] = each.codes
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "given.npz", **arrays)
