"""Who takes part: each peer with what it needs, how it is built, and how it is run."""

import json
import re
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import recording as recordings
from machine import (HERE, WORK, Failed, Missing, compile_cpp, compilers, figures, node_words, pip_install, prepare,
                     run)


@dataclass
class Contender:
    name: str
    # "memory", or the feed it talks to: "plain" and "tls" are the canned one, "serve" is quotewire's own server.
    way: str
    # From (check: bool, amount) to a command; the amount is CPU seconds, or a port.
    command: Callable
    is_ours: bool = False
    # A peer that sees no rows has no checksum.
    has_rows: bool = True
    rounds_integers: bool = False
    # Who gets the first events only, and the columns that it has.
    part_columns: dict | None = None
    # Numbers of the events that it does not hand out.
    part_refused: set = field(default_factory=set)
    # Beside the contest: a figure that another one is held against.
    is_beside: bool = False


class Workshop:
    """Builds contenders; remembers compilers, and what cannot take part."""

    def __init__(self, quotewire, bench):
        self.quotewire, self.bench = quotewire, bench
        self.skipped = []
        self.found_compilers = None
        self.best = None

    def skip(self, name, reason):
        if (entry := (name, str(reason))) not in self.skipped:
            self.skipped.append(entry)

    @property
    def compilers(self):
        if self.found_compilers is None:
            self.found_compilers, reasons = compilers()
            for name, reason in reasons.items():
                self.skip(f"peers built with {name}", reason)
        if not self.found_compilers:
            raise Missing("there is no C++ compiler")
        return self.found_compilers

    def best_compiler(self, corpus):
        """The one whose tuned simdjson is faster."""
        if self.best is None:
            programs = {name: self.simdjson(corpus, name, "tuned") for name in self.compilers}
            rates = {name: [] for name in programs}
            # Turn by turn: on a busy machine one look says little.
            for _ in range(5):
                for name, program in programs.items():
                    got = figures([program, corpus.binary, "0.1"])
                    rates[name].append(got["events"] / got["cpuSeconds"])
            rates = {name: statistics.median(all_of) for name, all_of in rates.items()}
            self.best = max(rates, key=rates.get)
        return self.best

    def simdjson(self, corpus, compiler, way, **options):
        prepare("libsimdjson-dev")
        return compile_cpp("decode_simdjson", compiler, corpus.schema_folder, [f"-DWAY=Simdjson{way.capitalize()}"],
                           ["-lsimdjson"], **options)

    def raw(self, corpus, tls=False):
        prepare("libsimdjson-dev")
        libraries = ["-lsimdjson", *(["-lssl", "-lcrypto"] if tls else [])]
        return compile_cpp("live_raw", self.best_compiler(corpus), corpus.schema_folder, ["-DTLS"] if tls else [],
                           libraries)

    def beast(self, corpus, defines, tls=False):
        prepare("libsimdjson-dev", "libboost-dev")
        libraries = ["-lsimdjson", "-pthread", *(["-lssl", "-lcrypto"] if tls else [])]
        return compile_cpp("live_beast", self.best_compiler(corpus), corpus.schema_folder,
                           [*defines, *(["-DTLS"] if tls else [])], libraries)

    # MARK: from memory

    def our_decode(self, corpus, *options):
        name = " ".join(["quotewire decode", *options])
        return Contender(name, "memory", is_ours=True, command=lambda check, amount: [
            self.bench, "throughput", "decode", corpus.long_path, "--json", "-", *options])

    def simdjson_tuned(self, corpus):
        compiler = self.best_compiler(corpus)
        program = self.simdjson(corpus, compiler, "tuned")
        return Contender(f"simdjson tuned, {compiler}", "memory", from_memory(program, corpus))

    def decoders(self, corpus, quick=False):
        found = [self.our_decode(corpus), self.our_decode(corpus, "--simd", "sse2"), Contender(
            "quotewire replay to null:", "memory", is_ours=True, command=lambda check, amount: [
                self.quotewire, "replay", corpus.long_path, "--to", "null:", "--stats", "-"])]
        try:
            for compiler in self.compilers:
                for way in ["tuned"] if quick else ["idiomatic", "tuned"]:
                    program = self.simdjson(corpus, compiler, way)
                    found.append(Contender(f"simdjson {way}, {compiler}", "memory", from_memory(program, corpus)))
        except Missing as reason:
            self.skip("simdjson", reason)
        try:
            prepare("rapidjson-dev")
            compiler = self.best or self.compilers[0]
            program = compile_cpp("decode_rapidjson", compiler, corpus.schema_folder)
            found.append(Contender(f"RapidJSON SAX, {compiler}", "memory", from_memory(program, corpus)))
        except Missing as reason:
            self.skip("RapidJSON SAX", reason)
        for library in "msgspec", "orjson":
            try:
                python = pip_install(library)
                found.append(Contender(
                    library, "memory",
                    lambda check, amount, python=python, library=library: [
                        python, HERE / "python/decode.py", library, corpus.schema, corpus.binary,
                        "check" if check else amount]))
            except Missing as reason:
                self.skip(library, reason)
        return found

    # MARK: live

    def our_ingest(self, corpus, *options, name="quotewire ingest to null:", tls_authority=None, digest=False):
        """The digest is kept where rows are checked, and in timed runs only if that is asked for: peers keep none there."""
        scheme, way = ("wss", "tls") if tls_authority else ("ws", "plain")
        trust = ["--ca-file", tls_authority] if tls_authority else []
        options = options or ("--to", "null:")
        return Contender(name, way, is_ours=True, command=lambda check, port: [
            self.quotewire, "ingest", "--url", f"{scheme}://127.0.0.1:{port}/", "--types", ",".join(corpus.types),
            "--symbols", "*", "--reconnect", "0", *trust, *options, "--stats", "-",
            *([] if check or digest else ["--no-digest"])])

    def cpp_clients(self, corpus, authority=None):
        """Floors, raw sockets and Beast; over TLS with the authority's file."""
        found, tls = [], authority is not None
        way, words = ("tls", [f"ca={authority}"]) if tls else ("plain", [])
        secure = "TLS, " if tls else ""
        try:
            program = self.raw(corpus, tls)
            found += [
                Contender(f"floor: {secure}recv, discard", way, from_socket(program, "discard", *words),
                          has_rows=False),
                Contender(f"floor: {secure}recv, frame headers", way, from_socket(program, "walk", *words),
                          has_rows=False),
                Contender(f"raw socket, {secure}simdjson", way, from_socket(program, "rows", *words)),
            ]
            variants = [("as documented", [])]
            if tls:
                variants += [("buffer below", ["-DBELOW"]), ("buffer above", ["-DABOVE"]),
                             ("buffers above and below", ["-DABOVE", "-DBELOW"])]
            else:
                variants += [("large buffer", ["-DBELOW"])]
            for name, defines in variants:
                found.append(Contender(f"Boost.Beast, {secure}simdjson, {name}", way,
                                       from_socket(self.beast(corpus, defines, tls), *words)))
        except Missing as reason:
            self.skip(f"C++ clients{', TLS' if tls else ''}", reason)
        return found

    def python_clients(self, corpus):
        found = []
        try:
            # The event loop that picows recommends; without it both run on asyncio's own.
            pip_install("uvloop")
        except Missing as reason:
            self.skip("uvloop (the Python clients run without it)", reason)
        for library, decoder in ("picows", "msgspec"), ("websockets", "orjson"):
            try:
                python = pip_install(library, decoder)
                found.append(Contender(
                    f"{library} + {decoder}", "plain",
                    from_socket(python, HERE / "python/live.py", library, behind=[corpus.schema])))
            except Missing as reason:
                self.skip(f"{library} + {decoder}", reason)
        return found

    def tastytrade(self, corpus):
        try:
            if corpus.reference.has_absent:
                raise Missing("it drops or changes events without a value, and the recording has such")
            python, program = pip_install("tastytrade"), HERE / "python/live_tastytrade.py"
            # Its models lack a few fields and refuse some values; it is checked on what they take.
            models = figures([python, program, "models", corpus.columns, corpus.first_rows()])
            columns = models["columns"]
            if sorted(columns) != corpus.types:
                raise Missing("the package has no model for " + ", ".join(set(corpus.types) - set(columns)))
            part = WORK / "part"
            part.mkdir(exist_ok=True)
            (part / "columns.json").write_text(json.dumps(columns))
            recordings.write_schema(columns, part)
            return [Contender(
                "tastytrade streamer", "serve", part_columns=columns, part_refused=set(models["refused"]),
                command=from_socket(python, program, behind=[part / "schema.json", part / "columns.json"]))]
        except (Missing, Failed) as reason:
            self.skip("tastytrade streamer", reason)
            return []

    def node_clients(self, corpus):
        found = []
        for implementation, name in ("builtin", "Node's own WebSocket"), ("ws", "Node's package ws"):
            try:
                words = node_words(implementation)
                found.append(Contender(
                    f"{name} + JSON.parse", "plain", rounds_integers=True,
                    command=from_socket(*words, HERE / "js/live.mjs", implementation, behind=[corpus.schema])))
            except Missing as reason:
                self.skip(f"{name} + JSON.parse", reason)
        return found


def from_memory(program, corpus):
    return lambda check, amount: [program, corpus.binary, "check" if check else amount]


def from_socket(program, *words, behind=()):
    """PROGRAM, words of its own, the port, what stands behind it; live_raw and live_beast take their own behind."""
    if isinstance(program, Path) and program.name.startswith("live_"):
        return lambda check, port: [program, port, *words, *(["check"] if check else [])]
    return lambda check, port: [program, *words, port, *behind, *(["check"] if check else [])]


def offers(program, option):
    """Whether `quotewire ingest` has that option."""
    return re.search(rf"{option}\b", run([program, "ingest", "--help"])) is not None
