"""PyTorch as a contender: `python peer.py '<network as JSON>' <variant> <threads>`.

Variants: default; fused (optimiser); sdpa (fused, and attention in one call).
Prints "ready", then answers each line "<steps>" with what one step took. Needs torch, numpy.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

net = json.loads(sys.argv[1])
variant = sys.argv[2]
torch.set_num_threads(int(sys.argv[3]))
torch.manual_seed(1)


class Mlp(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 16, 3, padding=1)
        self.second = nn.Conv2d(16, 32, 3, padding=1)
        self.third = nn.Conv2d(32, 64, 3, padding=1, stride=2)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        x = F.max_pool2d(F.relu(self.second(x)), 2)
        return self.head(F.relu(self.third(x)).mean((2, 3)))


class Dense(nn.Module):
    """A dense layer, with a low-rank adapter beside it where `rank` says so."""

    def __init__(self, inputs, outputs, rank=0):
        super().__init__()
        self.layer = nn.Linear(inputs, outputs)
        self.rank = rank
        if rank:
            self.a = nn.Parameter(torch.randn(inputs, rank) / inputs**0.5)
            self.b = nn.Parameter(torch.zeros(rank, outputs))

    def forward(self, x):
        y = self.layer(x)
        return y + 2 * ((x @ self.a) @ self.b) if self.rank else y


class Block(nn.Module):
    def __init__(self, width, heads, inner, rank):
        super().__init__()
        self.heads = heads
        self.q, self.v = Dense(width, width, rank), Dense(width, width, rank)
        self.k, self.o = Dense(width, width), Dense(width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x, mask):
        batch, length, width = x.shape
        split = lambda y: y.view(batch, length, self.heads, -1).transpose(1, 2)
        q, k, v = split(self.q(x)), split(self.k(x)), split(self.v(x))
        if variant == "sdpa":
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            scores = q @ k.transpose(-1, -2) / (width / self.heads) ** 0.5 + mask
            mixed = torch.softmax(scores, -1) @ v
        x = self.norm1(self.o(mixed.transpose(1, 2).reshape(batch, length, width)) + x)
        return self.norm2(self.down(F.gelu(self.up(x))) + x)


class Encoder(nn.Module):
    def __init__(self, vocabulary, width, heads, layers, inner, length, classes, rank=0, **_):
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(length, width)
        self.norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(Block(width, heads, inner, rank) for _ in range(layers))
        self.head = nn.Linear(width, classes)
        if rank:
            for name, parameter in self.named_parameters():
                parameter.requires_grad_(name.endswith((".a", ".b")) or name.startswith("head"))

    def forward(self, ids, mask):
        x = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]])
        outside = (1 - mask)[:, None, None, :] * -10000.0
        for block in self.blocks:
            x = block(x, outside)
        weights = mask[:, :, None]
        return self.head((x * weights).sum(1) / weights.sum(1))


def build():
    batch = net["batch"]
    if net["kind"] == "mlp":
        sizes = net["sizes"]
        model, x = Mlp(sizes), torch.randn(batch, sizes[0])
        if sizes[-1] == 1:
            target = torch.rand(batch, 1).round()
            return model, lambda: F.binary_cross_entropy_with_logits(model(x), target)
        target = torch.randint(0, sizes[-1], (batch,))
        return model, lambda: F.cross_entropy(model(x), target)
    if net["kind"] == "cnn":
        model, x = Cnn(), torch.randn(batch, 1, 28, 28)
        target = torch.randint(0, 10, (batch,))
        return model, lambda: F.cross_entropy(model(x), target)
    model = Encoder(**{k: v for k, v in net.items() if k not in ("kind", "batch", "optimiser")})
    ids = torch.randint(0, net["vocabulary"], (batch, net["length"]))
    mask = torch.ones(batch, net["length"])
    target = torch.randint(0, net["classes"], (batch,))
    return model, lambda: F.cross_entropy(model(ids, mask), target)


def main():
    model, loss_of = build()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    fused = {} if variant == "default" else {"fused": True}
    make = torch.optim.SGD if net["optimiser"] == "sgd" else torch.optim.Adam
    optimiser = make(trained, lr=1e-3, **fused)

    def step():
        optimiser.zero_grad()
        loss = loss_of()
        loss.backward()
        optimiser.step()
        return loss.item()

    for _ in range(3):
        step()
    print("ready", flush=True)
    for line in sys.stdin:
        steps = int(line)
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(steps):
            step()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(json.dumps({"wallMs": wall * 1e3 / steps, "cpuMs": cpu * 1e3 / steps}), flush=True)


main()
