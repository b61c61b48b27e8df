#!/usr/bin/env python3
"""flint.py - what flint.sh measures against: data of MNIST's size, and the same fit in PyTorch.

  flint.py make DIGITS DIR                  x60k.npy, x6k.npy, labels, f.onnx and f.pt, once
  flint.py fit DIR 60k BATCH MODE THREADS   an epoch; prints wall seconds, CPU seconds, peak kB
  flint.py network DIGITS OUT.onnx          the network of the gate, trained on the digits
  flint.py floats FILE.npy FILE             the elements of an array as they are
"""
import os
import resource
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


class Predictor(nn.Module):
    """The authors' network for MNIST, without dropout."""

    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.l1, self.l2 = nn.Linear(6272, 128), nn.Linear(128, 10)

    def forward(self, x):
        z = F.relu(F.max_pool2d(self.c2(F.relu(self.c1(x))), 2))
        return self.l2(F.relu(self.l1(z.flatten(1)))), z


class Interpreter(nn.Module):
    def __init__(self, attributes=25, classes=10):
        super().__init__()
        self.conv, self.fc = nn.Conv2d(32, 64, 3, padding=1), nn.Linear(576, attributes)
        self.h, self.dfc = nn.Linear(attributes, classes), nn.Linear(attributes, 98)
        self.t1 = nn.ConvTranspose2d(2, 8, 3, 2, 1, 1)
        self.t2 = nn.ConvTranspose2d(8, 1, 3, 2, 1, 1)

    def forward(self, z):
        pooled = F.adaptive_avg_pool2d(F.relu(self.conv(z)), 3)
        phi = F.leaky_relu(self.fc(pooled.flatten(1)))
        return phi, self.h(phi), self.t2(F.relu(self.t1(self.dfc(phi).view(-1, 2, 7, 7))))


def entropy(v, dim=-1):
    log = F.log_softmax(v, dim)
    return -(log.exp() * log).sum(dim)


def augment(x, y, n, g):
    """Digits of 8 x 8 as n pictures of 28 x 28: turned, sheared, scaled, moved, a little noise."""
    index = torch.randint(0, len(x), (n,), generator=g)
    a = (torch.rand(n, generator=g) - .5) * .5
    s = 1 + (torch.rand(n, generator=g) - .5) * .3
    shift = (torch.rand(n, 2, generator=g) - .5) * .25
    shear = (torch.rand(n, generator=g) - .5) * .3
    rows = [torch.stack([torch.cos(a) * s, -torch.sin(a) * s + shear, shift[:, 0]], 1),
            torch.stack([torch.sin(a) * s, torch.cos(a) * s, shift[:, 1]], 1)]
    matrix, out = torch.stack(rows, 1), []
    x = torch.tensor(x, dtype=torch.float32)
    for i in range(0, n, 5000):
        part = slice(i, i + 5000)
        big = F.interpolate(x[index[part]], size=(28, 28), mode="bicubic", align_corners=False)
        grid = F.affine_grid(matrix[part], big.shape, align_corners=False)
        p = F.grid_sample(big.clamp(0, 1), grid, align_corners=False)
        p += torch.randn(p.shape, generator=g) * .02
        out.append((p.clamp(0, 1) * 255).round().to(torch.uint8).numpy())
    return np.concatenate(out), y[index.numpy()].astype(np.int64)


