/// The status page: one document without anything from elsewhere. It asks `status.json` once a second and draws what
/// that holds.
package enum StatusPage {
  package static var html: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>quotewire</title>
    <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath \
    d='M1 11l4-5 3 3 6-7' fill='none' stroke='%232a6fbb' stroke-width='2'/%3E%3C/svg%3E">
    <style>
    \(style)
    </style>
    </head>
    <body>
    <header>
    <h1>quotewire</h1>
    <p id="source"></p>
    <p id="state" role="status"><span id="dot" aria-hidden="true"></span><span id="words">loading</span></p>
    </header>
    <ul id="reasons" hidden></ul>
    <main>
    <dl id="tiles"></dl>
    <section id="charts" aria-label="Charts of the last five minutes"></section>
    <section id="tables" aria-label="Details"></section>
    </main>
    <footer><span id="time"></span>
    <span>For machines: <a href="metrics">metrics</a> <a href="status.json">status.json</a>
    <a href="readyz">readyz</a> <a href="healthz">healthz</a></span></footer>
    <noscript>The charts need JavaScript; the same figures stand in <a href="metrics">metrics</a>.</noscript>
    <script>
    \(script)
    </script>
    </body>
    </html>

    """
  }

  static let style = """
    :root { --back: #f7f7f5; --card: #fff; --ink: #1c1e21; --soft: #5d636b; --rule: #e2e3e0; --grid: #ececea;
      --one: #1f6fb5; --two: #b4560f; --good: #1d7a3e; --warning: #8a5a00; --bad: #b3261e; }
    @media (prefers-color-scheme: dark) {
      :root { --back: #14161a; --card: #1c1f24; --ink: #e6e7e9; --soft: #9aa1ab; --rule: #2d3138; --grid: #262a30;
        --one: #62aef0; --two: #f0a35e; --good: #63c98a; --warning: #e3b04b; --bad: #ff8a80; }
    }
    * { box-sizing: border-box; }
    body { margin: 0 auto; padding: 14px 18px; max-width: 1280px; background: var(--back); color: var(--ink);
      font: 14px/1.4 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif; }
    header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 14px; margin-bottom: 10px; }
    h1 { font-size: 18px; margin: 0; letter-spacing: -.01em; }
    header p { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
    #state { margin-left: auto; color: var(--ink); font-weight: 600; }
    #dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin-right: 7px;
      background: var(--soft); }
    .is-good #dot { background: var(--good); }
    .is-bad #dot { background: var(--bad); border-radius: 1px; }
    #reasons { margin: 0 0 10px; padding: 8px 12px 8px 28px; border: 1px solid var(--bad); border-radius: 6px;
      color: var(--bad); background: var(--card); }
    #tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(112px, 1fr)); gap: 1px; margin: 0 0 10px;
      background: var(--rule); border: 1px solid var(--rule); border-radius: 6px; overflow: hidden; }
    #tiles div { background: var(--card); padding: 8px 12px; display: flex; flex-direction: column-reverse; }
    #tiles dt { color: var(--soft); font-size: 12px; }
    #tiles dd { margin: 0; font-size: 19px; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
    #charts { display: grid; grid-template-columns: repeat(3, 1fr); gap: 10px; margin-bottom: 10px; }
    #tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(330px, 1fr)); gap: 10px;
      align-items: start; }
    figure, .table { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 6px;
      padding: 8px 12px 10px; min-width: 0; }
    .table { overflow-x: auto; }
    figcaption, caption { text-align: left; font-weight: 600; margin-bottom: 4px; }
    caption { padding-bottom: 4px; }
    figcaption { display: flex; flex-wrap: wrap; gap: 0 10px; align-items: baseline; }
    figcaption small { color: var(--soft); font-weight: 400; flex: 1; white-space: nowrap; overflow: hidden;
      text-overflow: ellipsis; }
    .key { font-weight: 400; font-size: 12px; font-variant-numeric: tabular-nums; white-space: nowrap; }
    .key::before { content: ""; display: inline-block; width: 12px; border-top: 2px solid var(--one); margin-right: 5px;
      vertical-align: middle; }
    .key.bars::before { border-top: 0; width: 4px; height: 9px; background: var(--bad); vertical-align: -1px; }
    .key.two::before { border-top: 2px dashed var(--two); }
    svg { display: block; width: 100%; height: 118px; overflow: visible; }
    svg text { fill: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
    .grid { stroke: var(--grid); stroke-width: 1; }
    .line { fill: none; stroke: var(--one); stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round;
      vector-effect: non-scaling-stroke; }
    .line.two { stroke: var(--two); stroke-dasharray: 4 3; }
    .area { fill: var(--one); opacity: .12; }
    .bar { fill: var(--bad); }
    table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
    th, td { text-align: left; padding: 3px 8px 3px 0; border-top: 1px solid var(--rule); white-space: nowrap; }
    th { color: var(--soft); font-weight: 400; font-size: 11px; border-top: 0; }
    td:first-child { max-width: 150px; overflow: hidden; text-overflow: ellipsis; }
    .number { text-align: right; }
    th:last-child, td:last-child { padding-right: 0; }
    .good { color: var(--good); } .warning { color: var(--warning); } .bad { color: var(--bad); }
    footer { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 20px; margin-top: 12px;
      color: var(--soft); font-size: 12px; }
    a { color: var(--one); margin-left: 6px; }
    a:focus-visible { outline: 2px solid var(--one); outline-offset: 2px; }
    @media (max-width: 900px) { #charts { grid-template-columns: repeat(2, 1fr); } }
    @media (max-width: 600px) {
      body { padding: 10px; }
      #charts, #tables { grid-template-columns: minmax(0, 1fr); }
      #tiles { grid-template-columns: repeat(auto-fit, minmax(92px, 1fr)); }
      #tiles dd { font-size: 17px; }
      #state { margin-left: 0; width: 100%; }
      svg { height: 84px; }
    }
    """
}
