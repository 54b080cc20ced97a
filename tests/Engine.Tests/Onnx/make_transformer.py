#!/usr/bin/python3
"""Makes a small causal language model from seeded weights, exports it with torch, and notes what torch computes with it.

Writes beside itself: transformer.onnx, and as .npy the tokens of 64 records (tokens, offsets), the last hidden state of every
token (hidden), four poolings of each record (pooled: weighted mean, mean, last, first) and each record's mean negative
log-likelihood (losses; 0 for a record of one token, which predicts nothing). Needs Debian's python3-torch 1.13 and nothing else.
SplitMix64 draws the weights, so TinyTransformer.cs can draw the same ones without reading a file.
"""
import os
import struct

import numpy
import torch

VOCABULARY, DIM, HEADS, LAYERS, INNER, EPSILON, BASE, SEED = 320, 32, 4, 2, 64, 1e-5, 10000.0, 20250301
RECORDS = 64


class Draw:
    """Uniform numbers in [-1, 1), multiples of 2^-23."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) >> 40) / (1 << 23) - 1

    def tensor(self, scale, *shape, around=0.0):
        count = 1
        for length in shape:
            count *= length
        values = [struct.unpack("f", struct.pack("f", around + scale * self.next()))[0] for _ in range(count)]
        return torch.nn.Parameter(torch.tensor(values, dtype=torch.float32).reshape(shape))


class Layer(torch.nn.Module):
    def __init__(self, draw):
        super().__init__()
        self.attention_gain = draw.tensor(0.25, DIM, around=1.0)
        self.query, self.key, self.value, self.output = (draw.tensor(0.25, DIM, DIM) for _ in range(4))
        self.inner_gain = draw.tensor(0.25, DIM, around=1.0)
        self.gate, self.up = draw.tensor(0.25, DIM, INNER), draw.tensor(0.25, DIM, INNER)
        self.down = draw.tensor(0.25, INNER, DIM)

    def forward(self, x, cosine, sine, bias):
        normed = normalise(x, self.attention_gain)
        query, key = rotate(heads(normed @ self.query), cosine, sine), rotate(heads(normed @ self.key), cosine, sine)
        weights = torch.softmax(query @ key.transpose(2, 3) * (DIM // HEADS) ** -0.5 + bias, dim=-1)
        mixed = (weights @ heads(normed @ self.value)).transpose(1, 2)
        x = x + mixed.reshape(x.shape[0], x.shape[1], DIM) @ self.output
        normed = normalise(x, self.inner_gain)
        gate = normed @ self.gate
        return x + (gate * torch.sigmoid(gate) * (normed @ self.up)) @ self.down


class Transformer(torch.nn.Module):
    """Pre-norm, RMSNorm, rotary positions, SwiGLU; positions count real tokens, so padding may stand on either side."""

    def __init__(self):
        super().__init__()
        draw = Draw(SEED)
        self.embedding = draw.tensor(1.0, VOCABULARY, DIM)
        self.layers = torch.nn.ModuleList(Layer(draw) for _ in range(LAYERS))
        self.gain = draw.tensor(0.25, DIM, around=1.0)
        self.head = draw.tensor(0.5, DIM, VOCABULARY)
        half = DIM // HEADS // 2
        self.register_buffer("rates", torch.tensor([BASE ** (-i / half) for i in range(half)], dtype=torch.float32))

    def forward(self, input_ids, attention_mask):
        x = self.embedding[input_ids]
        positions = torch.clamp(torch.cumsum(attention_mask, dim=1) - 1, min=0)
        angles = (positions.to(torch.float32).unsqueeze(2) * self.rates).unsqueeze(1)
        places = torch.cumsum(torch.ones_like(attention_mask), dim=1)
        visible = (places.unsqueeze(1) <= places.unsqueeze(2)) & (attention_mask.unsqueeze(1) > 0)
        bias = (1.0 - visible.to(torch.float32)).unsqueeze(1) * -1e9
        for layer in self.layers:
            x = layer(x, torch.cos(angles), torch.sin(angles), bias)
        hidden = normalise(x, self.gain)
        return hidden @ self.head, hidden


def normalise(x, gain):
    return x / torch.sqrt((x * x).mean(dim=-1, keepdim=True) + EPSILON) * gain


def heads(x):
    return x.reshape(x.shape[0], x.shape[1], HEADS, DIM // HEADS).transpose(1, 2)


def rotate(x, cosine, sine):
    half = DIM // HEADS // 2
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


def pad(records):
    longest = max(map(len, records))
    ids = torch.tensor([record + [0] * (longest - len(record)) for record in records])
    mask = torch.tensor([[1] * len(record) + [0] * (longest - len(record)) for record in records])
    return ids, mask


def loss(logits, record):
    if len(record) == 1:
        return 0.0
    chosen = torch.log_softmax(logits[: len(record) - 1].double(), dim=-1)
    return -chosen[torch.arange(len(record) - 1), torch.tensor(record[1:])].mean().item()


def main():
    torch.manual_seed(0)
    folder = os.path.dirname(os.path.abspath(__file__))
    model = Transformer().eval()
    random = numpy.random.RandomState(7)
    lengths = [1, 64, 2, 3] + [int(random.randint(1, 40)) for _ in range(RECORDS - 4)]
    records = [random.randint(0, VOCABULARY, size=length).tolist() for length in lengths]

    with torch.no_grad():
        alone = [model(*pad([record])) for record in records]
        logits, hidden = model(*pad(records))
        apart = max((hidden[i, : len(record)] - alone[i][1][0]).abs().max().item() for i, record in enumerate(records))
        wide = Transformer().double().eval()(*pad(records))[1]
        rounding = max((wide[i, : len(record)] - alone[i][1][0]).abs().max().item() for i, record in enumerate(records))
        print(f"torch {torch.__version__}: a padded batch differs by {apart:.1e} from single records, float32 by {rounding:.1e} from float64")

    states = [alone[i][1][0] for i in range(RECORDS)]
    ranks = [torch.arange(1, len(record) + 1, dtype=torch.float32).unsqueeze(1) for record in records]
    pooled = torch.stack([
        torch.stack([(rank * state).sum(0) / rank.sum() for rank, state in zip(ranks, states)]),
        torch.stack([state.mean(0) for state in states]),
        torch.stack([state[-1] for state in states]),
        torch.stack([state[0] for state in states]),
    ])
    save = lambda name, values: numpy.save(os.path.join(folder, f"transformer-{name}.npy"), values)
    save("tokens", numpy.array([token for record in records for token in record], dtype=numpy.int64))
    save("offsets", numpy.cumsum([0] + lengths).astype(numpy.int64))
    save("hidden", torch.cat(states).numpy())
    save("pooled", pooled.numpy())
    save("losses", numpy.array([loss(alone[i][0][0], record) for i, record in enumerate(records)]))

    torch.onnx.export(
        model, pad(records[:3]), os.path.join(folder, "transformer.onnx"), opset_version=17,
        input_names=["input_ids", "attention_mask"], output_names=["logits", "last_hidden_state"],
        dynamic_axes={name: {0: "batch", 1: "sequence"} for name in ("input_ids", "attention_mask", "logits", "last_hidden_state")})


if __name__ == "__main__":
    main()
