"use strict";
// The charts and the table of a report. Texts from files are set as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { left: 64, right: 12, top: 22, bottom: 34 };
const ROWS_A_PAGE = 100;
// Bands of more alarms than this would cover the spectrogram.
const MOST_BOXES = 60;
const view = { lo: 0, hi: data.n_rows };

function node(name, attributes, text) {
  const made = document.createElement(name);
  for (const key in attributes || {}) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  return made;
}

function shape(parent, name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  parent.appendChild(made);
  return made;
}

// ---- numbers and times -------------------------------------------------------------------------

function valueAt(series, i) {
  const q = series.q[i];
  return q === null || q === undefined ? NaN : series.low + q * series.step;
}

function number(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) {
    return Number(value.toPrecision(3)).toExponential().replace("e+", "e");
  }
  return String(Number(value.toPrecision(6)));
}

function niceStep(span, count) {
  const rough = span / count;
  const power = Math.pow(10, Math.floor(Math.log10(rough)));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= rough * 0.999);
}

function ticks(lo, hi, count) {
  if (!(hi > lo)) return [lo];
  const step = niceStep(hi - lo, count);
  const found = [];
  for (let k = Math.ceil(lo / step - 1e-9); k * step <= hi + step * 1e-9; k++) found.push(k * step);
  return found;
}

const CLOCK_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
  172800, 604800, 1209600, 2592000, 7776000, 15552000, 31536000,
];

function timeTicks(lo, hi, count) {
  const { kind, start, step } = data.time;
  if (kind === "row") return ticks(lo, hi, count);
  const from = start + lo * step, to = start + hi * step, rough = (to - from) / count;
  const chosen = rough < 1 ? niceStep(to - from, count)
    : CLOCK_STEPS.find((each) => each >= rough) || niceStep(to - from, count);
  const found = [];
  for (let k = Math.ceil(from / chosen - 1e-9); k * chosen <= to; k++) {
    found.push((k * chosen - start) / step);
  }
  return found;
}

function digits() {
  const step = data.time.step;
  return step >= 1 ? 0 : step >= 1e-3 ? 3 : 6;
}

function clock(seconds, places) {
  const whole = Number(Math.abs(seconds).toFixed(places));
  const h = Math.floor(whole / 3600), m = Math.floor((whole % 3600) / 60);
  const s = (whole - h * 3600 - m * 60).toFixed(places).padStart(places ? places + 3 : 2, "0");
  return (seconds < 0 ? "-" : "") + h + ":" + String(m).padStart(2, "0") + ":" + s;
}

function date(seconds, places, withDay) {
  const zone = data.time.zone || "UTC";
  const options = { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit",
    day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  let parts = {};
  const moment = new Date(Math.floor(seconds + 1e-7) * 1000);
  try {
    for (const p of new Intl.DateTimeFormat("en-GB", options).formatToParts(moment)) {
      parts[p.type] = p.value;
    }
  } catch (error) {
    options.timeZone = "UTC";
    for (const p of new Intl.DateTimeFormat("en-GB", options).formatToParts(moment)) {
      parts[p.type] = p.value;
    }
  }
  const day = parts.year + "-" + parts.month + "-" + parts.day;
  let time = parts.hour + ":" + parts.minute;
  if (data.time.step < 60) time += ":" + parts.second;
  if (places) time += (seconds - Math.floor(seconds + 1e-7)).toFixed(places).slice(1);
  return withDay ? day + " " + time : [day, time];
}

function instant(row) {
  const seconds = data.time.start + row * data.time.step;
  if (data.time.kind === "date") return date(seconds, digits(), true);
  if (data.time.kind === "clock") return clock(seconds, digits());
  return String(Math.round(row));
}

function tickText(row, spacing) {
  const seconds = data.time.start + row * data.time.step;
  const apart = spacing * data.time.step;
  // Of a small negative number Math.round makes −0.
  if (data.time.kind === "row") return (Math.round(row) || 0).toLocaleString("en");
  const places = apart >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(apart) - 1e-9));
  if (data.time.kind === "clock") return clock(seconds, places);
  const [day, time] = date(seconds, places, false);
  if (apart >= 86400) return day;
  return apart >= 60 ? day.slice(5) + " " + time.slice(0, 5) : time;
}

const timeTitle = data.time.kind === "row" ? "row" : data.time.kind === "clock" ? "time (h:mm:ss)"
  : "time" + (data.time.zone ? " (" + data.time.zone + ")" : "");

// ---- charts --------------------------------------------------------------------------------------

