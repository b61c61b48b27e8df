#!/usr/bin/python3
"""Shapley interaction of order 2 by shapiq, once, as one whole process; the time within it on stdout.

usage: peer_shapiq.py MODELS PEERS exact|KernelSHAPIQ|SVARMIQ THREADS BUDGET
MODELS has mlp12.pt and mlp30.pt, PEERS the export_models.py that made them.
"""
import json, os, sys, time

models, peers, what, threads, budget = sys.argv[1:]
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = threads
sys.path.insert(0, peers)
import numpy as np
import shapiq, torch
import shapiq.approximator
import export_models

torch.set_num_threads(int(threads))
name = "mlp12" if what == "exact" else "mlp30"
net, x = export_models.make(name)
net.load_state_dict(torch.load(f"{models}/{name}.pt"))
n = x.shape[1]
x = torch.tensor([(7 * i + 3) % 10 / 10 + 0.05 for i in range(n)], dtype=torch.float32)


def game(sets):
    with torch.no_grad():
        rows = torch.from_numpy(np.atleast_2d(np.asarray(sets, dtype=np.float32)))
        return net(rows * x)[:, 0].numpy().astype(float)


start = time.perf_counter()
if what == "exact":
    got = shapiq.ExactComputer(n_players=n, game=game)("SII", order=2)
else:
    kind = getattr(shapiq.approximator, what)
    got = kind(n, max_order=2, index="SII", random_state=0).approximate(int(budget), game)
print(json.dumps(dict(seconds=time.perf_counter() - start, pair=float(got[(0, 1)]))))
