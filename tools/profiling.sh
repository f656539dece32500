# What tools/flamegraph, tools/profile-memory and tools/profile-syscalls share. Sourced in the project's folder.

say() { printf '%s\n' "$*" >&2; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# The comment at the start of the script, from its usage line on.
usage() {
  sed -n '/^# usage:/,/^[^#]/{s/^# \{0,1\}//p;}' "$0" | if [ "$1" = 0 ]; then cat; else cat >&2; fi
  exit "$1"
}

# Builds programs in release mode; sets `programs` and `bench`.
build() {
  tools/prepare libssl-dev
  say "building $*, release (the first time takes a few minutes)"
  for product in "$@"; do swift build -c release --product "$product" >&2; done
  programs=$(swift build -c release --show-bin-path)
  bench=$programs/quotewire-bench
}

# A recording that is large enough to be sampled, made from a seed once; prints its path.
default_recording() {
  local file=out/profiles/market.qwr
  if [ ! -e "$file" ]; then
    mkdir -p out/profiles
    say "making $file from a seed"
    "$programs/quotewire" generate seed=1,symbols=2000,rate=20000,duration=60s,period=10ms "$file" >&2
  fi
  echo "$file"
}

# The last figure of that name in a file of --stats.
figure() { sed -n "s/.*\"$2\":\"\{0,1\}\([0-9a-f.]*\).*/\1/p" "$1"; }

# Starts our server with a recording; sets `server` and `url`. The caller ends it.
start_server() {
  "$programs/quotewire" serve "$1" --port 0 --url-file "$2/url" 2>"$2/server.log" &
  server=$!
  for _ in $(seq 100); do [ -s "$2/url" ] && break; kill -0 $server 2>/dev/null || break; sleep 0.1; done
  [ -s "$2/url" ] || { cat "$2/server.log" >&2; fail "the server did not start"; }
  url=$(cat "$2/url")
}