function frame(host, height, x, y, xTitle, yTitle, xTicks, xText, label, yText = number) {
  host.replaceChildren();
  const width = Math.max(host.clientWidth || 320, 260);
  const svg = shape(host, "svg", { width, height, viewBox: "0 0 " + width + " " + height,
    role: "img", "aria-label": label });
  const inner = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top,
    bottom: height - MARGIN.bottom };
  const px = (v) => inner.left + (x.map(v) - x.map(x.lo)) / (x.map(x.hi) - x.map(x.lo) || 1)
    * (inner.right - inner.left);
  const py = (v) => inner.bottom - (y.map(v) - y.map(y.lo)) / (y.map(y.hi) - y.map(y.lo) || 1)
    * (inner.bottom - inner.top);
  const clipId = "clip" + (frame.count = (frame.count || 0) + 1);
  const clip = shape(shape(svg, "defs", {}), "clipPath", { id: clipId });
  shape(clip, "rect", { x: inner.left, y: inner.top, width: inner.right - inner.left,
    height: inner.bottom - inner.top });
  let lastY = Infinity;
  for (const v of y.ticks) {
    shape(svg, "line", { x1: inner.left, x2: inner.right, y1: py(v), y2: py(v), class: "grid" });
    if (Math.abs(py(v) - lastY) < 11) continue;
    lastY = py(v);
    shape(svg, "text", { x: inner.left - 6, y: py(v) + 4, class: "tick end" }, yText(v));
  }
  let lastEnd = -Infinity;
  for (const v of xTicks) {
    const text = xText(v), half = text.length * 3.3;
    const at = Math.min(Math.max(px(v), inner.left + half), inner.right - half);
    shape(svg, "line", { x1: px(v), x2: px(v), y1: inner.bottom, y2: inner.bottom + 4,
      class: "axis" });
    if (at - half < lastEnd + 8) continue;
    shape(svg, "text", { x: at, y: inner.bottom + 16, class: "tick middle" }, text);
    lastEnd = at + half;
  }
  shape(svg, "line", { x1: inner.left, x2: inner.right, y1: inner.bottom, y2: inner.bottom,
    class: "axis" });
  shape(svg, "text", { x: inner.right, y: height - 3, class: "title end" }, xTitle);
  shape(svg, "text", { x: 2, y: 13, class: "title" }, yTitle);
  const body = shape(svg, "g", { "clip-path": "url(#" + clipId + ")" });
  return { svg, body, inner, px, py };
}

function linear(lo, hi) {
  const few = ticks(lo, hi, 4);
  return { lo, hi, map: (v) => v, ticks: few.length > 1 ? few : ticks(lo, hi, 8) };
}

const logarithmic = (lo, hi) => ({ lo, hi, map: (v) => Math.log10(v), ticks: decades(lo, hi) });

function decades(lo, hi) {
  const found = [];
  const many = Math.log10(hi / lo) > 2.5;
  for (let p = Math.floor(Math.log10(lo)); p <= Math.ceil(Math.log10(hi)); p++) {
    for (const m of many ? [1] : [1, 2, 5]) {
      const v = m * Math.pow(10, p);
      if (v >= lo * 0.999 && v <= hi * 1.001) found.push(v);
    }
  }
  return found;
}

function padded(lo, hi) {
  if (!(hi >= lo)) return [0, 1];
  const room = (hi - lo || Math.abs(hi) || 1) * 0.06;
  return [lo - room, hi + room];
}

// The columns of a series between two rows, at most one a pixel: [first row, low, high] each.
function columns(series, offset, lo, hi, pixels) {
  const n = series.high.q.length, edge = series.edge;
  const begin = Math.max(0, Math.floor((lo - offset) / edge) - 1);
  const end = Math.min(n, Math.ceil((hi - offset) / edge) + 1);
  const group = Math.max(1, Math.floor((end - begin) / Math.max(pixels, 1)));
  const found = [];
  for (let i = begin; i < end; i += group) {
    let low = Infinity, high = -Infinity;
    for (let k = i; k < Math.min(i + group, end); k++) {
      const top = valueAt(series.high, k), bottom = series.low ? valueAt(series.low, k) : top;
      if (top > high) high = top;
      if (bottom < low) low = bottom;
    }
    found.push([offset + i * edge, low, high]);
  }
  return found;
}

function path(parts, px, py) {
  let text = "", pen = false;
  for (const [row, low, high] of parts) {
    if (!isFinite(high - low)) { pen = false; continue; }
    const x = px(row).toFixed(1);
    text += (pen ? "L" : "M") + x + " " + py(low).toFixed(1);
    if (high > low) text += "L" + x + " " + py(high).toFixed(1);
    pen = true;
  }
  return text || "M0 0";
}

