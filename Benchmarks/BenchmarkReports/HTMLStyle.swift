/// The page's style: calm in light and dark, narrow and wide, and on paper.
enum HTMLStyle {
  static let text = """
    :root{color-scheme:light dark;--bg:#fcfbf8;--ink:#1e2126;--soft:#5d636e;--rule:#e2dfd7;--panel:#f4f2ec;
    --accent:#2456a6;--band:#2456a61f;--old:#8a8f99;--slow:#a8321f;--fast:#1b6e46;--warn:#8a5a00}
    @media(prefers-color-scheme:dark){:root{--bg:#14161a;--ink:#e7e6e2;--soft:#a2a8b3;--rule:#2d3138;--panel:#1c1f25;
    --accent:#86b0f7;--band:#86b0f72b;--old:#848b98;--slow:#ff9a85;--fast:#7bd3a3;--warn:#eebd62}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
    body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
    main,header,footer{max-width:1120px;margin:0 auto;padding:0 24px}
    header{padding-top:44px}
    .over{color:var(--soft);font-size:14px;letter-spacing:.02em;margin:0}
    h1{font-size:30px;line-height:1.2;margin:4px 0 6px;font-weight:650;letter-spacing:-.01em}
    h2{font-size:22px;margin:56px 0 8px;font-weight:650;letter-spacing:-.01em}
    h3{font-size:16px;margin:28px 0 6px;font-weight:600}
    p{margin:6px 0 12px;max-width:72ch}
    a{color:var(--accent);text-underline-offset:2px}
    .soft,figcaption,.note{color:var(--soft);font-size:14px}
    code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
    nav{margin:14px 0 0;font-size:14px;display:flex;flex-wrap:wrap;gap:4px 18px}
    .hero{border-top:1px solid var(--rule);border-bottom:1px solid var(--rule);margin:28px 0 0;padding:26px 0 22px}
    .hero b{display:block;font-size:clamp(40px,9vw,72px);line-height:1.02;font-weight:680;letter-spacing:-.03em;
    font-variant-numeric:tabular-nums}
    .hero b span{font-size:.36em;font-weight:500;letter-spacing:0;color:var(--soft);margin-left:.35em}
    .hero p{margin:10px 0 0}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:20px 28px;
    margin:22px 0 0;padding:0}
    .tiles div{min-width:0}
    .tiles dt{font-size:14px;color:var(--soft)}
    .tiles dd{margin:0;font-size:24px;font-weight:600;font-variant-numeric:tabular-nums;line-height:1.3}
    .tiles dd small{display:block;font-size:13px;font-weight:400;color:var(--soft);line-height:1.4}
    .caution{border-left:4px solid var(--warn);background:var(--panel);padding:10px 16px;margin:18px 0 0;font-size:15px}
    .caution b{color:var(--warn)}
    .caution ul{margin:4px 0 0;padding-left:20px}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums;margin:10px 0 4px}
    th{font-weight:500;color:var(--soft);text-align:right;vertical-align:bottom;padding:6px 0 6px 18px;
    border-bottom:1px solid var(--ink)}
    td{text-align:right;padding:5px 0 5px 18px;border-bottom:1px solid var(--rule);white-space:nowrap}
    th.l,td.l{text-align:left}
    th:first-child,td:first-child{padding-left:0}
    td:first-child{white-space:normal}
    td small{display:block;color:var(--soft);font-size:12.5px;line-height:1.35}
    .slow{color:var(--slow);font-weight:600}.quick{color:var(--fast);font-weight:600}
    .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(310px,1fr));gap:26px 32px;margin-top:16px}
    .grid.two{grid-template-columns:repeat(auto-fill,minmax(min(100%,430px),1fr))}
    figure{margin:0;min-width:0;break-inside:avoid}
    figure b{font-weight:600;font-size:15px;overflow-wrap:anywhere}
    figcaption{line-height:1.4}
    svg{display:block;width:100%;height:auto;overflow:visible}
    svg.change{width:180px;height:22px;margin-left:auto}
    summary{cursor:pointer;color:var(--accent);font-size:15px;padding:10px 0}
    svg text{font:12px system-ui,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
    svg text.strong{fill:var(--ink);font-weight:600}svg text.warn{fill:var(--warn)}
    .axis{stroke:var(--old);stroke-width:1}.grid-line,line.grid{stroke:var(--rule);stroke-width:1}
    .band{fill:var(--band)}.fill{fill:var(--accent);opacity:.13}
    .curve,.rate{fill:none;stroke:var(--accent);stroke-width:1.8;stroke-linejoin:round}
    .old{fill:none;stroke:var(--old);stroke-width:1.5;stroke-dasharray:5 3}
    .median{stroke:var(--accent);stroke-width:1.8}.fence{stroke:var(--old);stroke-width:1;stroke-dasharray:2 3}
    .dot{fill:var(--accent);opacity:.75}.mild{fill:none;stroke:var(--warn);stroke-width:1.5}
    .severe{stroke:var(--slow);stroke-width:1.7}
    .slower{stroke:var(--slow);fill:var(--slow);stroke-width:2.2}.faster{stroke:var(--fast);fill:var(--fast);
    stroke-width:2.2}.plain{stroke:var(--old);fill:var(--old);stroke-width:2}
    .point{fill:var(--accent)}
    .r0{opacity:.42}.r1{opacity:.5}.r2{opacity:.58}.r3{opacity:.66}.r4{opacity:.74}.r5{opacity:.82}.r6{opacity:.9}
    .saturated{stroke-dasharray:2 3}
    .key{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:13.5px;color:var(--soft);padding:0;
    list-style:none;margin:8px 0}
    .key svg{display:inline-block;width:26px;height:12px;vertical-align:-1px;margin-right:6px}
    dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 24px;font-size:14.5px;margin:12px 0}
    .facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
    pre{background:var(--panel);padding:14px 16px;overflow-x:auto;font-size:13.5px;line-height:1.6;margin:10px 0}
    footer{margin-top:64px;padding-bottom:44px;color:var(--soft);font-size:14px}
    @media(max-width:700px){main,header,footer{padding:0 16px}header{padding-top:24px}h2{margin-top:40px}
    dl.facts{grid-template-columns:1fr;gap:0}.facts dd{margin-bottom:8px}.tiles{grid-template-columns:1fr 1fr;gap:16px}
    .tiles dd{font-size:20px}.grid{grid-template-columns:minmax(0,1fr)}
    thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    table,tbody{display:block}
    tr{display:grid;grid-template-columns:1fr 1fr;gap:0 20px;padding:10px 0;border-bottom:1px solid var(--rule)}
    td,td:first-child{display:flex;justify-content:space-between;gap:8px;padding:1px 0;border:0;min-width:0;
    white-space:normal}
    td:first-child,td.wide{grid-column:1/-1}td:first-child{display:block;font-weight:600}
    td small{font-weight:400}
    td[data-l]::before{content:attr(data-l);color:var(--soft);font-weight:400}td:empty{display:none}
    td.wide:has(svg)::before{font-size:12px}}
    @media print{:root{--bg:#fff;--ink:#000;--soft:#444;--rule:#ccc;--panel:#f3f3f3;--accent:#1d4b96;--band:#1d4b9622;
    --old:#777;--slow:#98210f;--fast:#125c38;--warn:#6f4700;color-scheme:light}
    @page{margin:14mm 12mm}body{font-size:10.5pt}nav{display:none}header{padding-top:0}main,header,footer{padding:0}
    h2,h3{break-after:avoid;margin-top:22pt}tr,figure,.caution,dl,pre{break-inside:avoid}pre{white-space:pre-wrap}
    .grid{grid-template-columns:1fr 1fr 1fr;gap:12pt 16pt}.grid.two{grid-template-columns:1fr 1fr}
    details::details-content{content-visibility:visible;display:block}
    thead{display:table-header-group}table{font-size:8.5pt}
    th,td{padding-left:8pt}}
    """
}
