#!/usr/bin/python3
"""What a user of Captum runs once: Integrated Gradients in 50 steps of a sample, drawn as a picture.

usage: peer_oneshot.py MODEL.onnx SAMPLE.npy OUT.png THREADS
"""
import sys

import numpy as np
import onnx
import onnx2torch
import torch
from captum.attr import IntegratedGradients
from PIL import Image

path, sample, out, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
net = onnx2torch.convert(onnx.load(path)).eval()
x = torch.from_numpy(np.load(sample))
target = int(net(x).argmax())
map = IntegratedGradients(net).attribute(x, target=target, n_steps=50, internal_batch_size=8)
m = map.detach()[0].sum(0).numpy()
s = np.clip(m / (np.percentile(np.abs(m), 99) + 1e-12), -1, 1)
rgb = np.stack([1 - np.clip(-s, 0, 1), 1 - np.abs(s), 1 - np.clip(s, 0, 1)], -1)
Image.fromarray((rgb * 255).round().astype(np.uint8)).save(out)