function line(xs, ys, px, py) {
  let text = "", pen = false;
  for (let i = 0; i < xs.length; i++) {
    if (ys[i] === null || !isFinite(ys[i])) { pen = false; continue; }
    text += (pen ? "L" : "M") + px(xs[i]).toFixed(1) + " " + py(ys[i]).toFixed(1);
    pen = true;
  }
  return text || "M0 0";
}

function bars(body, inner, px, lo, hi, chosen) {
  const { first, last } = data.alarms;
  let end = -Infinity;
  for (let i = 0; i < first.length; i++) {
    if (last[i] < lo || first[i] > hi) continue;
    const left = px(first[i]), right = Math.max(px(last[i] + 1), left + 1);
    // Alarms closer than a pixel are one bar.
    if (right - end < 1 && i !== chosen) continue;
    end = Math.max(end, right);
    shape(body, "rect", { x: left, y: inner.top, width: right - left,
      height: inner.bottom - inner.top, class: i === chosen ? "alarm chosen" : "alarm" });
  }
}

function legend(host, parts) {
  const list = node("p", { class: "legend" });
  for (const [kind, text] of parts) {
    const item = node("span", {});
    item.appendChild(node("i", { class: "key " + kind }));
    item.appendChild(document.createTextNode(text));
    list.appendChild(item);
  }
  host.appendChild(list);
}

// ---- the signal and the score, which share their time --------------------------------------------

const timeCharts = [];
// Stretches that are known more finely than the whole signal.
const details = data.explained.map((one) => one.picture).concat(data.snippets);

function addTimeChart(height, draw) {
  const host = node("div", { class: "chart zoom", tabindex: "0" });
  document.getElementById("signals").appendChild(host);
  timeCharts.push({ host, height, draw });
  let from = null, mark = null;
  const rowAt = (event) => {
    const box = host.getBoundingClientRect();
    const share = (event.clientX - box.left - MARGIN.left) / (box.width - MARGIN.left - MARGIN.right);
    return view.lo + Math.min(Math.max(share, 0), 1) * (view.hi - view.lo);
  };
  host.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button) return;
    from = rowAt(event);
    mark = node("div", { class: "mark" });
    host.appendChild(mark);
    host.setPointerCapture(event.pointerId);
  });
  host.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const box = host.getBoundingClientRect(), to = rowAt(event);
    const at = (row) => MARGIN.left + (row - view.lo) / (view.hi - view.lo)
      * (box.width - MARGIN.left - MARGIN.right);
    mark.style.left = Math.min(at(from), at(to)) + "px";
    mark.style.width = Math.abs(at(to) - at(from)) + "px";
  });
  host.addEventListener("pointerup", (event) => {
    if (from === null) return;
    const to = rowAt(event), lo = Math.min(from, to), hi = Math.max(from, to);
    from = null;
    mark.remove();
    if (hi - lo > (view.hi - view.lo) / 100) setView(lo, hi);
    else clickAt(lo);
  });
  host.addEventListener("click", (event) => {
    if (event.pointerType && event.pointerType !== "mouse") clickAt(rowAt(event));
  });
  host.addEventListener("dblclick", () => setView(0, data.n_rows));
  host.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, rowAt(event));
  }, { passive: false });
  host.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -0.25, ArrowRight: 0.25 }[event.key];
    const factor = { "+": 0.5, "=": 0.5, "-": 2 }[event.key];
    if (move) shift(move);
    else if (factor) zoom(factor, (view.lo + view.hi) / 2);
    else if (event.key === "0") setView(0, data.n_rows);
    else return;
    event.preventDefault();
  });
}

function clickAt(row) {
  const near = (view.hi - view.lo) / 200;
  const { first, last } = data.alarms;
  for (let i = 0; i < first.length; i++) {
    if (row >= first[i] - near && row <= last[i] + near) { choose(i, true); return; }
  }
}

function setView(lo, hi) {
  const least = Math.min(16, data.n_rows);
  if (hi - lo < least) { const middle = (lo + hi) / 2; lo = middle - least / 2; hi = lo + least; }
  const span = Math.min(hi - lo, data.n_rows);
  view.lo = Math.max(0, Math.min(lo, data.n_rows - span));
  view.hi = view.lo + span;
  drawTime();
}

function zoom(factor, row) {
  setView(row - (row - view.lo) * factor, row + (view.hi - row) * factor);
}

function shift(share) {
  const by = share * (view.hi - view.lo);
  setView(view.lo + by, view.hi + by);
}

function drawTime() {
  for (const chart of timeCharts) chart.draw(chart.host, chart.height);
  document.getElementById("span").textContent = instant(view.lo) + " – " + instant(view.hi);
}

