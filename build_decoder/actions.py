"""What options ask for, done: a network loaded, formats found, hardware designed."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import prod

from threadpoolctl import threadpool_limits

from build_decoder.hdl.family import Family
from build_decoder.hdl.layers import plan_type
from build_decoder.hdl.planning.choose_foldings import default_foldings
from build_decoder.hdl.planning.clocked import for_clock
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.hdl.planning.folded_nodes import folded_nodes
from build_decoder.hdl.planning.folding import Folding
from build_decoder.hdl.planning.input_order import order_of
from build_decoder.models.errors import InputError
from build_decoder.models.files.load import load_network
from build_decoder.models.golden import GoldenData, load_golden
from build_decoder.models.network import Network
from build_decoder.models.progress import Progress, silent
from build_decoder.options import HardwareOptions, SearchOptions, SourceOptions
from build_decoder.options.hardware import AUTO, KEEP_UP_HZ
from build_decoder.quant.bit_cost import BitCost
from build_decoder.quant.convolution_shape import ConvolutionShape
from build_decoder.quant.criterion import MAX_ERROR
from build_decoder.quant.dense_shape import DenseShape
from build_decoder.quant.floating.quantised import float_quantised
from build_decoder.quant.integer_model import IntegerModel, ModelNode
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.quantise import Quantised, quantise
from build_decoder.quant.recurrent import RecurrentLayer

__all__ = [
    "datapaths_of",
    "design",
    "foldings_of",
    "golden_of",
    "load",
    "pace_of",
    "search",
    "steps_of",
]


def load(options: SourceOptions) -> tuple[Network, GoldenData]:
    """The network and its golden data.

    Raises
    ------
    InputError
        If one of them is at fault.
    """
    network = load_network(options.network)
    return network, golden_of(network, options)


def golden_of(network: Network, options: SourceOptions) -> GoldenData:
    """The golden data of ``network``, which is checked against it.

    Raises
    ------
    InputError
        If it is at fault.
    """
    return load_golden(
        options.golden,
        network,
        seed=options.seed,
        task=options.task,
        thresholds=options.threshold,
    )


def search(
    network: Network,
    golden: GoldenData,
    options: SearchOptions,
    *,
    family: Family,
    reloadable: bool = False,
    also: Sequence[tuple[Network, GoldenData]] = (),
    progress: Progress = silent,
) -> Quantised:
    """The integer model and how it was found; see :func:`quant.quantise.quantise`, and in floating
    point :func:`quant.floating.quantised.float_quantised`.

    Parameters
    ----------
    family
        FPGA family that the decoder is built for: its area is what the search makes small.
    reloadable
        Whether weights of other days are to be written into the decoder.
    also
        Other networks, and golden data of each, whose decisions formats keep as well.

    Raises
    ------
    InputError
        If there are no formats that keep to what is asked for.
    """
    if options.arithmetic is not None:
        return float_quantised(
            network, golden, options.arithmetic, uniform_segments=options.segments
        )
    options.check_task(golden.task)
    # Threads of small products wait for each other longer than they compute.
    with threadpool_limits(limits=1, user_api="blas"):
        return quantise(
            network,
            golden,
            max_loss=options.max_loss,
            max_error=MAX_ERROR if options.max_error is None else options.max_error,
            search=options.search,
            # The hardware of other networks takes too long to plan for each change of formats.
            cost=partial(AreaCost, family=family) if network.is_dense_chain else BitCost,
            seed=options.seed,
            uniform_segments=options.segments,
            reloadable=reloadable,
            also=also,
            progress=progress,
        )


def design(
    model: IntegerModel,
    options: HardwareOptions,
    *,
    family: Family | None = None,
    max_blocks: int | None = None,
    clock_mhz: float | None = None,
) -> DecoderPlan:
    """The plan of a decoder for ``model``; see :func:`hdl.planning.design.design_decoder`.

    With convolutions and a clock in MHz, it keeps up with :data:`KEEP_UP_HZ` unless another pace or
    only an area is asked for, or steps are those of a continuous network, which come much more
    slowly. Products are pipelined where the clock asks for it (:mod:`hdl.planning.clocked`), unless
    that takes more cycles than are asked for.

    Raises
    ------
    InputError
        If the model's layers cannot be made as asked.
    """
    foldings = None
    if options.inputs_per_cycle or options.outputs_per_cycle:
        foldings = foldings_of(model, options)
    limits = {
        "interval_cycles": pace_of(model, options, clock_mhz),
        "latency_cycles": options.latency,
        "max_dsp": options.max_dsp,
        "max_lut": options.max_lut,
        "datapath": datapaths_of(model, options),
        "reloadable": options.reloadable or None,
    }
    given = {name: value for name, value in limits.items() if value is not None}
    designed = partial(
        design_decoder, model, foldings=foldings, family=family, max_blocks=max_blocks
    )
    plan = designed(**given)
    if family is None or clock_mhz is None:
        return plan
    latency, interval = limits["latency_cycles"], limits["interval_cycles"]
    clocked = for_clock(plan, family, clock_mhz)
    if clocked is plan or _in_time(clocked, latency, interval):
        return clocked
    if latency is not None and (less := latency - len(plan.dense)) > 0:
        # The cheapest that is in time leaves no cycle for that; of a faster one, each layer has it.
        try:
            clocked = for_clock(designed(**{**given, "latency_cycles": less}), family, clock_mhz)
        except InputError:
            return plan
    return clocked if _in_time(clocked, latency, interval) else plan


def _in_time(plan: DecoderPlan, latency: int | None, interval: int | None) -> bool:
    """Whether a decoder takes no more cycles than are asked for."""
    if interval is not None and plan.frame_cycles > interval:
        return False
    if latency is None:
        return True
    taken = plan.latency_cycles if interval is None else plan.latency_at_pace(interval)
    return taken <= latency


def pace_of(
    model: IntegerModel, options: HardwareOptions, clock_mhz: float | None
) -> int | None:
    """Most cycles between frames that a decoder is designed for, at a clock in MHz; None if there
    is no such limit.

    Raises
    ------
    InputError
        If it is asked for by samples a second, and there is no clock.
    """
    if (
        options.takes_a_pace
        and clock_mhz is not None
        and not model.continuous
        and any(isinstance(layer, ConvolutionShape | RecurrentLayer) for layer in model.layers)
    ):
        options = replace(options, keep_up=KEEP_UP_HZ)
    if options.keep_up is not None and clock_mhz is None:
        raise InputError("--keep-up: expected a board, whose clock it is for, got none: say "
                         "--interval in cycles")
    return options.interval_cycles(clock_mhz, steps_of(model))


def steps_of(model: IntegerModel) -> int:
    """Time steps of a frame; 1 if its inputs have none."""
    # Samples may be given in another order than the one in which layers take them.
    source = order_of(model).source
    shape = next(item.shape for item in model.inputs if item.name == source)
    return shape[0] if len(shape) > 1 else 1


def datapaths_of(
    model: IntegerModel, options: HardwareOptions
) -> tuple[str | None, ...] | None:
    """The datapath of each layer that is folded, or None where the generator chooses; None if it
    does for all.

    Raises
    ------
    InputError
        If there are neither one nor as many as layers.
    """
    layers, kinds = len(folded_nodes(model)), options.datapath
    options.check_datapaths(model.name, layers)
    if set(kinds) <= {AUTO}:
        return None
    each = kinds * layers if len(kinds) == 1 else kinds
    return tuple(None if kind == AUTO else kind for kind in each)


def foldings_of(model: IntegerModel, options: HardwareOptions) -> tuple[Folding, ...]:
    """Foldings with the inputs and outputs a cycle that are asked for, of the layers that are
    folded in order; the default where these end.

    Raises
    ------
    InputError
        If there are more numbers than layers, or one is not from 1 to what the layer has, or there
        is no block of so many inputs in a convolution's window.
    """
    foldings, nodes, dense = [], folded_nodes(model), iter(default_foldings(model))
    options.check_foldings(model.name, len(nodes))
    for n, node in enumerate(nodes):
        inputs, units = _most_a_cycle(node.layer)
        default = next(dense) if isinstance(node.layer, DenseShape) else Folding(1, 1)
        chosen = []
        for name, numbers, count, otherwise in (
            ("inputs", options.inputs_per_cycle, inputs, default.inputs_per_cycle),
            ("outputs", options.outputs_per_cycle, units, default.outputs_per_cycle),
        ):
            number = numbers[n] if n < len(numbers) else otherwise
            if not 1 <= number <= count:
                raise InputError(
                    f"{_place(model, node, n)}: expected 1 to {count} {name} a cycle, got {number}"
                )
            chosen.append(number)
        if isinstance(node.layer, ConvolutionShape):
            _check_block(model, node, n, chosen[0])
        foldings.append(Folding(*chosen))
    return tuple(foldings)


def _most_a_cycle(layer: IntegerLayer) -> tuple[int, int]:
    """Inputs, and sums, of which all can be multiplied in a cycle."""
    if isinstance(layer, RecurrentLayer):
        return max(layer.channels, layer.cell.units), layer.sum_count
    *window, units = layer.weights.shape
    return prod(window), units


def _place(model: IntegerModel, node: ModelNode, number: int) -> str:
    if model.is_dense_chain:
        return f"{model.name}: dense layer {number + 1}"
    return f"{model.name}: layer {node.name!r}, number {number + 1} of those that are folded"


def _check_block(model: IntegerModel, node: ModelNode, number: int, inputs: int) -> None:
    try:
        plan_type(node.layer).block(node.layer, inputs)
    except ValueError as error:
        raise InputError(f"{_place(model, node, number)}: {error}") from None
