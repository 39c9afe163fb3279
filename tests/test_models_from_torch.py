"""PyTorch modules become network folders; PyTorch's own export makes the ONNX files."""

import importlib.util

import numpy as np
import pytest

from build_decoder.models import InputError, from_torch, load_network
from build_decoder.models.layers import type_of
from tests.onnx_files import needs_onnx

pytestmark = [
    needs_onnx,
    pytest.mark.skipif(
        importlib.util.find_spec("torch") is None, reason="PyTorch is not installed"
    ),
]


def modules() -> dict:
    import torch
    from torch import nn

    class Recurrent(nn.Module):
        def __init__(self, kind, **settings):
            super().__init__()
            self.cell = kind(3, 5, batch_first=True, **settings)
            self.last = nn.Linear(10 if settings.get("bidirectional") else 5, 2)

        def forward(self, x):
            return self.last(self.cell(x)[0][:, -1])

    return {
        "mlp": (nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(),
                              nn.Linear(8, 3), nn.SiLU(), nn.Linear(3, 2), nn.Softmax(1)),
                (1, 6), ["dense", "dense", "dense", "softmax"]),
        "cnn": (nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(),
                              nn.MaxPool2d(2), nn.Conv2d(4, 3, 3, padding="same"), nn.GELU(),
                              nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2)),
                (1, 2, 6, 8), ["conv2d", "max_pool", "conv2d", "global_average_pool", "dense"]),
        "lstm": (Recurrent(nn.LSTM, num_layers=2), (1, 7, 3), ["lstm", "lstm", "dense"]),
        "gru": (Recurrent(nn.GRU, bidirectional=True), (1, 7, 3),
                ["bidirectional", "flatten", "dense"]),
        "unread": (nn.Sequential(nn.Linear(6, 3), nn.LayerNorm(3)), (1, 6), []),
        "failing": (nn.Sequential(nn.Linear(5, 3)), (1, 6), []),
        "seed": torch.manual_seed(0),
    }


@pytest.mark.parametrize("name", ["mlp", "cnn", "lstm", "gru"])
def test_modules(tmp_path, name):
    import torch

    module, shape, kinds = modules()[name]
    with torch.no_grad():
        module(torch.randn(8, *shape[1:]))  # so that batch normalisation has seen something
    written = from_torch(module, torch.randn(shape), tmp_path / name)
    assert module.training
    network = load_network(tmp_path / name)
    assert (network.name, written.name) == (name, name)
    assert [type_of(node.layer).name for node in network.nodes] == kinds
    x = torch.randn(5, *shape[1:])
    with torch.no_grad():
        wanted = module.eval()(x).numpy()
    got = network.forward(x.numpy().reshape(5, -1))
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "said"),
    [("unread", "unread: node '/1/LayerNormalization' (LayerNormalization): expected"),
     ("failing", "expected a module that torch.onnx can export, got RuntimeError")],
)
def test_what_is_not_read_writes_nothing(tmp_path, name, said):
    import torch

    module, shape, _ = modules()[name]
    with pytest.raises(InputError) as caught:
        from_torch(module, torch.randn(shape), tmp_path / name)
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"{name}: ")
    assert not (tmp_path / name).exists()
