"""Small Paddle models as paddle2onnx writes them, for the tests of importModel.

    pip install paddlepaddle paddle2onnx packaging
    python packages/autograd/test-data/paddle-models.py

Writes <model>.paddle.onnx beside this script. Weights come from a seed.
"""

import pathlib
import shutil
import sys
import tempfile

import paddle
import paddle2onnx
from paddle import nn
from paddle.static import InputSpec

HERE = pathlib.Path(__file__).parent
OPERATOR_SET = 17


def mlp():
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 3))


def cnn():
    return nn.Sequential(
        nn.Conv2D(1, 4, 3, padding=1), nn.BatchNorm2D(4), nn.ReLU(), nn.MaxPool2D(2),
        nn.Conv2D(4, 4, 3, padding=1, groups=4), nn.Hardswish(),
        nn.AdaptiveAvgPool2D(1), nn.Flatten(), nn.Linear(4, 3),
    )  # fmt: skip


class Recurrent(nn.Layer):
    def __init__(self, layer):
        super().__init__()
        self.words = nn.Embedding(20, 6)
        self.layer = layer(6, 5)
        self.head = nn.Linear(5, 3)

    def forward(self, tokens):
        states, _ = self.layer(self.words(tokens))
        return self.head(states[:, -1])


class Encoder(nn.Layer):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20, 12)
        self.block = nn.TransformerEncoderLayer(12, 2, 24, dropout=0.0, activation="gelu")
        self.head = nn.Linear(12, 3)

    def forward(self, tokens):
        return self.head(self.block(self.words(tokens)).mean(1))


TOKENS = InputSpec([None, 7], "int64", "tokens")
MODELS = {
    "mlp": (mlp, InputSpec([None, 8], "float32", "x")),
    "cnn": (cnn, InputSpec([None, 1, 8, 8], "float32", "x")),
    "lstm": (lambda: Recurrent(nn.LSTM), TOKENS),
    "gru": (lambda: Recurrent(nn.GRU), TOKENS),
    "encoder": (Encoder, TOKENS),
}


def export(name):
    make, spec = MODELS[name]
    paddle.seed(7)
    model = make()
    model.eval()
    folder = tempfile.mkdtemp()
    try:
        paddle.jit.save(model, f"{folder}/model", input_spec=[spec])
        path = HERE / f"{name}.paddle.onnx"
        paddle2onnx.export(f"{folder}/model.json", f"{folder}/model.pdiparams", str(path), OPERATOR_SET)
    finally:
        shutil.rmtree(folder)
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        export(name)
