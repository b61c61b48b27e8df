#!/usr/bin/python3
"""A timer (see timer.h) of PyTorch and functorch.

usage: peer_torch.py MODEL.onnx BATCH THREADS WHAT SHAPE
WHAT is forward, grad (forward and gradient in the input), hvp (and a product of the Hessian with a
vector), hessian (of BATCH rows) or third; SHAPE is that of one sample, as 3,224,224.
"""
import sys

import onnx
import onnx2torch
import torch

from peer_timer import serve

path, batch, threads, what, shape = sys.argv[1:]
batch, shape = int(batch), [int(n) for n in shape.split(",")]
torch.set_num_threads(int(threads))
net = onnx2torch.convert(onnx.load(path)).eval()
for p in net.parameters():
    p.requires_grad_(False)
x = torch.rand(batch, *shape, generator=torch.Generator().manual_seed(1))
v = torch.rand(batch, *shape, generator=torch.Generator().manual_seed(2))


def forward():
    with torch.no_grad():
        return net(x)


def grad(curved=False):
    y = x.clone().requires_grad_(True)
    return y, torch.autograd.grad(net(y)[:, 0].sum(), y, create_graph=curved)[0]


def hvp():
    y, g = grad(True)
    return torch.autograd.grad((g * v).sum(), y)[0]


def whole(*wrappers):
    """The whole tensor of derivatives at each row."""
    f = lambda z: net(z[None]).sum()
    for w in wrappers:
        f = w(f)
    from functorch import vmap
    return lambda: vmap(f)(x) if batch > 1 else f(x[0])


if what in ("hessian", "third"):
    from functorch import jacfwd, jacrev
    work = whole(jacrev, jacfwd, jacfwd) if what == "third" else whole(jacrev, jacfwd)
else:
    work = {"forward": forward, "grad": grad, "hvp": hvp}[what]
serve(work)
