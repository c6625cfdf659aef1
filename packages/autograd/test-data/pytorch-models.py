"""Small models as PyTorch's two exporters write them, for the tests of importModel.

    pip install torch onnx onnxscript
    python packages/autograd/test-data/pytorch-models.py

Writes <model>.dynamo.onnx and <model>.legacy.onnx beside this script, and those with their
batch normalisations as <model>.training.onnx and <model>.unfolded.onnx. Weights come from a
seed. Stack traces, which are most of a file that the newer exporter writes, are left out.
"""

import pathlib
import sys
import warnings

import onnx
import torch
from torch import nn
from torch.nn import functional as F

HERE = pathlib.Path(__file__).parent


class Mlp(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 3))


class ResidualBlock(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(after)
        self.shortcut = nn.Conv2d(before, after, 1, stride, bias=False)

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding=1)
        self.blocks = nn.Sequential(ResidualBlock(4, 4, 1), ResidualBlock(4, 8, 2))
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        x = self.blocks(F.relu(self.stem(x)))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Vgg(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32, 16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 3),
        )  # fmt: skip


class InvertedResidual(nn.Module):
    def __init__(self, channels, wide):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU6(),
            nn.Conv2d(wide, wide, 3, padding=1, groups=wide, bias=False), nn.BatchNorm2d(wide), nn.Hardswish(),
            nn.Conv2d(wide, channels, 1, bias=False), nn.BatchNorm2d(channels),
        )  # fmt: skip

    def forward(self, x):
        return x + self.layers(x)


class MobileNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, stride=2, padding=1)
        self.blocks = nn.Sequential(InvertedResidual(4, 8), InvertedResidual(4, 8))
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


class Recurrent(nn.Module):
    """Reads tokens in both directions, answers from the states at the end and their mean."""

    def __init__(self, layer):
        super().__init__()
        self.words = nn.Embedding(20, 6)
        self.layer = layer(6, 5, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(10, 3)

    def forward(self, tokens):
        states, _ = self.layer(self.words(tokens))
        return self.head(states[:, -1] + states.mean(1))


class Attention(nn.Module):
    def __init__(self, width, heads, causal):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)

    def forward(self, x, mask=None):
        batch, length, width = x.shape
        q, k, v = (
            layer(x).view(batch, length, self.heads, width // self.heads).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=self.causal)
        return self.out(y.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    def __init__(self, width, causal, before):
        super().__init__()
        self.before = before
        self.attention = Attention(width, 2, causal)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def feed(self, x):
        return self.narrow(F.gelu(self.wide(x), approximate="tanh" if self.before else "none"))

    def forward(self, x, mask=None):
        if self.before:
            x = x + self.attention(self.norm1(x), mask)
            return x + self.feed(self.norm2(x))
        x = self.norm1(x + self.attention(x, mask))
        return self.norm2(x + self.feed(x))


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(20, 12), nn.Embedding(16, 12)
        self.norm = nn.LayerNorm(12)
        self.blocks = nn.ModuleList(Block(12, False, False) for _ in range(2))
        self.head = nn.Linear(12, 3)

    def forward(self, tokens, mask):
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.norm(self.words(tokens) + self.places(places))
        hidden = (1.0 - mask[:, None, None, :].float()) * -10000.0
        for block in self.blocks:
            x = block(x, hidden)
        weight = mask[:, :, None].float()
        return self.head((x * weight).sum(1) / weight.sum(1).clamp(min=1.0))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(20, 12), nn.Embedding(16, 12)
        self.blocks = nn.ModuleList(Block(12, True, True) for _ in range(2))
        self.norm = nn.LayerNorm(12)

    def forward(self, tokens):
        places = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.words(tokens) + self.places(places)
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.words.weight.T


class Factorisation(nn.Module):
    def __init__(self):
        super().__init__()
        self.users, self.items = nn.Embedding(12, 6), nn.Embedding(20, 6)
        self.user_bias, self.item_bias = nn.Embedding(12, 1), nn.Embedding(20, 1)

    def forward(self, user, item):
        match = (self.users(user) * self.items(item)).sum(-1)
        return match + self.user_bias(user).squeeze(-1) + self.item_bias(item).squeeze(-1)


class TwoTower(nn.Module):
    def __init__(self):
        super().__init__()
        self.users, self.items = nn.Embedding(12, 8), nn.Embedding(20, 8)
        self.user_tower = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 6))
        self.item_tower = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 6))

    def forward(self, user, item):
        a = F.normalize(self.user_tower(self.users(user)), dim=-1)
        b = F.normalize(self.item_tower(self.items(item)), dim=-1)
        return 5.0 * a @ b.T


