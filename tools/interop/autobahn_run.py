"""Runs Autobahn's cases against quotewire-conformance, as a client and as a server. Called by tools/interop/autobahn.

usage: autobahn_run.py PROGRAM [CASES...]

Groups of cases run beside each other, each with a test server (or client) and a program of its own: most of the time is
spent waiting for the other side's answer.
"""

import asyncio
import fnmatch
import re
import subprocess
import sys
import time

from kosoku import FailureError, run_fuzzingclient, run_fuzzingserver
from kosoku._caseindex import initialize_shims

initialize_shims()
from kosoku.cases import CASES  # noqa: E402

SECTIONS = {
    1: "framing",
    2: "pings and pongs",
    3: "reserved bits",
    4: "opcodes",
    5: "fragmentation",
    6: "UTF-8",
    7: "close handshake",
    9: "limits and performance",
    10: "miscellaneous",
    12: "compression, payloads",
    13: "compression, parameters",
}
VERDICTS = ["OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED"]
# Cases that the test client runs at once against our server.
AT_ONCE = 4
# Groups of cases that run at once.
GROUPS_AT_ONCE = 8
# Longest time for one group of cases, and for the reports once the client ended, in seconds.
LIMIT = 1200
PATIENCE = 10


def verdict(result):
    """The worse of the verdicts on the exchange and on the closing."""
    behavior, closing = result.behavior.value, result.behavior_close.value
    if closing not in ("OK", "INFORMATIONAL"):
        return "FAILED"
    return behavior if behavior in VERDICTS else "FAILED"


async def results_of(awaitable):
    try:
        return list(await awaitable)
    except FailureError as failure:
        return list(failure.results)


async def try_client(program, cases):
    """Our client against the suite's server."""
    async with run_fuzzingserver(cases, host="127.0.0.1", port=0) as server:
        client = subprocess.Popen([program, "ws-echo", f"ws://{server.address}:{server.port}"])
        try:
            results = asyncio.ensure_future(results_of(server.get_result()))
            ended = asyncio.ensure_future(asyncio.to_thread(client.wait))
            await asyncio.wait({results, ended}, timeout=LIMIT, return_when=asyncio.FIRST_COMPLETED)
            # A client that ended without asking for the reports leaves the server waiting.
            await asyncio.wait({results}, timeout=PATIENCE)
            if not results.done():
                results.cancel()
                print("autobahn: our client did not go through all cases", file=sys.stderr)
                return []
            return results.result()
        finally:
            client.kill()
            client.wait()


async def try_server(program, cases):
    """Our server against the suite's client."""
    server = subprocess.Popen([program, "ws-echo-server", "0"], stderr=subprocess.PIPE, text=True)
    try:
        for line in server.stderr:
            found = re.search(r"listening on (ws://\S+)", line)
            if found:
                break
            print("server:", line.strip(), file=sys.stderr)
        else:
            print("autobahn: our server ended before it listened", file=sys.stderr)
            return []
        drain = asyncio.ensure_future(asyncio.to_thread(server.stderr.read))
        run = run_fuzzingclient(found.group(1), cases, concurrency=AT_ONCE)
        results = await asyncio.wait_for(results_of(run), LIMIT)
        if server.poll() is not None:
            print(f"autobahn: our server ended with code {server.returncode}", file=sys.stderr)
            return []
        server.terminate()
        await drain
        return results
    finally:
        server.kill()
        server.wait()


async def run(program, cases):
    # The long sections in parts, the short ones in one.
    groups = {}
    for case in cases:
        name = case.rsplit(".", 1)[0] if section(case) in (9, 12, 13) else "short"
        groups.setdefault(name, []).append(case)
    places = asyncio.Semaphore(GROUPS_AT_ONCE)

    async def in_turn(attempt, group):
        async with places:
            return await attempt(program, group)

    found = {}
    for role, attempt in [("client", try_client), ("server", try_server)]:
        start = time.monotonic()
        parts = await asyncio.gather(*(in_turn(attempt, group) for group in groups.values()))
        found[role] = [result for part in parts for result in part]
        print(f"our {role}: {len(found[role])} cases in {time.monotonic() - start:.1f} s", file=sys.stderr)
    return found


def section(case):
    return int(case.split(".")[0])


def key(result):
    return [int(part) for part in result.case_id.split(".")]


def report(found, cases):
    """Prints the table and returns how many things are wrong."""
    wrong = 0
    for role, results in found.items():
        print(f"our {role}")
        print(f"  {'section':<28}" + "".join(f"{word:>15}" for word in VERDICTS))
        totals = dict.fromkeys(VERDICTS, 0)
        for number, words in SECTIONS.items():
            wanted = sum(section(case) == number for case in cases)
            own = [result for result in results if section(result.case_id) == number]
            if wanted == 0:
                continue
            counts = {word: sum(verdict(result) == word for result in own) for word in VERDICTS}
            for word, count in counts.items():
                totals[word] += count
            print(f"  {number:>2} {words:<25}" + "".join(f"{counts[word]:>15}" for word in VERDICTS))
            if len(own) != wanted:
                wrong += 1
                print(f"     {len(own)} cases ran, {wanted} should have")
        print(f"  {'sum':<28}" + "".join(f"{totals[word]:>15}" for word in VERDICTS))
        for result in sorted(results, key=key):
            if verdict(result) in ("OK", "INFORMATIONAL"):
                continue
            wrong += 1
            print(
                f"  {result.case_id}: {result.behavior.value}, closing {result.behavior_close.value}: "
                f"{result.result} {result.result_close}"
            )
        print()
    return wrong


def main():
    program = sys.argv[1]
    chosen = [word if "." in word else f"{word}.*" for word in sys.argv[2:]] or ["*"]
    for pattern in chosen:
        if not fnmatch.filter(CASES, pattern):
            raise SystemExit(f"autobahn: no case of the suite is called {pattern}; sections are {list(SECTIONS)}")
    cases = [case for case in CASES if any(fnmatch.fnmatchcase(case, pattern) for pattern in chosen)]
    wrong = report(asyncio.run(run(program, cases)), cases)
    print("autobahn: all as it should be" if wrong == 0 else f"autobahn: {wrong} findings, see above")
    raise SystemExit(0 if wrong == 0 else 1)


if __name__ == "__main__":
    main()