function timeFrame(host, height, y, title, label, yText) {
  const x = { lo: view.lo, hi: view.hi, map: (v) => v };
  const marks = timeTicks(view.lo, view.hi, Math.max(2, Math.floor((host.clientWidth || 320) / 150)));
  const spacing = marks.length > 1 ? marks[1] - marks[0] : view.hi - view.lo;
  return frame(host, height, x, y, timeTitle, title, marks, (v) => tickText(v, spacing), label,
    yText);
}

function drawSignal(channel) {
  return (host, height) => {
    const pixels = host.clientWidth || 320;
    let parts = columns(channel, 0, view.lo, view.hi, pixels);
    const detail = channel.edge > 1 && details.find((one) => one.channel === channel.index &&
      one.edge < channel.edge && one.row <= Math.ceil(view.lo) &&
      one.row + one.high.q.length * one.edge >= Math.floor(view.hi));
    if (detail) parts = columns(detail, detail.row, view.lo, view.hi, pixels);
    const coarse = !detail && channel.edge > 1 && view.hi - view.lo < 40 * channel.edge;
    const seen = parts.filter((one) => one[2] >= one[1]);
    const y = linear(...padded(Math.min(...seen.map((one) => one[1])),
      Math.max(...seen.map((one) => one[2]))));
    const note = coarse ? "; the page holds the extremes of " + channel.edge + " rows here" : "";
    const f = timeFrame(host, height, y, channel.title + note, "Signal of " + channel.title);
    bars(f.body, f.inner, f.px, view.lo, view.hi, chosen);
    if (!coarse) {
      shape(f.body, "path", { d: path(parts, f.px, f.py), class: "signal" });
      return;
    }
    for (const [row, low, high] of seen) {
      shape(f.body, "rect", { x: f.px(row), y: f.py(high), class: "column",
        width: f.px(row + channel.edge) - f.px(row), height: Math.max(f.py(low) - f.py(high), 1) });
    }
  };
}

function drawScore(host, height) {
  const step = data.score.step, detail = details.find((one) => one.channel === -1
    && one.row <= Math.ceil(view.lo)
    && one.row + one.high.q.length * one.edge * step >= Math.floor(view.hi));
  const found = detail || data.score;
  const series = { edge: found.edge * step, high: found.high };
  const parts = columns(series, detail ? detail.row : 0, view.lo, view.hi, host.clientWidth || 320)
    .map(([row, low, high]) => [row + data.score.step / 2, high, high]);
  const seen = parts.filter((one) => isFinite(one[2])).map((one) => one[2]);
  const y = linear(...padded(Math.min(0, ...seen), Math.max(data.score.threshold, ...seen)));
  const f = timeFrame(host, height, y, "score (standard deviations); dashed: threshold "
    + number(Number(data.score.threshold.toPrecision(3))), "Anomaly score");
  bars(f.body, f.inner, f.px, view.lo, view.hi, chosen);
  shape(f.body, "path", { d: path(parts, f.px, f.py), class: "score" });
  const at = f.py(data.score.threshold);
  shape(f.body, "line", { x1: f.inner.left, x2: f.inner.right, y1: at, y2: at, class: "threshold" });
  // The axis of p-values, which are those of the standard normal distribution.
  const marked = [];
  for (const [z, text] of data.score.p) {
    const mark = f.py(z);
    if (z < y.lo || z > y.hi || marked.some((each) => Math.abs(each - mark) < 14)) continue;
    shape(f.svg, "line", { x1: f.inner.right - 4, x2: f.inner.right, y1: mark, y2: mark,
      class: "axis" });
    shape(f.svg, "text", { x: f.inner.right - 7, y: mark + 4, class: "tick end over" }, "p " + text);
    marked.push(mark);
  }
}

// ---- the spectrogram -----------------------------------------------------------------------------

// The colour map viridis (Smith & van der Walt 2015) at nine points.
const VIRIDIS = [[68, 1, 84], [72, 40, 120], [62, 73, 137], [49, 104, 142], [38, 130, 142],
  [31, 158, 137], [53, 183, 121], [110, 206, 88], [253, 231, 37]];
const LAST_LEVEL = 254, GAP = 255, LINEAR_SHARE = 0.1;
let heard = data.spectrograms[0];

function colour(share) {
  const at = share * (VIRIDIS.length - 1), k = Math.min(Math.floor(at), VIRIDIS.length - 2);
  return VIRIDIS[k].map((low, i) => Math.round(low + (VIRIDIS[k + 1][i] - low) * (at - k)));
}
const PALETTE = Array.from({ length: LAST_LEVEL + 1 }, (_, i) => colour(i / LAST_LEVEL));

// The pixels of a spectrogram are decoded when it is first drawn.
function levels(found) {
  if (typeof found.pixels === "string") {
    found.pixels = Uint8Array.from(atob(found.pixels), (c) => c.charCodeAt(0));
  }
  return found.pixels;
}