def integers(below, *shape):
    return torch.randint(0, below, shape)


BATCH, LENGTH = 4, 7
IMAGE = torch.zeros(BATCH, 1, 8, 8)
TEXT = {0: "batch", 1: "length"}

# Name: module, inputs by name, which axes are symbols.
MODELS = {
    "mlp": (Mlp, {"x": torch.zeros(BATCH, 8)}, {0: "batch"}),
    "resnet": (ResNet, {"x": IMAGE}, {0: "batch"}),
    "vgg": (Vgg, {"x": IMAGE}, {0: "batch"}),
    "mobilenet": (MobileNet, {"x": IMAGE}, {0: "batch"}),
    "lstm": (lambda: Recurrent(nn.LSTM), {"tokens": integers(20, BATCH, LENGTH)}, TEXT),
    "gru": (lambda: Recurrent(nn.GRU), {"tokens": integers(20, BATCH, LENGTH)}, TEXT),
    "bert": (
        Bert,
        {"tokens": integers(20, BATCH, LENGTH), "mask": torch.ones(BATCH, LENGTH, dtype=torch.int64)},
        TEXT,
    ),
    "gpt": (Gpt, {"tokens": integers(20, BATCH, LENGTH)}, TEXT),
    "factorisation": (
        Factorisation,
        {"user": integers(12, BATCH), "item": integers(20, BATCH)},
        {0: "batch"},
    ),
    "two-tower": (
        TwoTower,
        {"user": integers(12, BATCH), "item": integers(20, BATCH)},
        {0: "batch"},
    ),
}


def without_traces(path):
    model = onnx.load(path)
    model.graph.ClearField("doc_string")
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    graph = model.graph
    for entry in [*graph.node, *graph.initializer, *graph.input, *graph.output]:
        entry.ClearField("doc_string")
        del entry.metadata_props[:]
    del model.graph.value_info[:]
    onnx.save(model, path)


def export(name, exporter):
    make, inputs, axes = MODELS[name]
    torch.manual_seed(7)
    module = make().train(exporter == "training")
    path = HERE / f"{name}.{exporter}.onnx"
    common = dict(input_names=list(inputs), output_names=["y"], external_data=False)
    if exporter == "dynamo":
        dims = {axis: torch.export.Dim(label) for axis, label in axes.items()}
        common |= dict(dynamo=True, dynamic_shapes=tuple(dims for _ in inputs), verbose=False)
    else:
        dynamic = {label: axes for label in inputs} | {"y": {0: "batch"}}
        common |= dict(dynamo=False, opset_version=17, dynamic_axes=dynamic)
    if exporter == "training":
        common |= dict(training=torch.onnx.TrainingMode.TRAINING)
    if exporter in ("training", "unfolded"):
        common |= dict(do_constant_folding=False)
    if exporter == "unfolded":
        common |= dict(training=torch.onnx.TrainingMode.PRESERVE)
    torch.onnx.export(module, tuple(inputs.values()), path, **common)
    without_traces(path)
    print(f"{path.name}: {path.stat().st_size} bytes")


# Batch normalisation is folded into the convolutions before it unless one asks for it.
KEPT = {"resnet": "training", "mobilenet": "unfolded"}

if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    for name in sys.argv[1:] or MODELS:
        for exporter in ("dynamo", "legacy", KEPT.get(name)):
            if exporter is not None:
                export(name, exporter)
