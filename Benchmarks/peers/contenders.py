"""Who takes part: each peer with what it needs, how it is built, and how it is run."""

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import recording as recordings

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / ".build" / "peers"
VENV = WORK / "venv"
PYPI = {
    "msgspec": "msgspec", "orjson": "orjson", "picows": "picows", "websockets": "websockets", "uvloop": "uvloop",
    "tastytrade": "tastytrade==13.2.3",
}
FLAGS = ["-std=c++17", "-O3", "-DNDEBUG", "-march=native"]
RUN_LIMIT_SECONDS = 900


class Missing(Exception):
    """A peer cannot take part; the text says why."""


class Failed(Exception):
    """A contender did something wrong."""


@dataclass
class Contender:
    name: str
    group: str
    # From (check: bool, amount) to a command; what `amount` is depends on the group.
    command: Callable
    # The feed it talks to: "canned", or "serve" for quotewire's own server.
    feed: str = "canned"
    is_ours: bool = False
    # A peer that sees no rows has no checksum.
    has_rows: bool = True
    rounds_integers: bool = False
    # Who gets the first events only, and the columns that it has.
    part_columns: dict | None = None
    # Numbers of the events that it does not hand out.
    part_refused: set = field(default_factory=set)


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
            text = '#include <string>\nint main(int n, char **) { return int(std::string(size_t(n), 120).size()) - n; }\n'
            source.write_text(text)
            run([name, *FLAGS, source, "-o", WORK / "hello"])
            found.append(name)
        except (Missing, Failed) as reason:
            reasons[name] = str(reason)
    return found, reasons


def compile_cpp(source, compiler, schema_folder, defines=(), libraries=()):
    """Gives the program; builds it when a source, the schema or the command has changed."""
    folder = HERE / "cpp"
    name = "-".join([source, compiler, *(d.removeprefix("-D").replace("=", "-") for d in defines)])
    command = [compiler, *FLAGS, *defines, f"-I{schema_folder}", f"-I{folder}", folder / f"{source}.cpp"]
    digest = hashlib.sha256(" ".join(map(str, [*command, *libraries])).encode())
    for path in sorted([*folder.iterdir(), schema_folder / "schema.hpp"]):
        digest.update(path.read_bytes())
    program = WORK / f"{name}-{digest.hexdigest()[:12]}"
    if not program.exists():
        print(f"  building {name}", file=sys.stderr)
        for old in WORK.glob(f"{name}-" + "?" * 12):
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


# MARK: all of them


@dataclass
class Setting:
    """What the contenders read."""

    frames: Path
    schema_folder: Path
    columns: Path
    first_rows: Path
    types: list[str]
    long_recording: Path
    quotewire: Path
    bench: Path | None

    @property
    def schema(self):
        return self.schema_folder / "schema.json"


def ours(setting):
    found = []
    if setting.bench:
        found.append(Contender(
            "quotewire decode", "decode", is_ours=True,
            command=lambda check, amount: [setting.bench, "throughput", "decode", setting.long_recording, "--json",
                                           "-"]))
    found.append(Contender(
        "quotewire replay to null:", "decode", is_ours=True,
        command=lambda check, amount: [setting.quotewire, "replay", setting.long_recording, "--to", "null:", "--stats",
                                       "-"]))
    found.append(Contender(
        "quotewire ingest to null:", "live", is_ours=True,
        command=lambda check, port: [setting.quotewire, "ingest", "--url", f"ws://127.0.0.1:{port}/", "--types",
                                     ",".join(setting.types), "--symbols", "*", "--reconnect", "0", "--to", "null:",
                                     "--stats", "-"]))
    return found


def cpp_peers(setting, skipped):
    names, reasons = compilers()
    for name, reason in reasons.items():
        skipped.append((f"peers built with {name}", reason))
    found = []

    def from_memory(program):
        return lambda check, amount: [program, setting.frames, "check" if check else amount]

    def from_socket(program, *words):
        return lambda check, port: [program, port, *words, *(["check"] if check else [])]

    if not names:
        skipped.append(("all C++ peers", "there is no C++ compiler"))
        return found
    best = names[0]
    try:
        prepare("libsimdjson-dev")
        best_rate = 0
        for compiler in names:
            for way in "idiomatic", "tuned":
                program = compile_cpp("decode_simdjson", compiler, setting.schema_folder,
                                      [f"-DWAY=Simdjson{way.capitalize()}"], ["-lsimdjson"])
                found.append(Contender(f"simdjson {way}, {compiler}", "decode", from_memory(program)))
            figure = figures([program, setting.frames, "0.5"])
            if (rate := figure["events"] / figure["cpuSeconds"]) > best_rate:
                best, best_rate = compiler, rate
    except Missing as reason:
        skipped.append(("simdjson, raw socket, Boost.Beast", str(reason)))
        return found + rapidjson(setting, skipped, best, from_memory)
    found += rapidjson(setting, skipped, best, from_memory)

    program = compile_cpp("live_raw", best, setting.schema_folder, [], ["-lsimdjson"])
    found += [
        Contender("floor: recv, discard", "live", from_socket(program, "discard"), has_rows=False),
        Contender("floor: recv, frame headers", "live", from_socket(program, "walk"), has_rows=False),
        Contender("raw socket + simdjson", "live", from_socket(program, "rows")),
    ]
    try:
        prepare("libboost-dev")
        for name, defines in ("as documented", []), ("large buffer", ["-DLARGE"]):
            program = compile_cpp("live_beast", best, setting.schema_folder, defines, ["-lsimdjson", "-pthread"])
            found.append(Contender(f"Boost.Beast + simdjson, {name}", "live", from_socket(program)))
    except Missing as reason:
        skipped.append(("Boost.Beast + simdjson", str(reason)))
    return found


