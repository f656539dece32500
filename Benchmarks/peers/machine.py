"""What the peers need of the machine: packages, compilers, Python's venv, Node, and how programs are run."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / ".build" / "peers"
VENV = WORK / "venv"
PYPI = {
    "msgspec": "msgspec", "orjson": "orjson", "picows": "picows", "websockets": "websockets", "uvloop": "uvloop",
    "tastytrade": "tastytrade==13.2.3", "pyarrow": "pyarrow", "polars": "polars", "duckdb": "duckdb",
    "numpy": "numpy",
}
FLAGS = ["-std=c++17", "-O3", "-DNDEBUG"]
NATIVE = "-march=native"
# Programs of other schemas that are kept for the next time, for each source.
KEPT_PROGRAMS = 6
RUN_LIMIT_SECONDS = 900


class Missing(Exception):
    """A peer cannot take part; the text says why."""


class Failed(Exception):
    """A contender did something wrong."""


def run(command, limit=RUN_LIMIT_SECONDS, cwd=ROOT):
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=limit, cwd=cwd)
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-12:]
        raise Failed(f"{' '.join(words)} ended with {done.returncode}: " + "\n".join(last))
    return done.stdout


def figures(command):
    """The JSON object that a contender prints last."""
    return json.loads(run(command).strip().splitlines()[-1])


def prepare(*packages):
    done = subprocess.run([ROOT / "tools/prepare", *packages], capture_output=True, text=True)
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith(("E:", "prepare:"))]
        raise Missing(f"apt cannot install {' '.join(packages)}: " + "; ".join(lines[-2:]))


def has(program):
    return subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True).returncode == 0


def version(command):
    try:
        return re.search(r"\d+(\.\d+)+", run(command)).group()
    except (Failed, OSError, AttributeError):
        return "?"


# MARK: C++


def compilers():
    """Names of C++ compilers that can build a program here, and why others cannot."""
    found, reasons = [], {}
    for name, package in ("g++", "g++"), ("clang++", "clang"):
        try:
            if not has(name):
                prepare(package)
            source = WORK / "hello.cpp"
            text = ("#include <string>\nint main(int n, char **) "
                    "{ return int(std::string(size_t(n), 120).size()) - n; }\n")
            source.write_text(text)
            run([name, *FLAGS, NATIVE, source, "-o", WORK / "hello"])
            found.append(name)
        except (Missing, Failed) as reason:
            reasons[name] = str(reason)
    return found, reasons


def compile_cpp(source, compiler, schema_folder=None, defines=(), libraries=(), flags=(NATIVE,)):
    """Gives the program; builds it when a source, the schema or the command has changed."""
    folder = HERE / "cpp"
    name = "-".join([source, compiler, *(d.removeprefix("-D").replace("=", "-") for d in defines)])
    includes = [f"-I{folder}", *([f"-I{schema_folder}"] if schema_folder else [])]
    command = [compiler, *FLAGS, *flags, *defines, *includes, folder / f"{source}.cpp"]
    shown = [word for word in map(str, command) if not word.startswith("-I")]
    digest = hashlib.sha256(" ".join([*shown, *map(str, libraries)]).encode())
    headers = [*sorted(folder.glob("*.hpp")), schema_folder / "schema.hpp"] if schema_folder else []
    for path in [folder / f"{source}.cpp", *headers]:
        digest.update(path.read_bytes())
    program = WORK / f"{name}-{digest.hexdigest()[:12]}"
    if not program.exists():
        print(f"  building {name}", file=sys.stderr, flush=True)
        older = sorted(WORK.glob(f"{name}-" + "?" * 12), key=lambda path: path.stat().st_mtime)
        for old in older[: max(0, len(older) - KEPT_PROGRAMS + 1)]:
            old.unlink()
        run([*command, "-o", program, *libraries])
    return program


# MARK: Python


def venv_python():
    python = VENV / "bin" / "python"
    if not python.exists():
        try:
            run([sys.executable, "-m", "venv", "--clear", VENV])
        except Failed as reason:
            raise Missing(f"python3 -m venv failed: {reason}") from None
    return python


def pip_install(*packages):
    """Into the venv; a stamp for each spares the look at PyPI the next time."""
    python = venv_python()
    for package in packages:
        stamp = VENV / f"has-{PYPI[package]}"
        if stamp.exists():
            continue
        try:
            run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYPI[package]])
        except Failed as reason:
            raise Missing(f"pip cannot install {PYPI[package]}: {str(reason).splitlines()[-1]}") from None
        stamp.touch()
    return python


def pip_version(package):
    program = f"from importlib.metadata import version; print(version('{package}'))"
    return version([VENV / "bin" / "python", "-c", program])


# MARK: Node


def node_words(implementation):
    """How to start Node so that it has that WebSocket."""
    if not has("node"):
        prepare("nodejs")
    if implementation == "ws":
        if not Path("/usr/share/nodejs/ws").exists():
            prepare("node-ws")
        return ["node"]
    for flags in [], ["--experimental-websocket"]:
        test = "process.exit(typeof WebSocket === 'function' ? 0 : 1)"
        if subprocess.run(["node", *flags, "-e", test], capture_output=True).returncode == 0:
            return ["node", "--no-warnings", *flags]
    raise Missing(f"node {version(['node', '--version'])} has no WebSocket of its own")


def environment():
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "?")
    return {
        "cpu": model, "cores": os.cpu_count(), "load": os.getloadavg()[0],
        "kernel": os.uname().release,
        "g++": version(["g++", "--version"]) if has("g++") else None,
        "clang++": version(["clang++", "--version"]) if has("clang++") else None,
        "simdjson": version(["dpkg-query", "-W", "-f=${Version}", "libsimdjson-dev"]),
        "boost": version(["dpkg-query", "-W", "-f=${Version}", "libboost-dev"]),
        "rapidjson": version(["dpkg-query", "-W", "-f=${Version}", "rapidjson-dev"]),
        "node": version(["node", "--version"]) if has("node") else None,
        "python": version([sys.executable, "--version"]),
        **{package: pip_version(package) for package in PYPI if (VENV / f"has-{PYPI[package]}").exists()},
    }
