/// What makes a flame graph's file answer: style and script, inside the file. Names of functions reach the script as
/// attributes and leave it as text: they are never markup or code.
enum FlameScript {
  static let style = """
    svg{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
    svg:root{background:#fdfdfc}.page{fill:#fdfdfc}.f{cursor:pointer}
    .f rect{stroke:#fdfdfc;stroke-width:.6}.f text{fill:#16181d;pointer-events:none}
    .f:hover rect{stroke:#16181d;stroke-width:1.2}.more{fill:#e9e9e6}.f .more+text{fill:#666}
    .f.up{opacity:.55}.dim rect{opacity:.28}.dim text{opacity:.45}
    .hit rect{fill:#f5d90a;stroke:#8a6d00}.hit text{fill:#16181d}
    .head{font:13px/1.45 system-ui,sans-serif;color:#16181d;padding:9px 12px 0;box-sizing:border-box}
    .head h1{font-size:17px;margin:0}.head p{margin:0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
    .line{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:center;gap:2px 16px;min-height:25px}
    .line p{color:#55585f}#found{color:#16181d;font-weight:600;flex:none}
    .tools{display:flex;gap:6px;flex:none}
    .head input,.head button{font:inherit;color:inherit;background:#fff;
    border:1px solid #b9bcc4;border-radius:5px;padding:2px 8px}
    .head input{width:210px}.head button{cursor:pointer}
    .head :focus-visible{outline:2px solid #2563eb;outline-offset:1px}
    #detail{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px;padding:3px 0}
    .head p.legend{white-space:normal;display:flex;flex-wrap:wrap;gap:2px 12px;font-size:12px}
    .head .key{border:0;background:none;padding:0;display:inline-flex;gap:5px;align-items:center}
    .head .key[aria-pressed=true]{text-decoration:underline}
    @media print{.tools{display:none}}

    """

  static let darkStyle = """
    svg:root{background:#15171b}.page{fill:#15171b}
    .f rect{stroke:#15171b}.f text{fill:#eceef2}.f:hover rect{stroke:#fff}
    .more{fill:#2a2c31}.f .more+text{fill:#a5a8b0}.hit rect{fill:#e3c400;stroke:#fff3a6}.hit text{fill:#16181d}
    .head,#found{color:#eceef2}.line p{color:#a5a8b0}.line #found{color:#eceef2}
    .head input,.head button{background:#22252b;border-color:#4a4e57}

    """

