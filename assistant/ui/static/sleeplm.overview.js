// The whole night: hypnogram, how likely its stages are, events by type, quality, SpO2. A click moves the signal window.
SleepLM.overview = function (element, props, watch, move) {
  const host = element.querySelector(".sl-overview");
  const readout = element.querySelector(".sl-readout");
  const REM = "#b3364a", UNSURE = "#c98a1b";
  let night = null, plots = [];

  const level = (stage) => night.stage_kinds[stage]?.level ?? null, color = (stage) => night.stage_kinds[stage].color;
  const stack = () => [...night.likelihood.stages].sort((a, b) => level(a) - level(b));  // from the floor up

  const gutter = () => (host.clientWidth < 560 ? 104 : 132);

  function options(height, x, y, hooks, series) {
    const axis = { stroke: SleepLM.MUTED, font: SleepLM.FONT, grid: { stroke: SleepLM.GRID, width: 1 }, ticks: { show: false } };
    return {
      width: host.clientWidth, height,
      legend: { show: false },
      padding: [6, 12, x ? 0 : 4, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false }, sync: { key: "sleeplm-night" } },
      scales: { x: { time: false, range: [0, night.duration_s] }, y: { range: y.range } },
      axes: [
        { ...axis, show: true, size: x ? 26 : 0, gap: 4,
          splits: (u) => SleepLM.ticks(night, 0, night.duration_s, u.over.clientWidth || host.clientWidth, 58),
          values: (u, at) => at.map((t) => (x ? SleepLM.clock(night, t, false) : "")) },
        { ...axis, size: gutter(), gap: 8, splits: () => y.splits, values: () => y.labels,
          stroke: SleepLM.INK, grid: { stroke: SleepLM.GRID, width: 1, show: y.grid } },
      ],
      hooks: { drawClear: [SleepLM.shadePlace], ...hooks },
      series: [{}, ...series],
    };
  }

  function hypnogram(last) {
    const n = night.stages.length;
    const xs = Array.from({ length: n + 1 }, (_, i) => i * SleepLM.EPOCH_S);
    const rows = night.stages.map((s) => level(s));
    const rem = (u) => {
      u.ctx.save();
      u.ctx.fillStyle = REM;
      const y = u.valToPos(level("R"), "y", true), thick = 4 * devicePixelRatio;
      for (let i = 0; i < n; i++) {
        if (night.stages[i] !== "R") continue;
        let end = i;
        while (night.stages[end + 1] === "R") end++;
        const left = u.valToPos(xs[i], "x", true), right = u.valToPos(xs[end + 1], "x", true);
        u.ctx.fillRect(left, y - thick / 2, Math.max(right - left, 1), thick);
        i = end;
      }
      if (night.likelihood) unsureAndKey(u);
      u.ctx.restore();
    };
    const depths = night.stages.includes("NREM") ? ["", "NREM", ""] : ["N3", "N2", "N1"];  // the heart does not tell them apart
    const y = { range: [-0.5, 4.5], splits: [0, 1, 2, 3, 4], labels: [...depths, "R", "W"], grid: true };
    const series = [{ stroke: SleepLM.INK, width: 1.3, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) }];
    return [options(last ? 142 : 116, last, y, { draw: [rem] }, series), [xs, [...rows, rows[n - 1] ?? null]]];
  }

  // Marks under the epochs whose stage is uncertain, and the colours of the likelihoods beside the stages' names.
  function unsureAndKey(u) {
    const { ctx, bbox } = u, dpr = devicePixelRatio, size = 7 * dpr;
    ctx.fillStyle = UNSURE;
    for (const epoch of night.likelihood.unsure) {
      const left = u.valToPos((epoch - 1) * SleepLM.EPOCH_S, "x", true);
      ctx.fillRect(left, bbox.top + bbox.height - 4 * dpr, Math.max(u.valToPos(epoch * SleepLM.EPOCH_S, "x", true) - left, dpr), 4 * dpr);
    }
    for (const stage of stack()) {
      ctx.fillStyle = color(stage);
      ctx.fillRect(bbox.left - 40 * dpr, u.valToPos(level(stage), "y", true) - size / 2, size, size);
    }
  }

  function likelihood(last) {
    const n = night.stages.length, { percents } = night.likelihood;
    const bars = (u) => {
      const { ctx } = u;
      ctx.save();
      for (let i = 0; i < n; i++) {
        const left = Math.round(u.valToPos(i * SleepLM.EPOCH_S, "x", true));
        const right = Math.round(u.valToPos((i + 1) * SleepLM.EPOCH_S, "x", true));
        let below = 0;
        for (const stage of stack()) {
          const share = percents[night.likelihood.stages.indexOf(stage)][i];
          if (!share) continue;
          const top = u.valToPos(below + share, "y", true);
          ctx.fillStyle = color(stage);
          ctx.fillRect(left, top, Math.max(right - left, 1), u.valToPos(below, "y", true) - top);
          below += share;
        }
      }
      SleepLM.shadePlace(u);
      ctx.restore();
    };
    const y = { range: [0, 100], splits: [0, 50, 100], labels: ["", "Likelihood", ""], grid: false };
    return [options(last ? 74 : 48, last, y, { draw: [bars] }, [{ points: { show: false } }]), [[0, night.duration_s], [null, null]]];
  }

  function quality(last) {
    const lanes = night.quality, count = lanes.length;
    const bars = (u) => {
      const { ctx } = u, tall = 6 * devicePixelRatio;
      ctx.save();
      lanes.forEach((lane, i) => {
        const y = u.valToPos(count - 1 - i, "y", true);
        for (const [first, last_, , usable] of lane.spans) {
          const left = u.valToPos((first - 1) * SleepLM.EPOCH_S, "x", true), right = u.valToPos(last_ * SleepLM.EPOCH_S, "x", true);
          ctx.fillStyle = usable ? "#e3c283" : "#b9606e";
          ctx.fillRect(left, y - tall / 2, Math.max(right - left, devicePixelRatio), tall);
        }
      });
      ctx.restore();
    };
    const y = { range: [-0.6, count - 0.4], splits: lanes.map((_, i) => count - 1 - i), labels: lanes.map((lane) => `${lane.name} quality`), grid: true };
    return [options(count * 13 + (last ? 36 : 10), last, y, { draw: [bars] }, [{ points: { show: false } }]), [[0, night.duration_s], [null, null]]];
  }

  function events(last) {
    const lanes = night.lanes, count = lanes.length;
    const bars = (u) => {
      u.ctx.save();
      lanes.forEach((lane, i) => {
        u.ctx.fillStyle = lane.color;
        const y = u.valToPos(count - 1 - i, "y", true), tall = 10 * devicePixelRatio;
        for (const [start, duration] of lane.spans) {
          const left = u.valToPos(start, "x", true), right = u.valToPos(start + duration, "x", true);
          u.ctx.fillRect(left, y - tall / 2, Math.max(right - left, 1.5 * devicePixelRatio), tall);
        }
      });
      u.ctx.restore();
    };
    const y = {
      range: [-0.6, count - 0.4],
      splits: lanes.map((_, i) => count - 1 - i),
      labels: lanes.map((lane) => `${host.clientWidth < 560 ? lane.short : lane.words} ${lane.spans.length}`),
      grid: true,
    };
    const data = [[0, night.duration_s], [null, null]];
    return [options(count * 15 + (last ? 36 : 10), last, y, { draw: [bars] }, [{ points: { show: false } }]), data];
  }

  function oxygen(last) {
    const { step_s, values } = night.spo2, low = Math.min(88, ...values.filter((v) => v !== null));
    const floor = Math.max(0, Math.floor((low - 1) / 5) * 5);
    const xs = values.map((_, i) => (i + 0.5) * step_s);
    const splits = [floor, Math.round((floor + 100) / 20) * 10, 100];
    const y = { range: [floor - 1, 101], splits, labels: splits.map((v) => (v === 100 ? "SpO₂ 100%" : `${v}%`)), grid: true };
    const series = [{ stroke: "#b5522b", width: 1.2, points: { show: false }, spanGaps: false }];
    return [options(last ? 84 : 62, last, y, {}, series), [xs, values]];
  }

  function draw() {
    plots.forEach((p) => p.destroy());
    plots = [];
    night = SleepLM.parse(props.value);
    host.replaceChildren();
    if (!night || !host.clientWidth) return;
    element.querySelector(".sl-hypnogram-source").textContent = night.source_words;
    element.querySelector(".sl-badge").hidden = !night.simulated;
    const kinds = [];
    if (night.stages.some((s) => s !== "?")) kinds.push(hypnogram);
    if (night.likelihood) kinds.push(likelihood);
    if (night.lanes.length) kinds.push(events);
    if (night.spo2) kinds.push(oxygen);
    if (night.quality.length) kinds.push(quality);
    if (!kinds.length) {  // nothing was staged or scored: an empty time line still moves the window
      kinds.push((last) => [options(60, last, { range: [0, 1], splits: [], labels: [], grid: false }, {}, [{}]), [[0, night.duration_s], [null, null]]]);
    }
    kinds.forEach((kind, i) => {
      const [opts, data] = kind(i === kinds.length - 1);
      opts.hooks.setCursor = [(u) => tell(u)];
      const plot = new uPlot(opts, data, host);
      plot.over.addEventListener("click", (e) => move(plot.posToVal(e.clientX - plot.over.getBoundingClientRect().left, "x")));
      plots.push(plot);
    });
    element.querySelector(".sl-notes").textContent = night.notes.join(" ");
  }

  function tell(u) {
    if (u.cursor.left === null || u.cursor.left < 0) { readout.textContent = ""; return; }
    const t = u.posToVal(u.cursor.left, "x"), epoch = Math.min(Math.floor(t / SleepLM.EPOCH_S), night.n_epochs - 1);
    const stage = night.stages[epoch];
    const here = night.lanes.filter((lane) => lane.spans.some(([s, d]) => s <= t && t <= s + Math.max(d, night.duration_s / 1500)));
    const faults = night.quality.flatMap((lane) => {
      const reasons = lane.spans.filter(([first, last]) => first <= epoch + 1 && epoch < last).map((span) => span[2]);
      return reasons.length ? [`${lane.name}: ${reasons.join(", ")}`] : [];
    });
    readout.textContent = [SleepLM.clock(night, t), `epoch ${epoch + 1}`, stageWords(stage, epoch), ...here.map((l) => l.words), ...faults].join(" · ");
  }

  // The stage, and where it is not an expert's how likely it and the next one are.
  function stageWords(stage, epoch) {
    if (stage === "?" || !stage) return "unscored";
    if (!night.likelihood) return stage;
    const shares = night.likelihood.stages.map((name, i) => [night.likelihood.percents[i][epoch], name]).filter(([p]) => p >= 5).sort((a, b) => b[0] - a[0]);
    return shares.length ? shares.slice(0, 2).map(([p, name]) => `${name} ${p}%`).join(", ") : stage;
  }

  host.addEventListener("keydown", (e) => {
    const step = { ArrowLeft: -SleepLM.EPOCH_S, ArrowRight: SleepLM.EPOCH_S, PageUp: -600, PageDown: 600 }[e.key];
    if (!step) return;
    e.preventDefault();
    move(Math.max(0, SleepLM.place.start_s + step));
  });
  document.addEventListener("sleeplm:place", () => plots.forEach((p) => p.redraw(false)));
  watch("value", draw);
  SleepLM.onWidth(host, draw);
};
