#!/usr/bin/env python3
"""Writes a TorchScript archive by hand, without PyTorch: torch_script.py FILE STATEMENT...

The statements are the body of forward(self, x: Tensor), one to an argument; `setstate` in front of
them makes them the body of __setstate__(self, state: int), which runs when the file is loaded."""
import sys
import zipfile

path, statements = sys.argv[1], sys.argv[2:]
on_load = statements[:1] == ["setstate"]
body = "".join(f"    {line}\n" for line in (statements[1:] if on_load else statements))
code = (
    "class Hostile(Module):\n"
    "  __parameters__ = []\n"
    "  __buffers__ = []\n"
    "  training : bool\n"
    "  def forward(self: __torch__.Hostile,\n"
    "    x: Tensor) -> Tensor:\n"
)
if on_load:
    code += (
        "    return torch.mean(x, [2, 3])\n"
        "  def __getstate__(self: __torch__.Hostile) -> int:\n"
        "    return 1\n"
        "  def __setstate__(self: __torch__.Hostile,\n"
        "    state: int) -> NoneType:\n" + body + "    self.training = False\n    return None\n"
    )
    state = b"K\x01"
else:
    code += body
    state = b"}(X\x08\0\0\0training\x89u"

with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
    archive.writestr("hostile/data.pkl", b"\x80\x02c__torch__\nHostile\n)\x81" + state + b"b.")
    archive.writestr("hostile/code/__torch__.py", code)
    archive.writestr("hostile/constants.pkl", b"\x80\x02).")
    archive.writestr("hostile/version", "3\n")
