"""Neural decoders in floats: networks, their files, golden data, training and the model zoo."""

from models.errors import InputError
from models.golden import GoldenData, load_golden
from models.load import load_network, save_network
from models.network import DenseLayer, Network
from models.task import Kind, Task
from models.zoo import zoo_names, zoo_path

__all__ = [
    "DenseLayer",
    "GoldenData",
    "InputError",
    "Kind",
    "Network",
    "Task",
    "load_golden",
    "load_network",
    "save_network",
    "zoo_names",
    "zoo_path",
]
