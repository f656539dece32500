import DXLink
import Ingest
import Market
import Sinks

/// A short text about one thing that concerns several commands: `quotewire help TOPIC`.
package struct HelpTopic: Sendable {
  package let name: String
  /// One line for the list of topics.
  package let summary: String
  package let text: String

  package static let all: [HelpTopic] = [sinks, types, symbols, times, exitCodes, configuration, environment, limits]

  private static let sinks = HelpTopic(
    name: "sinks", summary: "where events go, and what happens when a sink is full",
    text: """
      A sink is given by --to, which may be given several times. Every sink has a thread and a queue of
      its own for each lane: a slow one holds up another only where its policy says so.

        csv:DIR             a folder with a CSV file for each event type, and gaps.csv
        arrow:DIR           a folder with an Arrow file for each event type
        parquet:DIR         a folder with a Parquet file for each event type
        ndjson:FILE         one JSON object a line, with the field names of dxLink
        ndjson:-            the same on standard output
        null:               counts and forgets; the default

      Options stand behind ? and are joined by &, as in 'csv:out?policy=drop&rotate-bytes=100M':

        policy=wait         the feed waits for the sink (default)
        policy=drop         events that find no room are dropped and counted
        policy=conflate     the latest event of each symbol and type replaces the one that waits
        policy=spill        what finds no room goes to disk: spill-bytes=N (1G), spill-dir=DIR
        ring=RECORDS        records of 128 bytes that may wait, for each lane (16384)
        rotate-bytes=N      a new file after so many bytes
        rotate-seconds=N    a new file after so many seconds
        nan=empty|text      how CSV writes a value that the feed does not have
        rows=N, age=SECONDS, codec=NAME, group-bytes=N   of Arrow and Parquet

      Files get their names when they are finished; one that exists is replaced only with --force.
      """)

  private static let types = HelpTopic(
    name: "types", summary: "the event types",
    text: """
      Event types are named as in dxLink, exactly; several are separated by commas, and 'all' stands for
      each of them:

        \(lines(EventType.allCases.map(\.name)))

      Candle, TimeAndSale, Greeks, TheoPrice, Underlying, Series and OptionSale are time series:
      --from-time asks for their history. What a feed gives depends on your account.
      """)

  private static let symbols = HelpTopic(
    name: "symbols", summary: "how symbols are written",
    text: """
      Symbols are written as the feed does:

        AAPL, BRK/B         shares; share classes have a slash
        AAPL&Q              of one exchange, by its letter
        /ESZ26:XCME         futures
        .AAPL260116C200     options: root, date as YYMMDD, C or P, strike
        EUR/USD             currencies
        BTC/USD:CXDXF       crypto currencies
        AAPL{=5m}           candles of five minutes (s, m, h, d, w, mo, y)
        *                   everything that the feed gives; only with one lane

      --symbols takes several, separated by commas; a comma inside braces belongs to the symbol.
      --symbols-file takes a file with a symbol a line; # begins a comment.
      """)

  private static let times = HelpTopic(
    name: "times", summary: "how times and durations are written",
    text: """
      Times are in UTC: 2026-01-02, 2026-01-02T14:30, 2026-01-02T14:30:00.250Z, or milliseconds since
      1970.
      Durations are seconds, or a number with a unit: 90, 1.5, 500ms, 90s, 5m, 2h, 1d.
      """)

  private static let exitCodes = HelpTopic(
    name: "exit-codes", summary: "how a command ended, for scripts",
    text: """
        0     done
        1     something failed: a file, a socket, a thread; or no attempt to connect was left
        2     the arguments, the environment or the configuration file make no sense
        3     the feed refused us: token, TLS or protocol
        4     data was lost or malformed, and --strict was given
        130   interrupted by SIGINT or SIGTERM, after everything was drained and written

      The first SIGINT or SIGTERM asks for an orderly end, which takes \(Int(EndLimit.drainSeconds)) seconds at most;
      a second one ends at once. The numbers are a contract: they do not change.
      """)

  private static let configuration = HelpTopic(
    name: "configuration", summary: "the configuration file, and what goes before what",
    text: """
      Files: $XDG_CONFIG_HOME/quotewire/quotewire.toml (else ~/.config/quotewire/quotewire.toml), then
      /etc/quotewire/quotewire.toml; or the one that --config or QUOTEWIRE_CONFIG names.

      \(ConfigurationPage.description)
      """)

  private static let environment = HelpTopic(
    name: "environment", summary: "the variables that the program reads",
    text: """
        XDG_CACHE_HOME      where the cache of 'collect' lies, in a folder quotewire (default: ~/.cache)
        TMPDIR              where queues of the policy spill lie
        QUOTEWIRE_SIMD      the most that vector code may use: portable, sse2, avx2 or avx512
        SSL_CERT_FILE, SSL_CERT_DIR
                            authorities to trust instead of the system's, as OpenSSL reads them
        QUOTEWIRE_CONFIG    the configuration file
        QUOTEWIRE_COMMAND_OPTION
                            an option of a command, as in QUOTEWIRE_INGEST_LANES=2
        QUOTEWIRE_URL and others
                            options that commands share; 'quotewire help configuration'

      --token-env NAME takes a token from the variable that you name.
      """)

  private static let limits = HelpTopic(
    name: "limits", summary: "what is bounded, and what happens there",
    text: """
      Every queue, buffer and retry has a limit. The ones that users meet:

        lanes                    \(LanePlan.maximumLanes) connections
        a message of the feed    1024 KiB; a longer one ends the connection
        topics of a connection   \(IngestCommand.maximumTopics)
        symbols file             \(IngestCommand.maximumSymbolsBytes >> 20) MiB
        texts that a lane keeps  131072 and 4 for each subscription (--max-texts)
        queue of a sink          16384 records for each lane (ring=RECORDS), then its policy
        policy spill             \(SinkSpec.defaultSpillBytes >> 30) GiB on disk (spill-bytes=N)
        sentence on the terminal \(Console.maximumSentence) characters
        drain after a signal     \(Int(EndLimit.drainSeconds)) seconds

      What a limit turns away is counted in --stats and said; with --strict it is exit code 4.
      """)

  /// Words joined by commas, in lines that fit the text.
  private static func lines(_ words: [String]) -> String {
    var lines = [""]
    for word in words {
      if lines[lines.count - 1].count + word.count > 80 { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : ", ") + word
    }
    return lines.joined(separator: ",\n  ")
  }
}