// The position of each of n points between two edges in ascending edges, −1 outside of them.
function positions(edges, n, at) {
  const found = new Int32Array(n);
  let k = 0;
  for (let i = 0; i < n; i++) {
    const value = at(i);
    while (k < edges.length - 2 && edges[k + 1] <= value) k++;
    found[i] = value < edges[0] || value > edges[edges.length - 1] ? -1 : k;
  }
  return found;
}

function frequencyAxis(edges) {
  const top = edges[edges.length - 1], linear = top * LINEAR_SHARE;
  const [, size] = data.frequency_unit;
  const marks = ticks(0, linear / size, 2).map((v) => v * size);
  const decade = Math.pow(10, Math.floor(Math.log10(linear / size))) * size;
  for (const v of [1, 2, 5, 10, 20, 50, 100].map((m) => m * decade)) {
    if (v > linear * 1.1 && v <= top) marks.push(v);
  }
  return { lo: 0, hi: top, ticks: marks,
    map: (v) => (v <= linear ? v / linear : 1 + Math.log10(v / linear)),
    inverse: (u) => (u <= 1 ? u * linear : linear * Math.pow(10, u - 1)) };
}

function drawSpectrogram(host, height) {
  const fine = data.finer.filter((one) => one.channel === heard.channel
    && one.rows[0] <= Math.ceil(view.lo)
    && one.rows[one.rows.length - 1] >= Math.floor(view.hi));
  const extent = (one) => one.rows[one.rows.length - 1] - one.rows[0];
  const found = fine.sort((a, b) => extent(a) - extent(b))[0] || heard;
  const y = frequencyAxis(found.edges), [unit, size] = data.frequency_unit;
  const title = data.channels.find((one) => one.index === heard.channel).title;
  const f = timeFrame(host, height, y, "spectrogram of " + title + ", frequency (" + unit + ")",
    "Spectrogram of " + title, (v) => number(Number((v / size).toPrecision(6))));
  const { left, right, top, bottom } = f.inner;
  const canvas = node("canvas", { width: Math.round(right - left), height: bottom - top });
  // In shares of the chart, which paper may scale.
  const box = f.svg.viewBox.baseVal, percent = (part, all) => 100 * part / all + "%";
  canvas.style.left = percent(left, box.width);
  canvas.style.top = percent(top, box.height);
  canvas.style.width = percent(right - left, box.width);
  canvas.style.height = percent(bottom - top, box.height);
  const image = canvas.getContext("2d"), w = canvas.width, h = canvas.height;
  const pixels = image.createImageData(w, h), bytes = levels(found);
  const across = positions(found.rows, w, (i) => view.lo + (i + 0.5) / w * (view.hi - view.lo));
  const up = positions(found.edges, h, (i) => y.inverse((i + 0.5) / h * y.map(y.hi)));
  const n_bands = found.edges.length - 1;
  for (let i = 0; i < w; i++) {
    for (let k = 0; k < h; k++) {
      const level = across[i] < 0 || up[k] < 0 ? GAP : bytes[across[i] * n_bands + up[k]];
      if (level !== GAP) pixels.data.set([...PALETTE[level], 255], 4 * ((h - 1 - k) * w + i));
    }
  }
  image.putImageData(pixels, 0, 0);
  host.insertBefore(canvas, f.svg);
  for (const each of f.svg.querySelectorAll(".grid")) each.remove();
  const { first, last, low, high, channel } = data.alarms;
  const seen = order.filter((i) => channel[i] === heard.channel && last[i] >= view.lo
    && first[i] <= view.hi);
  for (const i of seen.length > MOST_BOXES ? seen.filter((one) => one === chosen) : seen) {
    const x = f.px(first[i]), edge = f.py(high[i]);
    for (const kind of ["halo", i === chosen ? "box chosen" : "box"]) {
      shape(f.body, "rect", { x, y: edge, width: Math.max(f.px(last[i] + 1) - x, 2),
        height: Math.max(f.py(low[i]) - edge, 2), class: kind });
    }
  }
  drawColours(found);
}

function drawColours(found) {
  const host = document.getElementById("colours"), [low, high] = found.limits;
  const channel = data.channels.find((one) => one.index === heard.channel);
  const bar = node("canvas", { width: 160, height: 10 }), image = bar.getContext("2d");
  for (let i = 0; i < 160; i++) {
    image.fillStyle = "rgb(" + colour(i / 159).join(",") + ")";
    image.fillRect(i, 0, 1, 10);
  }
  const unit = channel.unit ? "1 " + channel.unit : "the unit of the channel";
  host.replaceChildren(document.createTextNode("amplitude (dB re " + unit + "): " + low + " "),
    bar, document.createTextNode(" " + high
      + (data.alarms.first.length ? "; boxes: bands in which an alarm is strongest" : "")));
}

