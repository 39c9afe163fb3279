"""Operations and bytes of an architecture by TensorFlow's profiler and its TFLite converter.

These are the tools of the paper (Section 2.2). Both depend on their version:

- The profiler counts the operations in the graph whose shapes it knows. It sees the body of a
  loop over time steps once, and of TensorFlow 2.21's recurrent layers only in part.
- A TFLite file is more than its weights: operations, names and descriptions of tensors.
"""

import contextlib
import io
from types import ModuleType
from typing import Any

from build_decoder.models.architecture import Architecture
from build_decoder.models.keras_model import build_model
from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["convert_tflite", "function_flops", "profiled_flops", "tflite_bytes"]


def profiled_flops(architecture: Architecture) -> int:
    """FLOPs of one inference as TensorFlow's profiler counts them."""
    model = build_model(architecture)
    shapes = [(1, *item.shape) for item in architecture.inputs]
    return function_flops(lambda *x: model(x if len(x) > 1 else x[0], training=False), shapes)


def function_flops(function: Any, shapes: list[tuple[int, ...]]) -> int:
    """FLOPs that the profiler counts in `function` of float32 tensors of these shapes."""
    tensorflow = import_tensorflow("the profiler")
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    traced = tensorflow.function(function).get_concrete_function(
        *(tensorflow.TensorSpec(shape) for shape in shapes)
    )
    # The profiler is of TensorFlow 1: it neither follows calls of functions nor knows variables.
    graph = convert_variables_to_constants_v2(traced).graph
    profiler = tensorflow.compat.v1.profiler
    builder = profiler.ProfileOptionBuilder
    options = builder(builder.float_operation()).with_empty_output().build()
    with _quiet(tensorflow):
        return profiler.profile(graph, cmd="scope", options=options).total_float_ops


def tflite_bytes(
    architecture: Architecture, *, weight_bits: int, batch_size: int | None = None
) -> int:
    """Size of the network as a TFLite file, untrained.

    Parameters
    ----------
    weight_bits:
        32 for float32, or 8 for dynamic-range quantisation (``Optimize.DEFAULT``): weights of
        8 bits in all arrays of at least 1,024 values, as the paper's Section 2.5 has it.
    batch_size:
        None leaves it open. Recurrent layers then need operations of TensorFlow itself beside
        TFLite's own (``SELECT_TF_OPS``, tensor lists not lowered), which costs space.
    """
    return len(
        convert_tflite(
            architecture,
            build_model(architecture, batch_size=batch_size),
            weight_bits=weight_bits,
            batch_size=batch_size,
        )
    )


def convert_tflite(
    architecture: Architecture, model: Any, *, weight_bits: int, batch_size: int | None = None
) -> bytes:
    """The TFLite file of a Keras model that `build_model` made of `architecture`.

    Parameters
    ----------
    weight_bits, batch_size:
        As those of `tflite_bytes`; `batch_size` is that which the model was built with.
    """
    if weight_bits not in (8, 32):
        raise ValueError(f"expected weights of 8 or 32 bits, got {weight_bits}")
    tensorflow = import_tensorflow("TFLite")
    lite = tensorflow.lite
    converter = lite.TFLiteConverter.from_keras_model(model)
    if weight_bits == 8:
        converter.optimizations = [lite.Optimize.DEFAULT]
    has_states = any(node.layer.state_values() for node in architecture.nodes)
    if has_states and batch_size is None:
        converter.target_spec.supported_ops = [
            lite.OpsSet.TFLITE_BUILTINS,
            lite.OpsSet.SELECT_TF_OPS,
        ]
        converter._experimental_lower_tensor_list_ops = False
    with _quiet(tensorflow):
        return converter.convert()


@contextlib.contextmanager
def _quiet(tensorflow: ModuleType):
    """Keeps TensorFlow from logging that its own profiler and exporter are out of date."""
    logger = tensorflow.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
