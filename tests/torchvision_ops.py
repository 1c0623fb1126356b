"""Makes torchvision importable beside a torch that its compiled part was not made for, such as the CPU build.

That part holds operations on boxes, which no processor calls; they are declared, and would fail if called.
"""

import sys

import torch

OPERATIONS = (
    *("nms", "qnms", "roi_align", "qroi_align", "_roi_align_backward", "roi_pool", "_roi_pool_backward"),
    *("ps_roi_align", "_ps_roi_align_backward", "ps_roi_pool", "_ps_roi_pool_backward"),
    *("deform_conv2d", "_deform_conv2d_backward"),
)
_declared = torch.library.Library("torchvision", "FRAGMENT")

try:
    import torchvision
except RuntimeError as error:
    if "torchvision::" not in str(error):
        raise
    for module in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[module]
    for operation in OPERATIONS:
        _declared.define(f"{operation}(Tensor x) -> Tensor")
    import torchvision

__all__ = ["torchvision"]