function listenTo(channel) {
  heard = data.spectrograms.find((one) => one.channel === channel) || heard;
  const menu = document.getElementById("heard");
  if (menu) menu.value = String(heard.channel);
}

function addSpectrogram() {
  if (data.spectrograms.length > 1) {
    const label = node("label", { class: "soft pick" }, "Spectrogram of ");
    const menu = label.appendChild(node("select", { id: "heard" }));
    for (const one of data.channels) {
      menu.appendChild(node("option", { value: one.index }, one.title));
    }
    menu.addEventListener("change", () => { listenTo(Number(menu.value)); drawTime(); });
    document.getElementById("signals").appendChild(label);
  }
  if (order.length) {
    const { z, channel } = data.alarms;
    listenTo(channel[order.reduce((best, i) => (z[i] > z[best] ? i : best), 0)]);
  }
  addTimeChart(210, drawSpectrogram);
}

// ---- the table -----------------------------------------------------------------------------------

let chosen = -1, sortKey = "first", sortUp = true, shownRows = ROWS_A_PAGE;
const order = data.alarms.first.map((_, i) => i);
const COLUMNS = [
  ["first", "alarm", (i) => String(data.alarms.number[i])],
  ["first", "start" + (data.time.kind === "row" ? " (row)" : ""), (i) => instant(data.alarms.first[i])],
  ["first", "rows", (i) => data.alarms.first[i].toLocaleString("en") + " – "
    + data.alarms.last[i].toLocaleString("en")],
  ["lasting", "duration", (i) => data.alarms.lasting[i]],
  ["z", "p-value", (i) => data.alarms.p[i]],
  ["channel", "channel", (i) => data.names[data.alarms.channel[i]]],
  ["band", "strongest at", (i) => data.alarms.band[i]],
];

function sortValue(key, i) {
  if (key === "lasting") return data.alarms.last[i] - data.alarms.first[i];
  if (key === "z") return -data.alarms.z[i];
  if (key === "channel") return data.names[data.alarms.channel[i]];
  return data.alarms[key][i];
}

function sortBy(key) {
  if (key === sortKey) sortUp = !sortUp;
  else { sortKey = key; sortUp = true; }
  order.sort((a, b) => {
    const x = sortValue(key, a), y = sortValue(key, b);
    return (x < y ? -1 : x > y ? 1 : a - b) * (sortUp ? 1 : -1);
  });
  drawTable();
}

function drawTable() {
  const host = document.getElementById("table");
  if (!order.length) return;
  const table = node("table", {}), head = node("tr", {});
  COLUMNS.forEach(([key, title]) => {
    const cell = node("th", { scope: "col" });
    const button = node("button", { type: "button" }, title);
    if (key === sortKey && title !== "alarm" && title !== "rows") {
      cell.setAttribute("aria-sort", sortUp ? "ascending" : "descending");
      button.textContent += sortUp ? " ▲" : " ▼";
    }
    button.addEventListener("click", () => sortBy(key));
    cell.appendChild(button);
    head.appendChild(cell);
  });
  table.appendChild(node("thead", {})).appendChild(head);
  const body = table.appendChild(node("tbody", {}));
  for (const i of order.slice(0, shownRows)) {
    const row = node("tr", { tabindex: "0", "data-alarm": data.alarms.number[i] });
    if (i === chosen) row.className = "chosen";
    COLUMNS.forEach(([, , text]) => row.appendChild(node("td", {}, text(i))));
    row.addEventListener("click", () => choose(i, false));
    row.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(i, false); });
    body.appendChild(row);
  }
  host.replaceChildren(table);
  if (order.length > shownRows) {
    const more = node("button", { type: "button", id: "more" }, "show "
      + Math.min(ROWS_A_PAGE * 5, order.length - shownRows) + " more of " + order.length);
    more.addEventListener("click", () => { shownRows += ROWS_A_PAGE * 5; drawTable(); });
    host.appendChild(more);
  }
}

function choose(i, stay) {
  chosen = i;
  listenTo(data.alarms.channel[i]);
  const { first, last } = data.alarms;
  const around = Math.max(4 * (last[i] - first[i] + 1), 256);
  if (!stay) setView(first[i] - around / 2, last[i] + around / 2);
  else drawTime();
  drawTable();
  const block = document.getElementById("alarm-" + data.alarms.number[i]);
  if (block) { block.open = true; drawExplained(block); }
  if (!stay) document.getElementById("signal").scrollIntoView({ block: "start" });
}

// ---- explanations --------------------------------------------------------------------------------

