#!/usr/bin/python3
"""captum_methods.py MODEL.onnx PICTURE THREADS METHOD - seconds that Captum takes for an attribution.

Its modules (torch, captum, onnx2torch) are found by PYTHONPATH. The best of three calls after one
that warms up; a JSON line, "best" as the other peers of bench.sh have it."""
import json
import sys
import time

import numpy as np
import onnx
import onnx2torch
import torch
from PIL import Image
from captum.attr import DeepLift, InputXGradient, IntegratedGradients, LRP, LayerGradCam
from captum.attr._utils.lrp_rules import EpsilonRule

path, picture, threads, method = sys.argv[1:5]
torch.set_num_threads(int(threads))
net = onnx2torch.convert(onnx.load(path)).eval()
image = Image.open(picture).convert("RGB").resize((224, 224), Image.BILINEAR)
x = torch.from_numpy(np.asarray(image, dtype=np.float32) / 255).permute(2, 0, 1)[None].clone()
target = int(net(x).argmax())
convs = [m for m in net.modules() if isinstance(m, torch.nn.Conv2d)]


def lrp():
    for m in net.modules():
        if not list(m.children()):
            m.rule = EpsilonRule()
    return LRP(net).attribute(x, target=target)


run = {
    "gxi": lambda: InputXGradient(net).attribute(x.clone().requires_grad_(True), target=target),
    "ig": lambda: IntegratedGradients(net).attribute(x, target=target, n_steps=32,
                                                     method="gausslegendre", internal_batch_size=8),
    "gradcam": lambda: LayerGradCam(net, convs[-1]).attribute(x, target=target),
    "deeplift-rescale": lambda: DeepLift(net).attribute(x, target=target),
    "lrp-eps": lrp,
}[method]
run()
best = float("inf")
for _ in range(3):
    begin = time.perf_counter()
    run()
    best = min(best, time.perf_counter() - begin)
print(json.dumps({"method": method, "best": best}))
