"""Asks the package index whether a pinned package has a known vulnerability; says so when it cannot be asked.

Ends with 1 only when one was found.
"""

from __future__ import annotations

import json
import subprocess
import sys


def main() -> int:
    command = [sys.executable, "-m", "pip_audit", "--requirement", "requirements.txt", "--require-hashes"]
    command += ["--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=180)
        packages = json.loads(asked.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        print("Audit: the package index could not be asked for known vulnerabilities; nothing was checked.")
        return 0
    asked_about = [package for package in packages if "skip_reason" not in package]
    found = [(package["name"], flaw["id"]) for package in packages for flaw in package.get("vulns", [])]
    for name, flaw in found:
        print(f"Audit: {name} has {flaw}")
    unknown = (
        f" The index did not know {len(packages) - len(asked_about)} more." if len(asked_about) < len(packages) else ""
    )
    if not asked_about:
        print("Audit: the package index answers no questions about vulnerabilities here; nothing was checked.")
        return 0
    print(f"Audit: {len(asked_about)} packages, {len(found)} known vulnerabilities.{unknown}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