function drawAround(host, one) {
  const p = one.picture, count = p.high.q.length * p.edge;
  const lo = p.row, hi = p.row + count;
  const parts = columns(p, p.row, lo, hi, 2 * (host.clientWidth || 320));
  let all = parts;
  let over = null;
  if (p.similar) {
    over = columns(p.similar, p.similar.row, lo, hi, 2 * (host.clientWidth || 320));
    all = parts.concat(over);
  }
  const seen = all.filter((each) => each[2] >= each[1]);
  const y = linear(...padded(Math.min(...seen.map((each) => each[1])),
    Math.max(...seen.map((each) => each[2]))));
  const marks = timeTicks(lo, hi, Math.max(2, Math.floor((host.clientWidth || 320) / 150)));
  const spacing = marks.length > 1 ? marks[1] - marks[0] : hi - lo;
  const f = frame(host, 200, { lo, hi, map: (v) => v }, y, timeTitle, p.title, marks,
    (v) => tickText(v, spacing), "Signal around alarm " + one.number);
  bars(f.body, f.inner, f.px, lo, hi, -1);
  shape(f.body, "path", { d: path(parts, f.px, f.py), class: "signal" });
  const keys = [["signal", "signal"], ["alarm", "alarm"]];
  if (over) {
    shape(f.body, "path", { d: path(over, f.px, f.py), class: "normal" });
    keys.splice(1, 0, ["normal", "similar normal stretch, from " + p.similar.start]);
  }
  legend(host, keys);
}

function drawSpectrum(host, one) {
  const s = one.spectrum;
  if (!s) return;
  const x = logarithmic(s.frequency[0] * 0.95, s.frequency[s.frequency.length - 1] * 1.02);
  const all = s.inside.concat(s.normal, s.high);
  const y = linear(...padded(Math.max(Math.min(...all, ...s.low), Math.max(...all) - 100),
    Math.max(...all)));
  const slow = data.fs !== null && data.fs < 1;
  const unit = data.fs === null ? "cycles/sample" : slow ? "cycles/h" : "Hz";
  const scale = slow ? 3600 : 1;
  const f = frame(host, 220, x, y, "frequency (" + unit + ")", "amplitude (dB re " + (one.unit ? "1 " + one.unit
    : "the unit of the channel") + ")",
    decades(x.lo * scale, x.hi * scale).map((v) => v / scale), (v) => number(v * scale),
    "Spectrum of alarm " + one.number);
  for (const [, , change, low, high] of one.bands) {
    if (change === null) continue;
    const left = f.px(Math.max(low, x.lo)), right = f.px(Math.min(high, x.hi));
    shape(f.body, "rect", { x: left, y: f.inner.top, width: Math.max(right - left, 1),
      height: f.inner.bottom - f.inner.top, class: "alarm" });
  }
  const spread = line(s.frequency, s.high, f.px, f.py)
    + line(s.frequency.slice().reverse(), s.low.slice().reverse(), f.px, f.py).replace("M", "L") + "Z";
  shape(f.body, "path", { d: spread, class: "spread" });
  shape(f.body, "path", { d: line(s.frequency, s.normal, f.px, f.py), class: "normal" });
  shape(f.body, "path", { d: line(s.frequency, s.inside, f.px, f.py), class: "signal" });
  legend(host, [["signal", "inside the alarm"], ["normal", "normal"],
    ["spread", "normal frames, 5 % to 95 %"], ["alarm", "bands that carry the alarm"]]);
}

function drawEnvelope(host, one) {
  const e = one.envelope, last = e.frequency[e.frequency.length - 1];
  const x = linear(0, last), y = linear(0, Math.max(...e.amplitude) * 1.06);
  const f = frame(host, 200, x, y, "frequency (Hz)", "amplitude of the envelope ("
    + (one.unit || "unit of the channel") + ")", x.ticks, number, "Envelope spectrum of alarm "
    + one.number);
  for (const [name, , frequency, stands] of e.lines) {
    for (let k = 1; k <= e.harmonics; k++) {
      const at = f.px(k * frequency);
      shape(f.body, "line", { x1: at, x2: at, y1: f.inner.top, y2: f.inner.bottom,
        class: "defect " + name.toLowerCase() + (stands ? " stands" : "") });
    }
  }
  shape(f.body, "path", { d: line(e.frequency, e.amplitude, f.px, f.py), class: "signal" });
  legend(host, [["signal", "envelope"]].concat(e.lines.map(([name, part, frequency]) =>
    ["defect " + name.toLowerCase(), name + " (" + part + "), " + frequency.toFixed(1) + " Hz"])));
}

function drawExplained(block) {
  const one = data.explained.find((each) => "alarm-" + each.number === block.id);
  drawAround(block.querySelector(".around"), one);
  drawSpectrum(block.querySelector(".spectrum"), one);
  if (one.envelope) drawEnvelope(block.querySelector(".envelope"), one);
}

