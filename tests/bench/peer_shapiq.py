#!/usr/bin/python3
"""A timer (see timer.h) of Shapley interactions of order 2 by shapiq, of a network of elements.

usage: peer_shapiq.py MODEL.onnx SAMPLE.npy THREADS exact|KernelSHAPIQ|SVARMIQ [BUDGET]
With --once before the model it works once, as a process that a user would run.
"""
import sys

import numpy as np
import onnx
import onnx2torch
import shapiq
import shapiq.approximator
import torch

from peer_timer import serve

once = sys.argv[1] == "--once"
path, sample, threads, what, *budget = sys.argv[2 if once else 1:]
torch.set_num_threads(int(threads))
net = onnx2torch.convert(onnx.load(path)).eval()
x = torch.from_numpy(np.load(sample))
n = x.shape[1]


def game(sets):
    with torch.no_grad():
        rows = torch.from_numpy(np.atleast_2d(np.asarray(sets, dtype=np.float32)))
        return net(rows * x)[:, 0].numpy().astype(float)


def work():
    if what == "exact":
        return shapiq.ExactComputer(n_players=n, game=game)("SII", order=2)
    kind = getattr(shapiq.approximator, what)
    return kind(n, max_order=2, index="SII", random_state=0).approximate(int(budget[0]), game)


if once:
    work()
else:
    serve(work)
