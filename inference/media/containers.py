"""Kinds of sound files by their first bytes, and what the decoder may open of each.

The decoder knows hundreds of formats, among them playlists, network protocols and devices. It is told one of
these few by name, so what a file says of itself chooses no other.
"""

from __future__ import annotations

CODECS = frozenset(
    (
        *("aac", "ac3", "eac3", "alac", "amrnb", "amrwb", "flac", "gsm", "gsm_ms", "mp3", "mp3float"),
        *("opus", "vorbis", "libspeex", "speex"),
        *("g722", "g726", "adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms"),
        *("pcm_alaw", "pcm_mulaw", "pcm_s8", "pcm_u8", "pcm_s16be", "pcm_s16le", "pcm_s24be", "pcm_s24le"),
        *("pcm_s32be", "pcm_s32le", "pcm_f32be", "pcm_f32le", "pcm_f64be", "pcm_f64le"),
    )
)
"""Decoders by FFmpeg's names. None is for pictures: the film around a sound is never looked at."""
BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
"""What an MP4 file, or an old QuickTime one, may begin with behind four bytes of length."""
ID3_HEAD_BYTES = 10


def demuxer_of(data: bytes) -> str | None:
    """FFmpeg's name of the format; ``None`` for what is no sound file that is read here."""
    head = data[_tag_bytes(data) :][:16]
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[4:8] in BOXES:
        return "mov"
    names = {b"fLaC": "flac", b"OggS": "ogg", b"caff": "caf", b"#!AM": "amr", b"\x1a\x45\xdf\xa3": "matroska"}
    return names.get(head[:4]) or _mpeg(head) or ("mp3" if data[:3] == b"ID3" else None)


def _tag_bytes(data: bytes) -> int:
    """How long an ID3 tag in front is, whose size has seven bits a byte."""
    if data[:3] != b"ID3" or len(data) < ID3_HEAD_BYTES:
        return 0
    size = 0
    for byte in data[6:ID3_HEAD_BYTES]:
        size = size << 7 | byte & 0x7F
    return ID3_HEAD_BYTES + size


def _mpeg(head: bytes) -> str | None:
    """Frames without a container begin with eleven set bits; AAC's have no layer."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return "aac" if head[1] & 0xF6 == 0xF0 else "mp3"
