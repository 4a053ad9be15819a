"""Rewrite an sdist without the time and the user of its build; `make dist` does so.

A wheel follows SOURCE_DATE_EPOCH by itself. Run: python tests/reproducible.py SDIST SECONDS
"""

import gzip
import io
import sys
import tarfile
from pathlib import Path


def rewrite(sdist: Path, seconds: int) -> None:
    """Give all members of an sdist one time and no owner, in the order of their names."""
    content = io.BytesIO()
    with (
        tarfile.open(sdist) as old,
        tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            member.mtime, member.pax_headers = seconds, {}
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    sdist.write_bytes(gzip.compress(content.getvalue(), mtime=seconds))


if __name__ == "__main__":
    rewrite(Path(sys.argv[1]), int(sys.argv[2]))
