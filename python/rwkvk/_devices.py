"""Devices, and which of them is meant by the number or UUID that CUDA's programs, and so Ray, give a GPU."""

from __future__ import annotations

import ctypes
import os
import subprocess
from typing import Any, Mapping, Sequence

from . import _border as c
from ._library import check, library, runtime
from ._model import as_dict


def devices() -> list[dict[str, Any]]:
    """The Vulkan devices, as in rwkvk_device_info, with `type` as one of "other", "integrated", "discrete", "software". The CPU
    is always there besides, by the name "cpu"."""
    count = ctypes.c_uint32()
    check(library.rwkvk_runtime_device_count(runtime, count))
    return [_device(index) for index in range(count.value)]


def _device(index: int) -> dict[str, Any]:
    info = c.rwkvk_device_info(size=ctypes.sizeof(c.rwkvk_device_info))
    check(library.rwkvk_runtime_device_info(runtime, index, info))
    return {**as_dict(info), "type": c.DEVICE_TYPES[info.type]}


def device_of_worker() -> str | None:
    """What `device` of an engine is in a worker that Ray, or another program, gave a GPU by CUDA_VISIBLE_DEVICES, which Vulkan
    does not look at: its UUID; "cpu" where it was given none; None, the best device, where the variable is not set. For
    GPUs of other makers give `device` yourself. Errors: ValueError as device_of_cuda()."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None or not visible.strip():
        return device_of_cuda(visible, [])
    return device_of_cuda(visible, devices(), _uuids_of_driver())


def device_of_cuda(visible: str | None, devices: Sequence[Mapping[str, Any]], uuids: Sequence[str] = ()) -> str | None:
    """The UUID of the device that CUDA_VISIBLE_DEVICES is about; "cpu" for an empty one, None for None. Looks at nothing but
    its arguments. `devices`: as of devices(). `uuids`: of the driver's GPUs, in the order of their numbers; without
    them a number counts NVIDIA's devices in Vulkan's order, which workers on one machine agree on.
    Errors: ValueError for several GPUs, and for one that is not among the devices."""
    if visible is None:
        return None
    names = [name.strip() for name in visible.split(",") if name.strip()]
    if not names or names[0] in ("-1", "NoDevFiles"):  # the latter is Ray's word for none
        return "cpu"
    if len(names) > 1:
        raise _error(visible, "one GPU", f"{len(names)}: an engine takes one, so give each worker one (num_gpus=1)")
    ours = [device["uuid"] for device in devices if device["vendor"] == "NVIDIA"]
    if names[0].startswith("MIG"):
        raise _error(visible, "a whole GPU", "a part of one: switch MIG off, or name a device of devices() yourself")
    known = [_digits(uuid) for uuid in uuids] or ours
    found = [uuid for uuid in ours if uuid in _meant(names[0], known)]
    if len(found) != 1:
        listed = ", ".join(ours) or "none; is its driver for Vulkan there? (containers: NVIDIA_DRIVER_CAPABILITIES=all)"
        raise _error(visible, "one of NVIDIA's Vulkan devices", listed)
    return found[0]


def _meant(name: str, known: Sequence[str]) -> list[str]:
    """By its number, or by how its UUID begins, as CUDA takes it."""
    if name.isdigit():
        return list(known[int(name) : int(name) + 1])
    return [uuid for uuid in known if uuid.startswith(_digits(name))]


def _digits(uuid: str) -> str:
    """As Vulkan's are written: the same 16 bytes in hex."""
    return (uuid[len("GPU-") :] if uuid.startswith("GPU-") else uuid).replace("-", "").lower()


def _error(visible: str, expected: str, found: str) -> ValueError:
    return ValueError(f"CUDA_VISIBLE_DEVICES={visible}: expected {expected}, found {found}")


def _uuids_of_driver() -> list[str]:
    """By number, as NVIDIA's own program lists them; none where there is no such program."""
    command = ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"]
    try:
        return subprocess.run(command, check=True, capture_output=True, encoding="utf-8", timeout=60).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return []
