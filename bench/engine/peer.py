"""PyTorch as a peer: the same networks, from the same weights, on the same batches.

    python peer.py parity <folder>                      one step a batch; writes result.safetensors
    python peer.py speed <folder> <variant> <threads>   a contender: says "ready", then answers each
                                                        line "<steps>" with what one step took

The folder holds network.json, weights.safetensors and batches.safetensors, as exchange.ts
writes them. Variants: default; fused (the optimiser in one kernel); sdpa (fused, and
attention in one call); sparse (sdpa, and only the words of a batch are updated). Needs torch
and numpy.
"""

import json
import struct
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

TYPES = {"F32": np.float32, "I64": np.int64, "I32": np.int32, "BOOL": np.bool_}


def read_tensors(path):
    raw = open(path, "rb").read()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        array = np.frombuffer(raw[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


def write_tensors(path, tensors):
    header, parts, offset = {}, [], 0
    for name, value in tensors.items():
        data = np.ascontiguousarray(value, np.float32).tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(value.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        parts.append(data)
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


class Network:
    """A network as functions of its named parameters. Those ending in ".w" are dense layers,
    [inputs, outputs] in the files and the other way round here, as nn.Linear keeps them."""

    def __init__(self, about, weights, variant="default"):
        self.about = about
        self.sdpa = variant in ("sdpa", "sparse")
        self.sparse = variant == "sparse"
        self.dense = {name for name in weights if name.endswith(".w") and weights[name].dim() == 2}
        frozen = set(about.get("frozen", []))
        self.p = {}
        for name, value in weights.items():
            value = value.t().contiguous() if name in self.dense else value
            self.p[name] = value.requires_grad_(name not in frozen)
        self.buffers = {}

    def trained(self):
        return [value for value in self.p.values() if value.requires_grad]

    def result(self):
        named = {n: v.detach().t() if n in self.dense else v.detach() for n, v in self.p.items()}
        return {name: value.numpy() for name, value in named.items()}

    def loss(self, batch):
        return getattr(self, self.about["kind"].replace("-", "_"))(batch)

    def linear(self, x, name):
        y = F.linear(x, self.p[f"{name}.w"], self.p.get(f"{name}.b"))
        if f"{name}.lora.a" in self.p:
            scale = self.about["alpha"] / self.about["rank"]
            y = y + scale * ((x @ self.p[f"{name}.lora.a"]) @ self.p[f"{name}.lora.b"])
        return y

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.p[f"{name}.scale"], self.p[f"{name}.bias"], 1e-5)

    def classify(self, logits, targets):
        """Targets are a distribution a row, divided by the number of rows."""
        return -(F.log_softmax(logits, -1) * targets).sum()

    def mlp(self, batch):
        x, layers = batch["x"], len(self.about["sizes"]) - 1
        for layer in range(layers):
            x = self.linear(x, f"layer{layer}")
            if layer + 1 < layers:
                x = F.relu(x)
        if self.about["sizes"][-1] == 1:
            return F.binary_cross_entropy_with_logits(x, batch["y"])
        return self.classify(x, batch["y"])

    def two_tower(self, batch):
        users = F.normalize(self.linear(self.p["users"][batch["user"]], "user"), dim=-1)
        items = F.normalize(self.linear(self.p["items"][batch["item"]], "item"), dim=-1)
        scores = users @ items.t() / self.about["temperature"]
        return F.cross_entropy(scores, torch.arange(len(scores)))

    def attention(self, x, name, mask):
        batch, length, width = x.shape
        heads = self.about["heads"]
        split = lambda y: y.view(batch, length, heads, -1).transpose(1, 2)
        q, k, v = (split(self.linear(x, f"{name}.{part}")) for part in "qkv")
        if self.sdpa:
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            scores = q @ k.transpose(-1, -2) / (width / heads) ** 0.5 + mask
            mixed = torch.softmax(scores, -1) @ v
        return self.linear(mixed.transpose(1, 2).reshape(batch, length, width), f"{name}.o")

    def feed_forward(self, x, name, approximate):
        inner = F.gelu(self.linear(x, f"{name}.up"), approximate=approximate)
        return self.linear(inner, f"{name}.down")

    def encoder(self, batch):
        ids, inside = batch["ids"], batch["mask"]
        words = F.embedding(ids, self.p["words"], sparse=self.sparse)
        x = self.norm(words + self.p["positions"][: ids.shape[1]], "norm")
        mask = (1 - inside)[:, None, None, :] * -10000.0
        for layer in range(self.about["layers"]):
            name = f"block{layer}"
            x = self.norm(self.attention(x, name, mask) + x, f"{name}.norm1")
            x = self.norm(self.feed_forward(x, name, "none") + x, f"{name}.norm2")
        weights = inside[:, :, None]
        pooled = (x * weights).sum(1) / weights.sum(1)
        return self.classify(self.linear(pooled, "head"), batch["y"])

    def decoder(self, batch):
        ids = batch["ids"]
        length = ids.shape[1] - 1
        x = self.p["words"][ids[:, :-1]] + self.p["positions"][:length]
        mask = torch.full((length, length), -10000.0).triu(1)
        for layer in range(self.about["layers"]):
            name = f"block{layer}"
            x = x + self.attention(self.norm(x, f"{name}.norm1"), name, mask)
            x = x + self.feed_forward(self.norm(x, f"{name}.norm2"), name, "tanh")
        logits = self.norm(x, "norm") @ self.p["words"].t()
        return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))

    def cnn(self, batch):
        p = self.p
        x = F.max_pool2d(F.relu(F.conv2d(batch["x"], p["c0.k"], p["c0.b"], padding=1)), 2)
        x = F.max_pool2d(F.relu(F.conv2d(x, p["c1.k"], p["c1.b"], padding=1)), 2)
        x = F.relu(F.conv2d(x, p["c2.k"], p["c2.b"], padding=1, stride=2))
        return self.classify(self.linear(x.mean((2, 3)), "head"), batch["y"])

    def batch_norm(self, x, name):
        mean, var = (
            self.buffers.setdefault(f"{name}.{what}", torch.full((x.shape[1],), float(value)))
            for what, value in (("mean", 0), ("var", 1))
        )
        p = self.p
        return F.batch_norm(x, mean, var, p[f"{name}.scale"], p[f"{name}.bias"], training=True)

    def resnet(self, batch):
        conv = lambda x, name, stride=1: self.batch_norm(
            F.conv2d(x, self.p[f"{name}.k"], padding=self.p[f"{name}.k"].shape[2] // 2, stride=stride),
            name,
        )
        x = F.relu(conv(batch["x"], "stem"))
        for block, stride in enumerate(self.about["strides"]):
            name = f"block{block}"
            y = conv(F.relu(conv(x, f"{name}.first", stride)), f"{name}.second")
            x = F.relu(y + (conv(x, f"{name}.skip", stride) if f"{name}.skip.k" in self.p else x))
        return self.classify(self.linear(x.mean((2, 3)), "head"), batch["y"])

    def recurrent(self, batch, cell, order):
        """Weights as ONNX has them, [1, gates x hidden, inputs]; `order` is PyTorch's of gates."""
        hidden, gates, x = self.about["hidden"], len(order), batch["x"]
        reordered = lambda w: torch.cat([w[i * hidden : (i + 1) * hidden] for i in order])
        both = self.p["rnn.bias"][0]
        weights = [self.p["rnn.input"][0], self.p["rnn.state"][0]]
        weights += [both[: gates * hidden], both[gates * hidden :]]
        weights = [reordered(w) for w in weights]
        start = torch.zeros(1, x.shape[1], hidden)
        run = torch.lstm if cell == "lstm" else torch.gru
        state = (start, start) if cell == "lstm" else start
        outputs = run(x, state, weights, True, 1, 0.0, True, False, False)[0]
        return self.classify(self.linear(outputs[-1], "head"), batch["y"])

    def lstm(self, batch):
        return self.recurrent(batch, "lstm", [0, 2, 3, 1])

    def gru(self, batch):
        return self.recurrent(batch, "gru", [1, 0, 2])


def optimisers_of(network, variant):
    rate = network.about["learningRate"]
    make = torch.optim.SGD if network.about["optimiser"] == "sgd" else torch.optim.Adam
    fused = {} if variant == "default" else {"fused": True}
    if variant != "sparse":
        return [make(network.trained(), lr=rate, **fused)]
    words = network.p["words"]
    rest = [value for value in network.trained() if value is not words]
    return [make(rest, lr=rate, **fused), torch.optim.SparseAdam([words], lr=rate)]


def read_case(folder, variant="default"):
    about = json.load(open(f"{folder}/network.json"))
    network = Network(about, read_tensors(f"{folder}/weights.safetensors"), variant)
    inputs = read_tensors(f"{folder}/batches.safetensors")
    batches = [{} for _ in range(about["batches"])]
    for name, value in inputs.items():
        index, name = name.split("/", 1)
        batches[int(index)][name] = value
    optimisers = optimisers_of(network, variant)

    def step(batch):
        for optimiser in optimisers:
            optimiser.zero_grad()
        loss = network.loss(batch)
        loss.backward()
        for optimiser in optimisers:
            optimiser.step()
        return loss.item()

    return network, batches, step


def parity(folder):
    network, batches, step = read_case(folder)
    losses = np.array([step(batch) for batch in batches])
    write_tensors(f"{folder}/result.safetensors", {"losses": losses, **network.result()})


def speed(folder, variant, threads):
    torch.set_num_threads(int(threads))
    _, batches, step = read_case(folder, variant)
    for batch in batches[:3]:
        step(batch)
    print("ready", flush=True)
    for line in sys.stdin:
        steps = int(line)
        cpu, wall = time.process_time(), time.perf_counter()
        loss = sum(step(batches[i % len(batches)]) for i in range(steps)) / steps
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        each = {"wallMs": wall * 1e3 / steps, "cpuMs": cpu * 1e3 / steps, "loss": loss}
        print(json.dumps(each), flush=True)


{"parity": parity, "speed": speed}[sys.argv[1]](*sys.argv[2:])
