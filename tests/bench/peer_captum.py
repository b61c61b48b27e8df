#!/usr/bin/python3
"""A timer (see timer.h) of the attributions that Captum makes.

usage: peer_captum.py MODEL.onnx SAMPLE.npy THREADS METHOD
"""
import sys

import numpy as np
import onnx
import onnx2torch
import torch
from captum.attr import DeepLift, InputXGradient, IntegratedGradients, LRP, LayerGradCam
from captum.attr._utils.lrp_rules import EpsilonRule

from peer_timer import serve

path, sample, threads, method = sys.argv[1:]
torch.set_num_threads(int(threads))
net = onnx2torch.convert(onnx.load(path)).eval()
x = torch.from_numpy(np.load(sample))
target = int(net(x).argmax())
convs = [m for m in net.modules() if isinstance(m, torch.nn.Conv2d)]


def lrp():
    for m in net.modules():
        if not list(m.children()):
            m.rule = EpsilonRule()
    return LRP(net).attribute(x, target=target)


serve({
    "gxi": lambda: InputXGradient(net).attribute(x.clone().requires_grad_(True), target=target),
    "ig": lambda: IntegratedGradients(net).attribute(x, target=target, n_steps=32,
                                                     method="gausslegendre", internal_batch_size=8),
    "gradcam": lambda: LayerGradCam(net, convs[-1]).attribute(x, target=target),
    "deeplift-rescale": lambda: DeepLift(net).attribute(x, target=target),
    "lrp-eps": lrp,
}[method])