def make(digits, folder):
    if os.path.exists(f"{folder}/f.onnx"):
        return
    os.makedirs(folder, exist_ok=True)
    x, y = np.load(f"{digits}/train_x.npy"), np.load(f"{digits}/train_y.npy")
    x, y = augment(x / x.max(), y, 60000, torch.Generator().manual_seed(7))
    for name, n in (("60k", 60000), ("6k", 6000)):
        np.save(f"{folder}/x{name}.npy", x[:n])
        np.save(f"{folder}/y{name}.npy", y[:n])
    torch.manual_seed(0)
    f = Predictor()
    adam = torch.optim.Adam(f.parameters(), lr=1e-3)
    for start in range(0, 40000, 128):
        i = torch.arange(start, start + 128)
        loss = F.cross_entropy(f(torch.tensor(x[i]).float() / 255)[0], torch.tensor(y[i]))
        adam.zero_grad()
        loss.backward()
        adam.step()
    torch.save(f.state_dict(), f"{folder}/f.pt")
    torch.onnx.export(f, torch.zeros(1, 1, 28, 28), f"{folder}/f.onnx", opset_version=13,
                      input_names=["x"], output_names=["logits", "hidden"],
                      dynamic_axes={"x": {0: "N"}, "logits": {0: "N"}, "hidden": {0: "N"}})


class Small(nn.Module):
    """The network of the methods note for digits of 8 x 8."""

    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.l1, self.l2 = nn.Linear(512, 64), nn.Linear(64, 10)

    forward = Predictor.forward


def network(digits, out):
    x = torch.tensor(np.load(f"{digits}/train_x.npy"))
    y = torch.tensor(np.load(f"{digits}/train_y.npy")).long()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    order, f = torch.Generator().manual_seed(1000), Small()
    adam = torch.optim.Adam(f.parameters(), lr=1e-3)
    for _ in range(25):
        rows = torch.randperm(len(y), generator=order)
        for i in range(0, len(y) - len(y) % 32, 32):
            part = rows[i:i + 32]
            loss = F.cross_entropy(f(x[part])[0], y[part])
            adam.zero_grad()
            loss.backward()
            adam.step()
    torch.onnx.export(f, x[:1], out, opset_version=13, input_names=["x"],
                      output_names=["logits", "hidden"],
                      dynamic_axes={"x": {0: "N"}, "logits": {0: "N"}, "hidden": {0: "N"}})


def fit(folder, name, batch, mode, threads):
    torch.set_num_threads(threads)
    x, y = np.load(f"{folder}/x{name}.npy"), np.load(f"{folder}/y{name}.npy")
    torch.manual_seed(1)
    f, g, joint = Predictor(), Interpreter(), mode == "joint"
    f.load_state_dict(torch.load(f"{folder}/f.pt"))
    for p in f.parameters():
        p.requires_grad_(joint)
    adam = torch.optim.Adam([*g.parameters(), *(f.parameters() if joint else [])], lr=1e-4)
    order, agree = np.random.default_rng(0).permutation(len(x)), 0
    wall, cpu = time.time(), time.process_time()
    for i in range(0, len(x), batch):
        rows = order[i:i + batch]
        pixels = torch.from_numpy(x[rows]).float().div_(255)
        f_logits, z = f(pixels)
        phi, g_logits, recon = g(z)
        size = phi.abs()
        of = -(F.softmax(f_logits.detach(), 1) * F.log_softmax(g_logits, 1)).sum(1).mean()
        spread = entropy(size, 1).mean() - entropy(size.mean(0), 0)
        loss = .5 * of + .8 * F.mse_loss(recon, pixels) + .2 * spread + .1 * size.mean()
        if joint:
            loss = loss + F.cross_entropy(f_logits, torch.from_numpy(y[rows]))
        adam.zero_grad()
        loss.backward()
        adam.step()
        agree += int((f_logits.argmax(1) == g_logits.argmax(1)).sum())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{time.time() - wall:.3f} {time.process_time() - cpu:.3f} {peak}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(sys.argv[2], sys.argv[3])
    elif sys.argv[1:2] == ["fit"]:
        fit(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5], int(sys.argv[6]))
    elif sys.argv[1:2] == ["network"]:
        network(sys.argv[2], sys.argv[3])
    elif sys.argv[1:2] == ["floats"]:
        np.load(sys.argv[2]).astype(np.float32).tofile(sys.argv[3])
    else:
        sys.exit(__doc__)
