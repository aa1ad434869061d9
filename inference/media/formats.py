"""Names of the file formats that are read, for messages and descriptions."""

SOUND = "WAV, FLAC, MP3, AAC, M4A, MP4, 3GP, WebM, OGG, AMR, AIFF or CAF"
PICTURES = "PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF or HEIC"
