// What the views share: clock times, the place in the night that is shown, and how a chart keeps its width.
window.SleepLM = {
  EPOCH_S: 30,
  INK: "#1c2b36",
  MUTED: "#5c6b77",
  GRID: "#e6eaee",
  ACCENT: "#0b6380",
  FONT: '11px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", Arial, sans-serif',
  parse: (text) => (text ? JSON.parse(text) : null),

  // Wall-clock time where the recording has one, else the time since it began.
  clock(night, seconds, withSeconds = true) {
    const two = (n) => String(n).padStart(2, "0");
    const total = Math.floor(seconds + 1e-6) + (night.clock_s ?? 0);
    const h = Math.floor(total / 3600), m = Math.floor(total / 60) % 60, s = total % 60;
    const hours = night.clock_s === null ? String(h) : two(h % 24);
    return withSeconds ? `${hours}:${two(m)}:${two(s)}` : `${hours}:${two(m)}`;
  },

  // Ticks at whole clock times, as far apart as the width asks.
  ticks(night, from, to, widthPx, minPx) {
    const steps = [1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800];
    const step = steps.find((s) => (s / (to - from)) * widthPx >= minPx) || 14400;
    const offset = night.clock_s ?? 0, out = [];
    for (let t = Math.ceil((from + offset) / step) * step - offset; t <= to; t += step) {
      if (((to - t) / (to - from)) * widthPx >= 16) out.push(t);  // a label at the very edge would be cut
    }
    return out;
  },

  el(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  },

  // The window shown and the stretch that a citation points at; whoever draws it listens.
  place: { start_s: 0, end_s: 0, highlight: null },
  setPlace(place) {
    SleepLM.place = place;
    document.dispatchEvent(new CustomEvent("sleeplm:place"));
  },

  // Shade the cited stretch and the shown window behind a chart of the whole night.
  shadePlace(u) {
    const { ctx, bbox } = u, { start_s, end_s, highlight } = SleepLM.place;
    const band = (from, to, color, minWidth) => {
      const left = Math.max(u.valToPos(from, "x", true), bbox.left);
      const right = Math.min(u.valToPos(to, "x", true), bbox.left + bbox.width);
      if (right < bbox.left) return;
      ctx.fillStyle = color;
      ctx.fillRect(left, bbox.top, Math.max(right - left, minWidth), bbox.height);
    };
    ctx.save();
    if (highlight) band(highlight[0], highlight[1], "rgba(243, 190, 70, 0.32)", 2 * devicePixelRatio);
    band(start_s, end_s, "rgba(11, 99, 128, 0.75)", 2 * devicePixelRatio);
    ctx.restore();
  },

  // Redraw when the width of the host changes (also when it first gets one).
  onWidth(host, draw) {
    let width = 0;
    new ResizeObserver(() => {
      const now = Math.floor(host.clientWidth);
      if (now && now !== width) { width = now; draw(); }
    }).observe(host);
  },

  // Buttons that carry a place of the night or a question.
  onButtons(element, send) {
    element.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-start], button[data-ask], button[data-copy], button[data-csv]");
      if (!button) return;
      const d = button.dataset;
      if (d.start !== undefined) send("cite", { start_s: Number(d.start), end_s: Number(d.end) });
      else if (d.ask !== undefined) send("ask", { question: d.ask });
      else if (d.copy !== undefined) SleepLM.copy(button, d.copy);
      else SleepLM.save(d.csv, d.name);
    });
  },

  async copy(button, text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // pages not served over https or localhost have no clipboard
      const area = SleepLM.el("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = before; }, 1500);
  },

  save(text, name) {
    const link = SleepLM.el("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  },
};

// One look: the charts are drawn for a light page, whatever the system prefers.
new MutationObserver(() => {
  if (document.body?.classList.contains("dark")) document.body.classList.remove("dark");
}).observe(document.documentElement, { subtree: true, attributes: true, attributeFilter: ["class"] });