function addExplained() {
  const host = document.getElementById("explained");
  for (const one of data.explained) {
    const block = node("details", { id: "alarm-" + one.number });
    const summary = node("summary", {});
    summary.appendChild(node("b", {}, "Alarm " + one.number + " "));
    summary.appendChild(document.createTextNode(one.sentence));
    block.appendChild(summary);
    const list = node("dl", {});
    for (const key in one.details) {
      list.appendChild(node("dt", {}, key));
      list.appendChild(node("dd", {}, one.details[key]));
    }
    block.appendChild(list);
    block.appendChild(node("div", { class: "chart around" }));
    block.appendChild(node("div", { class: "chart spectrum" }));
    if (one.envelope) block.appendChild(node("div", { class: "chart envelope" }));
    block.addEventListener("toggle", () => { if (block.open) drawExplained(block); });
    host.appendChild(block);
  }
}

// ---- calibration ---------------------------------------------------------------------------------

function drawCalibration() {
  const c = data.calibration;
  const left = document.getElementById("quantiles"), right = document.getElementById("rates");
  const last = c.expected.length - 1;
  if (last >= 1) {
    const y = linear(...padded(Math.min(c.z[0], c.expected[0]),
      Math.max(c.z[last], c.expected[last], c.threshold)));
    const x = linear(...padded(c.expected[0], c.expected[last]));
    const f = frame(left, 260, x, y, "standard normal quantile",
      "standard score of " + c.steps, x.ticks, number,
      "Q–Q plot of the scores");
    shape(f.body, "path", { d: line([x.lo, x.hi], [x.lo, x.hi], f.px, f.py), class: "normal" });
    const at = f.py(c.threshold);
    shape(f.body, "line", { x1: f.inner.left, x2: f.inner.right, y1: at, y2: at,
      class: "threshold" });
    c.z.forEach((z, i) => shape(f.body, "circle", { cx: f.px(c.expected[i]).toFixed(1),
      cy: f.py(z).toFixed(1), r: 2.2, class: z > c.threshold ? "dot above" : "dot" }));
    legend(left, [["dot", "step"], ["dot above", "above the threshold"], ["normal", "as calibrated"],
      ["threshold", "threshold"]]);
  }
  const least = Math.min(...c.got.concat(c.away).filter((v) => v > 0), c.asked[0]);
  const x = logarithmic(c.asked[0], c.asked[c.asked.length - 1]), y = logarithmic(least, 1);
  const f = frame(right, 260, x, y, "false-alarm probability asked for",
    "share of steps with a smaller p-value", x.ticks, number, "Rates");
  const positive = (values) => values.map((v) => (v > 0 ? v : null));
  shape(f.body, "path", { d: line(c.asked, c.asked, f.px, f.py), class: "normal" });
  shape(f.body, "path", { d: line(c.asked, positive(c.got), f.px, f.py), class: "signal" });
  shape(f.body, "path", { d: line(c.asked, positive(c.away), f.px, f.py), class: "score" });
  const at = f.px(c.alpha);
  shape(f.body, "line", { x1: at, x2: at, y1: f.inner.top, y2: f.inner.bottom, class: "threshold" });
  legend(right, [["signal", "all steps"], ["score", "steps away from alarms"], ["normal", "as asked"],
    ["threshold", "alpha"]]);
}

// ---- all of it -----------------------------------------------------------------------------------

function drawAll() {
  drawTime();
  drawCalibration();
  for (const block of document.querySelectorAll("#explained details[open]")) drawExplained(block);
}

for (const channel of data.channels) addTimeChart(data.channels.length > 2 ? 130 : 190, drawSignal(channel));
addTimeChart(150, drawScore);
addSpectrogram();
addExplained();
drawTable();
drawAll();
document.getElementById("in").addEventListener("click", () => zoom(0.5, (view.lo + view.hi) / 2));
document.getElementById("out").addEventListener("click", () => zoom(2, (view.lo + view.hi) / 2));
document.getElementById("before").addEventListener("click", () => shift(-0.5));
document.getElementById("after").addEventListener("click", () => shift(0.5));
document.getElementById("whole").addEventListener("click", () => setView(0, data.n_rows));
let waiting = null;
addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(drawAll, 100); });
// Charts are drawn anew for the width of paper, where those of a screen would be scaled down.
addEventListener("beforeprint", () => {
  document.body.classList.add("paper");
  for (const block of document.querySelectorAll("details.settings, #explained details")) {
    block.open = true;
  }
  drawAll();
});
addEventListener("afterprint", () => {
  document.body.classList.remove("paper");
  drawAll();
});
document.body.dataset.ready = "yes";
