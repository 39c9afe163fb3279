"""TensorFlow as training wants it: one thread a process, fast kernels, the same result again."""

import os
from types import ModuleType

from build_decoder.models.tensorflow_import import import_tensorflow

__all__ = ["training_tensorflow"]


def training_tensorflow(seed: int) -> ModuleType:
    """The `tensorflow` module, all its random generators set to `seed`.

    Cells run beside each other, so each has one thread. oneDNN's kernels train convolutions
    several times faster, and give the same result again on the same machine. Both settings are
    read when TensorFlow is imported first: an environment that sets them otherwise is obeyed.

    Raises
    ------
    InputError
        TensorFlow is not installed.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    tensorflow = import_tensorflow("training")
    tensorflow.get_logger().setLevel("ERROR")  # it warns that each cell makes a graph of its own
    tensorflow.keras.backend.clear_session()
    tensorflow.keras.utils.set_random_seed(seed)
    tensorflow.config.experimental.enable_op_determinism()
    return tensorflow
