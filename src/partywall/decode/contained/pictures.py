"""Barcodes and metadata of images: Pillow and zxing. Runs in the child."""

from __future__ import annotations

import base64
import io
import warnings
from typing import TYPE_CHECKING, Any

import zxingcpp
from PIL import ExifTags, Image, ImageOps, ImageSequence, TiffImagePlugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from partywall.decode.contained.wire import Answer
    from partywall.decode.limits import Limits

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "MPO")
# What one frame may take: decoded, in grey, and what zxing makes of it, about 8 bytes a pixel.
FRAME_PIXELS_MAX = 12_000_000
_SKIPPED = frozenset({"version", "icc_profile", "background", "palette", "transparency"})

Image.MAX_IMAGE_PIXELS = None  # bounded below, by an answer instead of a warning
warnings.simplefilter("ignore")


def barcodes(image: Image.Image, place: str) -> Iterator[Answer]:
    """What each code in a grey image says: as text, and its bytes where they are not that text."""
    for number, code in enumerate(zxingcpp.read_barcodes(image), start=1):
        where = f"{place}/{code.format.name} {number}"
        yield "shown", where, code.text, ["barcode"], "barcode"
        if code.bytes and code.bytes != code.text.encode("utf-8", "replace"):
            yield "nested", where, base64.b64encode(code.bytes).decode(), ["barcode"], "barcode"


def image_parts(data: bytes, limits: Limits) -> Iterator[Answer]:
    """Metadata of an image, and the barcodes of its frames."""
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except MemoryError:
        raise
    except Exception as error:
        yield "unseen", "", f"image that can't be read: {type(error).__name__}", [], ""
        return
    yield from _metadata(image.info, "")
    if image.width * image.height > FRAME_PIXELS_MAX:
        size = f"{image.width} x {image.height}"
        yield "unseen", "", f"barcodes, and what follows the pixels: {size} of them are too many", [], ""
        return
    pixels = limits.pixels
    frame_number = 0
    try:
        for frame_number, frame in enumerate(ImageSequence.Iterator(image)):
            place = f"/frame {frame_number + 1}" if frame_number else ""
            pixels -= frame.width * frame.height
            if pixels < 0 or frame.width * frame.height > FRAME_PIXELS_MAX:
                yield "unseen", place, f"barcodes from this frame on: over {limits.pixels} pixels", [], ""
                break
            grey = _grey(frame)
            yield from barcodes(grey, place)
        # Chunks that follow the pixels are known by now.
        yield from _metadata({**image.info, **getattr(image, "text", {})}, "")
        yield from _exif(image)
    except MemoryError:
        raise
    except Exception as error:
        yield "unseen", f"/frame {frame_number + 1}", f"image that can't be read: {type(error).__name__}", [], ""


def _grey(frame: Image.Image) -> Image.Image:
    """Grey on white: what is transparent is paper."""
    if "A" in frame.getbands() or "transparency" in frame.info:
        rgba = frame.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, "white")
        paper.alpha_composite(rgba)
        frame = paper
    return ImageOps.grayscale(frame)


def _metadata(info: dict[Any, Any], place: str) -> Iterator[Answer]:
    for key, value in info.items():
        if key not in _SKIPPED:
            yield "shown", f"{place}/{key}", str(key), ["key"], ""
            yield from _value(value, f"{place}/{key}")


def _exif(image: Image.Image) -> Iterator[Answer]:
    exif = image.getexif()
    directories = {"exif": dict(exif)}
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo, ExifTags.IFD.Interop, ExifTags.IFD.IFD1):
        directories[directory.name] = exif.get_ifd(directory)
    for name, tags in directories.items():
        for tag, value in tags.items():
            label = ExifTags.TAGS.get(tag) or ExifTags.GPSTAGS.get(tag) or str(tag)
            yield from _value(value, f"/{name}/{label}")


def _value(value: Any, place: str) -> Iterator[Answer]:
    if isinstance(value, bytes):
        # EXIF's UserComment says its charset in 8 bytes; Windows' XP tags are UTF-16.
        if value[:8] in (b"ASCII\0\0\0", b"UNICODE\0"):
            value = value[8:]
        yield "nested", place, base64.b64encode(value).decode(), [], ""
    elif isinstance(value, str):
        yield "shown", place, value, [], ""
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _value(inner, f"{place}/{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _value(inner, f"{place}/{index}")
    elif isinstance(value, int | float | TiffImagePlugin.IFDRational):
        yield "shown", place, str(value), [], ""
