"""What a libyal library reads of an image: the size of the medium and its SHA-256.

usage: libyal.py vhdi|vmdk|qcow FILE
Needs Debian's python3-libvhdi, python3-libvmdk and python3-libqcow.
"""
import hashlib, sys

kind, file = sys.argv[1:]
if kind == "vmdk":
    import pyvmdk

    handle = pyvmdk.handle()
    handle.open(file)
    handle.open_extent_data_files()
else:
    handle = __import__("py" + kind).file()
    handle.open(file)
size = handle.get_media_size()
digest, left = hashlib.sha256(), size
while left > 0 and (piece := handle.read(min(left, 1 << 20))):
    digest.update(piece)
    left -= len(piece)
print(size - left, digest.hexdigest())