def rapidjson(setting, skipped, compiler, from_memory):
    try:
        prepare("rapidjson-dev")
    except Missing as reason:
        skipped.append(("RapidJSON SAX", str(reason)))
        return []
    program = compile_cpp("decode_rapidjson", compiler, setting.schema_folder)
    return [Contender(f"RapidJSON SAX, {compiler}", "decode", from_memory(program))]


def python_peers(setting, skipped):
    found = []
    folder = HERE / "python"
    for library in "msgspec", "orjson":
        try:
            python = pip_install(library)
            found.append(Contender(
                library, "decode",
                lambda check, amount, python=python, library=library: [
                    python, folder / "decode.py", library, setting.schema, setting.frames,
                    "check" if check else amount]))
        except Missing as reason:
            skipped.append((library, str(reason)))
    try:
        # The event loop that picows recommends; without it both run on asyncio's own.
        pip_install("uvloop")
    except Missing as reason:
        skipped.append(("uvloop (the Python clients run without it)", str(reason)))
    for library, decoder in ("picows", "msgspec"), ("websockets", "orjson"):
        try:
            python = pip_install(library, decoder)
            found.append(Contender(
                f"{library} + {decoder}", "live",
                lambda check, port, python=python, library=library: [
                    python, folder / "live.py", library, port, setting.schema, *(["check"] if check else [])]))
        except Missing as reason:
            skipped.append((f"{library} + {decoder}", str(reason)))
    try:
        python = pip_install("tastytrade")
        program = folder / "live_tastytrade.py"
        # Its models lack a few fields and refuse some values; it is checked on what they take.
        models = figures([python, program, "models", setting.columns, setting.first_rows])
        columns = models["columns"]
        if sorted(columns) != setting.types:
            raise Missing("the package has no model for " + ", ".join(set(setting.types) - set(columns)))
        part = WORK / "part"
        part.mkdir(exist_ok=True)
        (part / "columns.json").write_text(json.dumps(columns))
        recordings.write_schema(recordings.all_kinds(columns), part)
        found.append(Contender(
            "tastytrade streamer", "live", feed="serve", part_columns=columns,
            part_refused=set(models["refused"]),
            command=lambda check, port: [
                python, program, port, part / "schema.json", part / "columns.json",
                *(["check"] if check else [])]))
    except Missing as reason:
        skipped.append(("tastytrade streamer", str(reason)))
    return found


def node_peers(setting, skipped):
    found = []
    for implementation, name in ("builtin", "Node's own WebSocket"), ("ws", "Node's package ws"):
        try:
            words = node_words(implementation)
            found.append(Contender(
                f"{name} + JSON.parse", "live", rounds_integers=True,
                command=lambda check, port, words=words, implementation=implementation: [
                    *words, HERE / "js" / "live.mjs", implementation, port, setting.schema,
                    *(["check"] if check else [])]))
        except Missing as reason:
            skipped.append((f"{name} + JSON.parse", str(reason)))
    return found


def environment(frames_digest):
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "?")
    return {
        "cpu": model, "cores": os.cpu_count(), "load": os.getloadavg()[0],
        "kernel": os.uname().release, "framesDigest": frames_digest,
        "g++": version(["g++", "--version"]) if has("g++") else None,
        "clang++": version(["clang++", "--version"]) if has("clang++") else None,
        "simdjson": version(["dpkg-query", "-W", "-f=${Version}", "libsimdjson-dev"]),
        "boost": version(["dpkg-query", "-W", "-f=${Version}", "libboost-dev"]),
        "rapidjson": version(["dpkg-query", "-W", "-f=${Version}", "rapidjson-dev"]),
        "node": version(["node", "--version"]) if has("node") else None,
        "python": version([sys.executable, "--version"]),
        **{package: pip_version(package) for package in PYPI if (VENV / f"has-{PYPI[package]}").exists()},
    }
