"""Uploads as many images as its argument says through the official SDK; calls that break on the way are repeated by
the SDK itself, those that are told to come later by us, once."""

import os
import random
import struct
import sys
import zlib

from clarifai.client.input import Inputs
from clarifai_grpc.grpc.api.status import status_code_pb2

BATCH, SIDE = 50, 64


def png(seed):
    """A picture of noise, different for each seed."""
    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(3 * SIDE) for _ in range(SIDE))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def main():
    inputs = Inputs(
        user_id=os.environ["CLARIFAI_USER_ID"],
        app_id=os.environ["CLARIFAI_APP_ID"],
        base_url=os.environ["CLARIFAI_API_BASE"],
        pat=os.environ["CLARIFAI_PAT"],
    )
    for start in range(0, int(sys.argv[1]), BATCH):
        batch = [
            inputs.get_input_from_bytes(input_id=f"image-{n}", image_bytes=png(n), labels=[f"label-{n % 7}"])
            for n in range(start, start + BATCH)
        ]
        _, response = inputs.upload_inputs(batch, show_log=False)
        if response.status.code == status_code_pb2.DATABASE_FAIL_TO_GET_CONNECTIONS:
            # Nothing was taken, or this would be told that the images are there already.
            _, response = inputs.upload_inputs(batch, show_log=False)
        if response.status.code != status_code_pb2.SUCCESS:
            sys.exit(f"batch {start}: {response.status}")


main()
