"""Prints the operators that have a CUDA kernel in a CUDA build of PyTorch, one a line, sorted.

    python3 dump_cuda_operators.py > cuda_operators.txt

with the wheel of LibTorch's version from the default index (2.13.0, without "+cpu"). No GPU and no
driver is needed: what is read is the table of the dispatcher. Libraries of CUDA have to load, or
something by their names: nothing of them is called.
"""

import os
import sys

sys.setdlopenflags(os.RTLD_LAZY | os.RTLD_GLOBAL)

import torch  # noqa: E402

names = torch._C._dispatch_get_registrations_for_dispatch_key("CUDA")
print(f"# LibTorch {torch.__version__}, commit {torch.version.git_version}: dispatch key CUDA")
for name in sorted(names):
    print(name)