  static let script = """
    'use strict';
    (() => {
    const root = document.documentElement, boxes = document.getElementById('boxes');
    const head = document.querySelector('.head');
    const search = document.getElementById('search'), found = document.getElementById('found');
    const detail = document.getElementById('detail'), reset = document.getElementById('reset');
    const total = +root.dataset.total, unit = root.dataset.unit, idle = detail.textContent;
    const frames = [...boxes.querySelectorAll('.f')].map(g => ({
      g, rect: g.querySelector('rect'), text: g.querySelector('text'), name: g.dataset.n, x: +g.dataset.x,
      w: +g.dataset.w, d: +g.dataset.d, own: +g.dataset.s, more: !!g.dataset.more,
      tip: g.querySelector('title').textContent.split('\\n')[0]}));
    const keys = [...document.querySelectorAll('.key')];
    let zoom = frames[0], marked = '';
    root.setAttribute('width', '100%');

    const percent = n => (100 * n).toFixed(n < 0.1 ? 2 : 1) + ' %';
    const group = n => String(n).replace(/\\B(?=(\\d{3})+$)/g, '\\u202f');

    function cut(name, pixels) {
      const room = Math.floor((pixels - 7) / 7.25);
      return name.length <= room ? name : room < 3 ? '' : name.slice(0, room - 1) + '\\u2026';
    }

    // The legend takes as many lines as the window's width makes it.
    function place() {
      const height = Math.ceil(head.getBoundingClientRect().height) + 10;
      head.parentNode.setAttribute('height', height);
      boxes.setAttribute('y', height);
      root.setAttribute('height', height + +boxes.getAttribute('height'));
    }

    function draw() {
      place();
      const width = boxes.getBoundingClientRect().width || 1200, end = zoom.x + zoom.w;
      for (const f of frames) {
        const isUp = f.d < zoom.d && f.x <= zoom.x && f.x + f.w >= end;
        const isIn = f.d >= zoom.d && f.x >= zoom.x && f.x + f.w <= end;
        f.g.style.display = isUp || isIn ? '' : 'none';
        f.g.classList.toggle('up', isUp);
        if (!isUp && !isIn) continue;
        const x = isUp ? 0 : (f.x - zoom.x) / zoom.w, w = isUp ? 1 : f.w / zoom.w;
        f.rect.setAttribute('x', 100 * x + '%');
        f.rect.setAttribute('width', 100 * w + '%');
        f.text.setAttribute('x', 100 * x + '%');
        f.text.textContent = w * width < 22 ? '' : cut(f.name, w * width);
      }
    }

    function matcher(words) {
      const lower = words.toLowerCase();
      try { return new RegExp(words, 'i'); } catch { return {test: s => s.toLowerCase().includes(lower)}; }
    }

    // Nested matches are counted once: what they cover of the samples.
    function mark() {
      const words = search.value.trim(), test = words ? matcher(words) : null, hits = [];
      for (const f of frames) {
        const isHit = test ? f.d > 0 && !f.more && test.test(f.tip) : marked && f.rect.classList.contains(marked);
        f.g.classList.toggle('hit', !!(test && isHit));
        f.g.classList.toggle('dim', !!((test || marked) && !isHit));
        if (isHit) hits.push(f);
      }
      for (const key of keys) key.setAttribute('aria-pressed', key.dataset.m === marked);
      if (!test) { found.textContent = ''; return; }
      let covered = 0, end = -1;
      hits.sort((a, b) => a.x - b.x || b.w - a.w);
      for (const f of hits) if (f.x + f.w > end) {
        covered += f.x + f.w - Math.max(f.x, end);
        end = f.x + f.w;
      }
      const names = new Set(hits.map(f => f.tip)).size;
      found.textContent = hits.length ? percent(covered / total) + ' in ' + names +
        (names === 1 ? ' function' : ' functions') : 'no function matches';
    }

    function show(f) {
      if (!f) { detail.textContent = idle; return; }
      let words = f.tip + ': ' + group(f.w) + ' ' + unit + ', ' + percent(f.w / total);
      if (zoom.d > 0) words += ' (' + percent(f.w / zoom.w) + ' of the zoomed)';
      if (f.own) words += '; itself ' + percent(f.own / total);
      detail.textContent = words;
    }

    function clear() { search.value = ''; marked = ''; mark(); search.blur(); }
    function all() { zoom = frames[0]; draw(); }
    const at = event => { const g = event.target.closest('.f'); return g && frames.find(f => f.g === g); };
    boxes.addEventListener('click', event => { const f = at(event); if (f) { zoom = f; draw(); show(f); } });
    boxes.addEventListener('mouseover', event => show(at(event)));
    boxes.addEventListener('mouseleave', () => show(null));
    search.addEventListener('input', () => { marked = ''; mark(); });
    reset.addEventListener('click', () => { clear(); all(); show(null); });
    for (const key of keys) key.addEventListener('click', () => {
      search.value = '';
      marked = marked === key.dataset.m ? '' : key.dataset.m;
      mark();
    });
    window.addEventListener('resize', draw);
    window.addEventListener('keydown', event => {
      const isFind = (event.ctrlKey || event.metaKey) && event.key === 'f';
      // A second Ctrl-F is the browser's own search.
      if ((isFind || event.key === '/') && document.activeElement !== search) {
        event.preventDefault();
        search.focus();
        search.select();
      } else if (event.key === 'Escape') {
        if (search.value || marked) clear(); else { all(); show(null); }
      }
    });
    // FILE.svg#search=WORDS and #zoom=FUNCTION open with that.
    for (const [key, value] of new URLSearchParams(location.hash.slice(1))) {
      if (key === 'search') { search.value = value; mark(); }
      if (key === 'zoom') zoom = frames.filter(f => f.tip.includes(value)).sort((a, b) => b.w - a.w)[0] || zoom;
    }
    draw();
    })();
    """
}
