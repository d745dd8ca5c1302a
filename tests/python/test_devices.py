"""Devices, and which of them CUDA_VISIBLE_DEVICES is about."""

import json
import os
import unittest
from unittest import mock

import rwkvk
from rwkvk import _devices
from support import program

FIRST, SECOND = "8c7f0a1b2c3d4e5f60718293a4b5c6d7", "8c99aabbccddeeff0011223344556677"
DEVICES = [
    {"vendor": "Mesa", "uuid": "6d65736132322e332e36000000000000"},
    {"vendor": "NVIDIA", "uuid": FIRST},
    {"vendor": "NVIDIA", "uuid": SECOND},
]
AS_CUDA = ["GPU-" + "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:])) for uuid in (FIRST, SECOND)]


class CudaTest(unittest.TestCase):
    def test_none_and_the_cpu(self):
        self.assertIsNone(rwkvk.device_of_cuda(None, DEVICES))
        for visible in ("", " ", "-1", "NoDevFiles"):
            self.assertEqual(rwkvk.device_of_cuda(visible, DEVICES), "cpu")

    def test_by_number(self):
        self.assertEqual([rwkvk.device_of_cuda(number, DEVICES) for number in "01"], [FIRST, SECOND])
        turned = AS_CUDA[::-1]  # the driver's order, which need not be Vulkan's
        self.assertEqual([rwkvk.device_of_cuda(number, DEVICES, turned) for number in "01"], [SECOND, FIRST])

    def test_by_uuid(self):
        for uuids in ([], AS_CUDA):
            self.assertEqual(rwkvk.device_of_cuda(AS_CUDA[1], DEVICES, uuids), SECOND)
            self.assertEqual(rwkvk.device_of_cuda("GPU-8c7f", DEVICES, uuids), FIRST)  # CUDA takes beginnings

    def test_what_is_not_there_is_refused(self):
        def refused(pattern, *arguments):
            with self.assertRaisesRegex(ValueError, pattern):
                rwkvk.device_of_cuda(*arguments)

        refused("^CUDA_VISIBLE_DEVICES=2: expected one of NVIDIA's Vulkan devices, found " + FIRST, "2", DEVICES)
        refused("found none; is its driver for Vulkan there", "0", DEVICES[:1])
        refused("found none; is its driver", "0", DEVICES[:1], AS_CUDA)
        refused("NVIDIA's Vulkan devices", "GPU-8c", DEVICES)  # either of them
        refused("NVIDIA's Vulkan devices", "1", DEVICES[:2], AS_CUDA)  # another than the one that Vulkan knows
        refused("expected one GPU, found 2: .*num_gpus=1", "0,1", DEVICES)
        refused("MIG", "MIG-8c7f0a1b-2c3d-4e5f-6071-8293a4b5c6d7", DEVICES)

    def test_of_a_worker(self):
        def device(visible):
            with mock.patch.dict(os.environ), mock.patch.object(_devices, "devices", lambda: DEVICES):
                os.environ.pop("CUDA_VISIBLE_DEVICES", None)
                if visible is not None:
                    os.environ["CUDA_VISIBLE_DEVICES"] = visible
                with mock.patch.object(_devices, "_uuids_of_driver", lambda: AS_CUDA[::-1]):
                    return rwkvk.device_of_worker()

        self.assertEqual([device(None), device(""), device("0"), device("1")], [None, "cpu", SECOND, FIRST])

    def test_without_the_drivers_program(self):
        with mock.patch.dict(os.environ, PATH=""):
            self.assertEqual(_devices._uuids_of_driver(), [])


class DevicesTest(unittest.TestCase):
    def test_are_the_programs(self):
        said = [device for device in json.loads(program("devices", "--json", device=None)) if device["name"] != "cpu"]
        for device in said:
            del device["properties"]
        self.assertEqual(rwkvk.devices(), said)
