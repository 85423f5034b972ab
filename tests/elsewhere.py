"""A device that computes on the CPU but is none to torch: tensors of the two cannot meet but by a copy from one to the other.

On a machine without a GPU it stands for one: what runs here with the right numbers leaves no tensor where it does not belong. A view
of a view may be a copy here, so that it is no device for code that writes into such.
"""

import os
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch.utils import backend_registration
from torch.utils._pytree import tree_map

NAME, ASKED = "elsewhere", "COGMETA_ELSEWHERE"
HERE = [NAME] if ASKED in os.environ else ["plain", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU"))]
"""Where tests compute: on the CPU by plain steps and on a GPU, where there is one; in a process of its own on this device."""

_NUMBERS: dict[int, torch.Tensor] = {}
_KEPT: list[Any] = []


def install() -> None:
    """Let torch know the device; before anything goes backward in this process."""
    if not _KEPT:
        backend_registration._setup_privateuseone_for_python_backend(NAME)
        _KEPT.append(torch.library.Library("_", "IMPL"))
        _KEPT[0].fallback(_compute, "PrivateUse1")


def run_tests(path: str) -> None:
    """Run the tests of a file on this device, in a process of its own; skip where torch is too old to be told of it."""
    if not hasattr(backend_registration, "_setup_privateuseone_for_python_backend"):
        pytest.skip("torch is too old for devices written in Python")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-k", NAME, path]
    found = subprocess.run(command, env={**os.environ, ASKED: "1"}, capture_output=True, text=True, check=False)
    assert found.returncode == 0 and "passed" in found.stdout, found.stdout + found.stderr


def _compute(operation: Any, *given: Any, **named: Any) -> Any:
    """Do any operation of torch on the numbers of tensors that are there."""
    name = operation._schema.name
    if name == "aten::_copy_from":
        source, target = (_numbers_of(one) if _is_there(one) else one for one in given[:2])
        target.copy_(source)
        return given[1]
    if name in ("aten::as_strided", "aten::_reshape_alias"):
        return _put(_strided(_numbers_of(given[0]), *given[1:]))
    if name == "aten::view":
        return _put(_numbers_of(given[0]).reshape(given[1]))
    found = operation(*tree_map(_numbers_of, given), **tree_map(_numbers_of, named))
    if operation._schema.is_mutable:
        changed = named.get("out", given[0])
        if changed.shape != _numbers_of(changed).shape:  # made for the result, of no size yet
            changed.data = _put(_numbers_of(changed))
        return changed if operation._schema.returns else None
    return tree_map(_put, found)


def _is_there(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.device.type == NAME


def _numbers_of(value: Any) -> Any:
    if isinstance(value, torch.device):
        return torch.device("cpu")
    if _is_there(value):
        numbers = _NUMBERS[value.untyped_storage()._cdata]
        return numbers if numbers.shape == value.shape or numbers.numel() != value.numel() else numbers.reshape(value.shape)
    if isinstance(value, torch.Tensor) and value.ndim:
        raise RuntimeError(f"a tensor of the CPU, {tuple(value.shape)}, meets one of another device")
    return value


def _put(value: Any) -> Any:
    """Return the stand-in of a tensor; torch takes all of them for contiguous, which their numbers need not be."""
    if not isinstance(value, torch.Tensor):
        return value
    stand_in = torch._C._acc.create_empty_tensor(tuple(value.shape), value.dtype)
    _NUMBERS[stand_in.untyped_storage()._cdata] = value
    return stand_in


def _strided(numbers: torch.Tensor, size: list[int], stride: list[int], first: int | None = None) -> torch.Tensor:
    """Return a view, given strides of a contiguous tensor; of numbers that are not contiguous, a copy."""
    numbers = numbers.contiguous()
    return numbers.as_strided(size, stride, numbers.storage_offset() + (first or 0))


if ASKED in os.environ:
    install()
