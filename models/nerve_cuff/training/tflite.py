"""Predictions of a network as a TFLite file (Section 2.5)."""

import warnings
from types import ModuleType

import numpy as np

__all__ = ["predict_tflite"]


def predict_tflite(
    tensorflow: ModuleType, content: bytes, names: list[str], inputs: list[np.ndarray]
) -> np.ndarray:
    """Outputs of a TFLite file of batch size 1, float32, (signatures, classes).

    Parameters
    ----------
    content:
        The file.
    names, inputs:
        Names of the network's inputs, and (signatures, *shape) of each. The file orders them as
        it likes.
    """
    with warnings.catch_warnings():
        # It says that it will move to a package of its own.
        warnings.filterwarnings("ignore", message="(?s).*tf.lite.Interpreter is deprecated")
        interpreter = tensorflow.lite.Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    by_name = dict(zip(names, inputs, strict=True))
    places = {}
    for detail in interpreter.get_input_details():
        (name,) = (name for name in names if name in detail["name"])
        places[detail["index"]] = by_name[name]
    output = interpreter.get_output_details()[0]["index"]
    predicted = []
    for index in range(len(inputs[0])):
        for place, values in places.items():
            interpreter.set_tensor(place, values[index : index + 1])
        interpreter.invoke()
        predicted.append(interpreter.get_tensor(output)[0])
    return np.stack(predicted)
