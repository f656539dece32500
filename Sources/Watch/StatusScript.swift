extension StatusPage {
  /// Texts of the feed go into the page as text only, never as markup.
  static let script = #"""
    "use strict";
    const $ = id => document.getElementById(id);
    const SVG = "http://www.w3.org/2000/svg";
    const make = (name, text, kind) => {
      const node = document.createElement(name);
      if (text !== undefined) node.textContent = text;
      if (kind && kind !== "plain") node.className = kind;
      return node;
    };
    const draw = (name, attributes) => {
      const node = document.createElementNS(SVG, name);
      for (const key in attributes) node.setAttribute(key, attributes[key]);
      return node;
    };
    const digits = (value, most) => value.toLocaleString("en-US", { maximumFractionDigits: most });
    const write = {
      count: v => v >= 1e6 ? digits(v / 1e6, 2) + "M" : v >= 1e4 ? digits(v / 1e3, 1) + "k" : digits(v, 0),
      perSecond: v => write.count(v),
      seconds: v => v >= 60 ? digits(v / 60, 1) + " min" : v >= 1 ? digits(v, 2) + " s"
        : v >= 1e-3 ? digits(v * 1e3, 1) + " ms" : digits(v * 1e6, 0) + " µs",
    };
    // The next round number above: 1, 2 or 5 times a power of ten.
    const ceiling = value => {
      if (!(value > 0)) return 1;
      const power = Math.pow(10, Math.floor(Math.log10(value)));
      for (const step of [1, 2, 5, 10]) if (value <= step * power * 1.0001) return step * power;
      return value;
    };
    const SPAN = 300, LEFT = 50, HEIGHT = 118;

    const chart = (box, data) => {
      const write1 = write[data.unit] || String;
      const last = series => series.values.length ? series.values[series.values.length - 1] : null;
      const words = series => { const v = last(series); return v === null ? "–" : write1(v); };
      const caption = make("figcaption", data.title);
      caption.append(make("small", data.note));
      data.series.forEach((series, i) => {
        const key = make("span", (data.series.length > 1 ? series.name + " " : "") + words(series));
        key.className = "key" + (i ? " two" : "") + (data.bars ? " bars" : "");
        caption.append(key);
      });
      const width = Math.max(160, box.clientWidth - 24), height = innerWidth <= 600 ? 84 : HEIGHT;
      const bottom = height - 16, inner = width - LEFT;
      let most = 0, any = false;
      for (const series of data.series) for (const v of series.values) {
        if (v !== null) { any = true; most = Math.max(most, v); }
      }
      const top = data.unit === "seconds" ? ceiling(most || 1e-3) : Math.max(data.bars ? 1 : 10, ceiling(most));
      const x = (i, n) => LEFT + inner * (SPAN - n + i) / (SPAN - 1);
      const y = v => bottom - (bottom - 6) * v / top;
      const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", preserveAspectRatio: "none" });
      svg.setAttribute("aria-label", `${data.title}, ${data.note}: ` +
        data.series.map(s => `${s.name} now ${words(s)}`).join(", ") + `; highest in five minutes ${write1(most)}`);
      for (const part of [0, 0.5, 1]) {
        const at = y(top * part);
        svg.append(draw("line", { class: "grid", x1: LEFT, x2: width, y1: at, y2: at }));
        if (part === 0.5 && data.unit === "count" && top < 2) continue;
        const label = draw("text", { x: LEFT - 6, y: at + 4, "text-anchor": "end" });
        label.textContent = write1(top * part).replace(/^0 .*/, "0");
        svg.append(label);
      }
      for (const [ago, anchor] of [[5, "start"], [2.5, "middle"], [0, "end"]]) {
        const label = draw("text", { x: LEFT + inner * (1 - ago / 5), y: height - 2, "text-anchor": anchor });
        label.textContent = ago ? `−${ago} min` : "now";
        svg.append(label);
      }
      if (!any) {
        const label = draw("text", { x: LEFT + inner / 2, y: bottom / 2 + 14, "text-anchor": "middle" });
        label.textContent = "nothing measured yet";
        svg.append(label);
      }
      data.series.forEach((series, k) => {
        const n = series.values.length;
        if (data.bars) {
          const wide = Math.max(1.5, inner / SPAN);
          series.values.forEach((v, i) => {
            if (!v) return;
            const at = { class: "bar", x: x(i, n) - wide / 2, width: wide, y: y(v), height: bottom - y(v) };
            svg.append(draw("rect", at));
          });
          return;
        }
        let path = "", isDown = false, first = 0, run = [];
        const close = () => {
          if (run.length === 1) path += "h0.1";
          if (k === 0 && run.length > 1 && data.series.length === 1)
            svg.append(draw("path", { class: "area", d: `M${run[0][0]} ${bottom}`
              + run.map(p => `L${p[0]} ${p[1]}`).join("")
              + `L${run[run.length - 1][0]} ${bottom}Z` }));
          run = [];
        };
        series.values.forEach((v, i) => {
          if (v === null) { close(); isDown = false; return; }
          const point = [x(i, n).toFixed(1), y(v).toFixed(1)];
          path += (isDown ? "L" : "M") + point[0] + " " + point[1];
          isDown = true;
          run.push(point);
        });
        close();
        svg.append(draw("path", { class: "line" + (k ? " two" : ""), d: path }));
      });
      box.replaceChildren(caption, svg);
    };

    const table = (box, data) => {
      const whole = make("table"), head = make("tr");
      whole.append(make("caption", data.title));
      for (const column of data.columns) {
        const cell = make("th", column.title, column.number ? "number" : "");
        cell.scope = "col";
        head.append(cell);
      }
      const body = make("tbody");
      for (const row of data.rows) {
        const line = make("tr");
        row.forEach(([text, tone], i) => {
          const cell = make("td", text, tone);
          if (i === 0) cell.title = text;
          if (data.columns[i].number) cell.classList.add("number");
          line.append(cell);
        });
        body.append(line);
      }
      const top = make("thead");
      top.append(head);
      whole.append(top, body);
      box.replaceChildren(whole);
    };

    const boxes = (parent, count, name, kind) => {
      while (parent.children.length < count) parent.append(make(name, undefined, kind));
      while (parent.children.length > count) parent.lastChild.remove();
      return Array.from(parent.children);
    };
    const say = (words, isGood) => {
      if ($("words").textContent !== words) $("words").textContent = words;
      $("state").className = isGood ? "is-good" : "is-bad";
    };
    const show = data => {
      document.title = `${data.ready ? "" : "! "}${data.state} · quotewire`;
      $("source").textContent = data.title;
      $("time").textContent = "as of " + data.time.replace("T", " ").replace(/\..*Z/, " UTC");
      say(data.ready ? `${data.state}, all well` : `${data.state}, not ready`, data.ready);
      $("reasons").hidden = data.reasons.length === 0;
      $("reasons").replaceChildren(...data.reasons.map(reason => make("li", reason)));
      $("tiles").replaceChildren(...data.tiles.map(tile => {
        const box = make("div");
        box.append(make("dt", tile.label), make("dd", tile.value, tile.tone));
        return box;
      }));
      boxes($("charts"), data.charts.length, "figure").forEach((box, i) => chart(box, data.charts[i]));
      boxes($("tables"), data.tables.length, "div", "table").forEach((box, i) => table(box, data.tables[i]));
    };

    let latest = null;
    const ask = async () => {
      try {
        const answer = await fetch("status.json", { cache: "no-store", signal: AbortSignal.timeout(5000) });
        if (!answer.ok) throw new Error(answer.status);
        latest = await answer.json();
        show(latest);
      } catch (error) {
        say("no answer from the run; figures are from before", false);
      }
      setTimeout(ask, document.hidden ? 5000 : 1000);
    };
    addEventListener("resize", () => latest && show(latest));
    ask();
    """#
}
