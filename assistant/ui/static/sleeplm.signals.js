// The recorded channels over one short window, one lane each, with epoch boundaries and events.
SleepLM.signals = function (element, props, watch, move) {
  const host = element.querySelector(".sl-lanes");
  const find = (name) => element.querySelector(`[data-role="${name}"]`);
  const HEAD = 20;  // px above the lanes, for epoch numbers and stages
  let plot = null, shown = null, wanted = null, gain = 1;

  const laneCenter = (i) => shown.channels.length - 1 - i;
  const narrow = () => host.clientWidth < 560;

  function scaleWords(c) {
    if (c.range !== null) return c.range;
    const half = Number((c.half / gain).toPrecision(3));
    return `±${half} ${c.unit}`;
  }

  // Shade events over the lanes that they were seen on, then the epoch boundaries over everything.
  function under(u) {
    const { ctx, bbox } = u, dpr = devicePixelRatio, n = shown.channels.length, lane = bbox.height / n;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    if (shown.highlight) {
      const a = u.valToPos(shown.highlight[0], "x", true), b = u.valToPos(shown.highlight[1], "x", true);
      ctx.fillStyle = "rgba(243, 190, 70, 0.11)";
      ctx.fillRect(a, bbox.top, b - a, bbox.height);
    }
    ctx.font = `${10 * dpr}px system-ui, "DejaVu Sans", sans-serif`;
    ctx.textBaseline = "top";
    ctx.textAlign = "left";
    for (const event of shown.events) {
      const left = u.valToPos(event.start_s, "x", true), width = u.valToPos(event.end_s, "x", true) - left;
      event.lanes.forEach((i, k) => {
        ctx.globalAlpha = 0.16;
        ctx.fillStyle = event.color;
        ctx.fillRect(left, bbox.top + i * lane, Math.max(width, dpr), lane);
        if (k === 0 && event.words) {
          ctx.globalAlpha = 1;
          ctx.fillText(event.words, Math.max(left, bbox.left) + 3 * dpr, bbox.top + i * lane + dpr);
        }
      });
    }
    ctx.restore();
  }

  function over(u) {
    const { ctx, bbox } = u, dpr = devicePixelRatio;
    ctx.save();
    ctx.font = `600 ${11 * dpr}px system-ui, "DejaVu Sans", sans-serif`;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    const every = Math.ceil((64 * dpr) / ((bbox.width * SleepLM.EPOCH_S) / (shown.end_s - shown.start_s)));
    shown.epochs.forEach((epoch, i) => {
      const x = u.valToPos(epoch.start_s, "x", true);
      ctx.strokeStyle = "#9aa7b2";
      ctx.lineWidth = dpr;
      ctx.setLineDash([4 * dpr, 3 * dpr]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top - HEAD * dpr);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.fillStyle = SleepLM.INK;
      if (i % every === 0) ctx.fillText(`${epoch.number} · ${epoch.stage}`, x + 5 * dpr, bbox.top - (HEAD / 2) * dpr);
    });
    ctx.textAlign = "right";
    shown.channels.forEach((c, i) => {
      const x = bbox.left - 8 * dpr, y = u.valToPos(laneCenter(i), "y", true);
      ctx.font = `600 ${11 * dpr}px system-ui, "DejaVu Sans", sans-serif`;
      ctx.fillStyle = SleepLM.INK;
      ctx.fillText(c.name, x, y - 6 * dpr);
      ctx.font = `${10 * dpr}px system-ui, "DejaVu Sans", sans-serif`;
      ctx.fillStyle = SleepLM.MUTED;
      ctx.fillText(scaleWords(c), x, y + 7 * dpr);
    });
    ctx.restore();
  }

  function lanes() {
    const n = shown.channels.length;
    const lane = Math.max(narrow() ? 30 : 31, Math.min(120, 380 / n));
    const ys = shown.channels.map((c, i) =>
      c.values.map((v) => (v === null ? null : laneCenter(i) + Math.max(-0.5, Math.min(0.5, (v / 2000) * (c.range !== null ? 0.92 : gain))))));
    const longest = Math.max(...shown.channels.map((c) => c.values.length));
    const xs = Array.from({ length: longest }, (_, i) => shown.start_s + (i + 0.5) * shown.step_s);
    return [lane, xs, ys];
  }

  function chart() {
    plot?.destroy();
    plot = null;
    host.replaceChildren();
    if (!shown || !host.clientWidth) return;
    if (!shown.channels.length) { host.append(SleepLM.el("p", "sl-muted", "No channel was recorded.")); return; }
    const [lane, xs, ys] = lanes(), n = shown.channels.length;
    const grid = { stroke: SleepLM.GRID, width: 1 };
    plot = new uPlot({
      width: host.clientWidth, height: Math.round(lane * n) + HEAD + 28,
      legend: { show: false },
      padding: [HEAD, 12, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      scales: { x: { time: false, range: [shown.start_s, shown.end_s] }, y: { range: [-0.5, n - 0.5] } },
      axes: [
        { stroke: SleepLM.MUTED, font: SleepLM.FONT, size: 26, gap: 4, grid, ticks: { show: false },
          splits: (u) => SleepLM.ticks(shown, shown.start_s, shown.end_s, u.over.clientWidth || host.clientWidth, 74),
          values: (u, at) => at.map((t) => SleepLM.clock(shown, t)) },
        { stroke: SleepLM.INK, font: SleepLM.FONT, size: narrow() ? 104 : 132, gap: 8, ticks: { show: false },
          splits: () => shown.channels.map((_, i) => laneCenter(i)),
          values: () => shown.channels.map(() => ""),
          grid: { show: false } },
      ],
      hooks: { drawClear: [under], draw: [over] },
      series: [{}, ...shown.channels.map((c) => ({ stroke: c.color, width: 1, points: { show: false }, spanGaps: false }))],
    }, [xs, ...ys], host);
  }

  function words() {
    find("where").textContent = shown.title;
    element.querySelectorAll("button[data-length]").forEach((b) =>
      b.setAttribute("aria-pressed", String(Number(b.dataset.length) === shown.length_s)));
    find("prev").disabled = shown.start_s <= 0;
    find("next").disabled = shown.end_s >= shown.duration_s;
    const list = find("captions");
    list.replaceChildren();
    for (const c of shown.captions) {
      list.append(SleepLM.el("dt", "", c.facet), SleepLM.el("dd", "", c.text));
    }
    find("caption-head").textContent = shown.caption_head;
  }

  function update() {
    shown = SleepLM.parse(props.value);
    wanted = shown?.start_s ?? null;
    element.classList.toggle("sl-none", !shown);
    chart();
    if (!shown) return;
    words();
    SleepLM.setPlace({ start_s: shown.start_s, end_s: shown.end_s, highlight: shown.highlight });
    const { top, bottom } = host.getBoundingClientRect();
    if (shown.reveal && (top > window.innerHeight - 120 || bottom < 120)) {
      element.scrollIntoView({ behavior: "smooth", block: "start" });
    }
  }

  function go(steps, length) {
    if (!shown) return;
    wanted = Math.max(0, (wanted ?? shown.start_s) + steps * (length ?? shown.length_s));
    move({ start_s: wanted, length_s: length ?? shown.length_s, keep: true });
  }

  find("prev").addEventListener("click", () => go(-1));
  find("next").addEventListener("click", () => go(1));
  element.querySelectorAll("button[data-length]").forEach((b) => b.addEventListener("click", () => go(0, Number(b.dataset.length))));
  find("louder").addEventListener("click", () => { gain = Math.min(16, gain * 2); chart(); });
  find("softer").addEventListener("click", () => { gain = Math.max(1 / 16, gain / 2); chart(); });
  host.addEventListener("keydown", (e) => {
    if (e.key === "ArrowLeft" || e.key === "ArrowRight") { e.preventDefault(); go(e.key === "ArrowLeft" ? -1 : 1); }
  });
  watch("value", update);
  SleepLM.onWidth(host, chart);
  update();
};
