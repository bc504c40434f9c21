"use strict";
const data = JSON.parse(document.getElementById("data").textContent);

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function fill(id, ...children) {
  document.querySelector(`#${id} > div`).replaceChildren(...children);
}

/* The value, wherever it stands in a text, in whatever case. */
function marked(text, value) {
  const parts = [];
  const wanted = value.toLowerCase();
  let at = 0;
  for (let hit; wanted && (hit = text.toLowerCase().indexOf(wanted, at)) >= 0; at = hit + value.length) {
    parts.push(text.slice(at, hit), element("mark", {}, text.slice(hit, hit + value.length)));
  }
  return [...parts, text.slice(at)];
}

function pairs(told) {
  return element("dl", { class: "kv" }, ...told.filter(([, value]) => value !== "" && value !== null)
    .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

function message(title, first, headers, body, value) {
  const head = [first, ...headers.map(([name, text]) => `${name}: ${text}`)].join("\n");
  return element("div", {}, element("h3", {}, title), element("pre", {}, ...marked(head, value)),
    body ? element("pre", {}, ...marked(body, value)) : null);
}

function exchange(step, value) {
  const status = step.status === null ? step.fault : String(step.status);
  return element("div", { class: "bodies" },
    message(`Step ${step.number}: ${step.role} asked`, `${step.method} ${step.url}`, step.request_headers, step.request_body, value),
    message(`and was answered ${status}`, status, step.headers, step.body, value));
}

function lanes(witness) {
  const roles = [...new Set([...witness.roles.map((role) => role.name), ...witness.steps.map((step) => step.role)])];
  const labels = Object.fromEntries(witness.roles.map((role) => [role.name, role.label]));
  const board = element("div", { class: "lanes", role: "group", "aria-label": "Steps by who sent them, in order of time" });
  board.style.setProperty("grid-template-columns", `max-content repeat(${witness.steps.length}, minmax(9rem, 1fr))`);
  const shown = element("div", { "aria-live": "polite" });
  const ordered = [...witness.steps].sort((a, b) => a.called_ns - b.called_ns);
  const buttons = [];
  function select(chosen) {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === chosen.button));
    const value = witness.value.toLowerCase();
    const owner = chosen.step.shows ? ordered.find((step) => step.role !== chosen.step.role
      && [step.request_body, step.body, ...step.headers.map((pair) => pair[1])].join("\n").toLowerCase().includes(value)) : null;
    shown.replaceChildren(...(owner ? [exchange(owner, witness.value)] : []), exchange(chosen.step, witness.value));
  }
  roles.forEach((role, row) => {
    const lane = element("div", { class: "lane" }, `${role}${labels[role] && labels[role] !== role ? ` (${labels[role]})` : ""}`);
    lane.style.setProperty("grid-row", row + 1);
    board.append(lane);
  });
  ordered.forEach((step, column) => {
    const how = step.together !== null ? `together, group ${step.together}` : step.hangs_up_ms !== null ? `hangs up after ${step.hangs_up_ms} ms` : "";
    const button = element("button", { class: step.shows ? "step shows" : "step", type: "button", "aria-pressed": "false",
      onclick: () => select({ step, button }) }, `${step.number}. ${step.operation}`,
      element("small", {}, `${step.method} ${step.url}`),
      element("small", {}, `${step.status ?? step.fault}, ${((step.returned_ns - step.called_ns) / 1e6).toFixed(1)} ms ${how}`));
    button.style.setProperty("grid-row", roles.indexOf(step.role) + 1);
    button.style.setProperty("grid-column", column + 2);
    buttons.push(button);
    board.append(button);
    if (step.shows) select({ step, button });
  });
  return [board, shown];
}

/* A finding, and in it those that are further symptoms of its leak. */
function finding(found, index) {
  const witness = found.shown_again;
  const details = element("details", { class: "finding" });
  const symptoms = data.findings.filter((each) => each.symptom_of === found.id);
  const more = symptoms.length ? ` (and ${symptoms.length} further symptoms)` : "";
  details.append(element("summary", {}, `${found.tolerated ? "Tolerated: " : ""}${found.headline}${more}`));
  details.open = index === 0;
  const draw = () => {
    if (details.dataset.drawn) return;
    details.dataset.drawn = "yes";
    details.append(pairs([
      ["property", `${found.property} (${found.kind})`], ["owner", found.owner], ["shown to", found.viewer],
      ["where", `${found.surface} ${found.place}`], ["decoded through", found.chain.join(" > ")],
      ["value", element("code", {}, found.value)], ["known by", found.rule], ["cause", found.cause],
      ["experiments", found.experiments.map((each) => `${each.change}: shown ${each.shown} of ${each.tries}`).join("; ")],
      ["found", `${found.count} times, first in ${found.trial}`],
      ["shown again", witness ? `${witness.reproduced} of ${witness.tries} replays${witness.minimal ? "; no step can be left out" : ""}` : ""],
      ["note", witness ? witness.note : ""],
      ["replay", witness ? element("code", {}, `python ${found.replay} --ready ready.json`) : ""],
    ]));
    if (witness) details.append(...lanes(witness));
    details.append(...symptoms.map((each) => finding(each)));
  };
  details.addEventListener("toggle", draw);
  if (details.open) draw();
  return details;
}

const SIGNS = { proven: "✓", violated: "✗", inconclusive: "?", excluded: "–" };

function state(cells) {
  if (cells.some((cell) => cell.state === "violated")) return "violated";
  const open = cells.filter((cell) => cell.state === "inconclusive");
  if (open.some((cell) => cell.cause !== "excluded" && cell.cause !== "not-tried")) return "inconclusive";
  return cells.some((cell) => cell.state === "proven") ? "proven" : "excluded";
}

function open(operation, property, cells) {
  const dialog = document.getElementById("cell");
  dialog.querySelector("h3").textContent = `${operation}: ${property}`;
  const rows = cells.map((cell) => element("tr", {}, element("td", {}, cell.surface || "all of it"), element("td", {}, cell.state),
    element("td", {}, String(cell.looks)), element("td", {}, cell.transplants ? `${cell.noticed} of ${cell.transplants}` : ""),
    element("td", {}, cell.reason)));
  const head = element("tr", {}, ...["surface", "state", "looks", "noticed", "reason"].map((name) => element("th", { scope: "col" }, name)));
  dialog.querySelector("div").replaceChildren(element("div", { class: "scroll" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows))));
  dialog.showModal();
}

function grid() {
  const operations = [...new Set(data.grid.map((cell) => cell.operation))];
  const properties = [...new Set(data.grid.map((cell) => cell.property))];
  const table = element("table", { class: "grid" });
  table.append(element("thead", {}, element("tr", {}, element("td"), ...properties.map((name) => element("th", { scope: "col" }, element("span", {}, name))))));
  const body = element("tbody");
  for (const operation of operations) {
    const row = element("tr", {}, element("th", { scope: "row" }, operation));
    for (const property of properties) {
      const cells = data.grid.filter((cell) => cell.operation === operation && cell.property === property);
      const is = cells.length ? state(cells) : "excluded";
      row.append(element("td", {}, element("button", { class: `state ${is}`, type: "button", title: `${operation}, ${property}: ${is}`,
        "aria-label": `${operation}, ${property}: ${is}`, onclick: () => open(operation, property, cells) }, SIGNS[is])));
    }
    body.append(row);
  }
  table.append(body);
  body.addEventListener("keydown", (event) => {
    const by = { ArrowUp: -properties.length, ArrowDown: properties.length, ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const all = [...body.querySelectorAll("button")];
    const next = all[all.indexOf(event.target) + by];
    if (by && next) { next.focus(); event.preventDefault(); }
  });
  const legend = element("ul", { class: "legend" }, ...Object.entries({ proven: "proven", violated: "violated", inconclusive: "not proven",
    excluded: "nothing to look at" }).map(([name, words]) => element("li", {}, element("i", { class: `state ${name}` }, SIGNS[name]), words)));
  return data.grid.length ? [element("div", { class: "panel scroll" }, table, legend)] : [element("p", { class: "soft" }, "Nothing was exercised.")];
}

function untested() {
  const open_ = data.grid.filter((cell) => cell.state === "inconclusive");
  const causes = [...new Set(open_.map((cell) => cell.cause))].sort();
  return causes.length ? causes.map((cause) => {
    const cells = open_.filter((cell) => cell.cause === cause);
    return element("details", {}, element("summary", {}, `${cause}: ${data.causes[cause]} (${cells.length})`),
      element("ul", {}, ...cells.map((cell) => element("li", {}, `${cell.operation}${cell.surface ? `, ${cell.surface}` : ""}, ${cell.property}: ${cell.reason}`))));
  }) : [element("p", { class: "soft" }, "Every cell of the grid is proven or violated.")];
}

function overlap() {
  const counts = new Map(data.overlapping.map((each) => [each.operations.join("\n"), each.count]));
  const names = [...new Set(data.overlapping.flatMap((each) => each.operations))].sort();
  if (!names.length) return [element("p", { class: "soft" }, "No two tenants' requests were in flight together.")];
  const most = Math.max(...counts.values());
  const table = element("table", { class: "matrix" });
  table.append(element("thead", {}, element("tr", {}, element("td"), ...names.map((name) => element("th", { scope: "col" }, element("span", {}, name))))));
  table.append(element("tbody", {}, ...names.map((one) => element("tr", {}, element("th", { scope: "row" }, one), ...names.map((other) => {
    const count = counts.get([one, other].join("\n")) ?? counts.get([other, one].join("\n")) ?? 0;
    const cell = element("td", { title: `${one} with ${other}: ${count}` }, element("span", { class: "skip" }, String(count)));
    if (count) cell.style.setProperty("background", `color-mix(in srgb, var(--accent) ${Math.round(15 + 85 * Math.log1p(count) / Math.log1p(most))}%, transparent)`);
    return cell;
  })))));
  return [element("div", { class: "panel scroll" }, element("p", { class: "soft" }, "Pairs of exchanges of different tenants, in flight at one moment; darker is more."), table)];
}

function quantile(sorted, share) {
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] : 0;
}

function latency() {
  const { total, operations, shown } = data.points;
  if (!shown.length) return [element("p", { class: "soft" }, "No exchange was recorded.")];
  const canvas = element("canvas", { role: "img", "aria-label": "Time of each answer over the run; the table below says the same in figures" });
  const rows = operations.map((name, index) => {
    const times = shown.filter((point) => point[0] === index).map((point) => point[2]).sort((a, b) => a - b);
    return element("tr", {}, element("th", { scope: "row" }, name), ...[times.length, quantile(times, 0.5).toFixed(1), quantile(times, 0.9).toFixed(1), quantile(times, 0.99).toFixed(1)]
      .map((figure) => element("td", { class: "mono" }, String(figure))));
  });
  const head = element("tr", {}, ...["operation", "shown", "median ms", "90 %", "99 %"].map((name) => element("th", { scope: "col" }, name)));
  const note = shown.length < total ? `${shown.length} of ${total} exchanges, evenly chosen.` : `${total} exchanges.`;
  const paint = () => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const last = Math.max(...shown.map((point) => point[1]), 1);
    const top = Math.max(...shown.map((point) => point[2]), 1);
    const [left, bottom] = [46, 22];
    pen.fillStyle = colour("--soft");
    pen.strokeStyle = colour("--line");
    pen.font = "12px system-ui, sans-serif";
    for (let exponent = -1; 10 ** exponent <= top * 1.01; exponent += 1) {
      const y = height - bottom - (height - bottom - 8) * Math.max(0, Math.log10(10 ** exponent / 0.1)) / Math.max(Math.log10(top / 0.1), 1);
      pen.beginPath(); pen.moveTo(left, y); pen.lineTo(width, y); pen.stroke();
      pen.fillText(`${10 ** exponent} ms`, 0, y + 4);
    }
    pen.fillText("0 s", left, height - 4);
    pen.fillText(`${(last / 1000).toFixed(0)} s`, width - 36, height - 4);
    pen.globalAlpha = 0.55;
    for (const [, called, took, status] of shown) {
      const x = left + (width - left - 8) * called / last;
      const y = height - bottom - (height - bottom - 8) * Math.max(0, Math.log10(Math.max(took, 0.1) / 0.1)) / Math.max(Math.log10(top / 0.1), 1);
      pen.fillStyle = colour(status >= 500 || status === 0 ? "--violated" : status >= 400 ? "--inconclusive" : "--accent");
      pen.fillRect(x - 1, y - 1, 3, 3);
    }
  };
  new ResizeObserver(paint).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  return [element("div", { class: "panel" }, element("p", { class: "soft" }, `${note} Blue: answered; amber: refused (4xx); red: failed, or hung up.`), canvas),
    element("details", {}, element("summary", {}, "In figures"), element("div", { class: "scroll" }, element("table", { class: "grid" }, element("thead", {}, head), element("tbody", {}, ...rows))))];
}

const warnings = data.warnings.map((each) => element("p", { class: "soft" }, `Warning: ${each.headline} (${each.count} trials)`));
const gone = data.baseline.map((each) => element("p", { class: "soft" }, `Baseline: ${each.id} (${each.owner}, until ${each.until}) is ${each.state}: ${each.reason}`));
const leaks = data.findings.filter((each) => each.symptom_of === null);
fill("findings", ...(leaks.length ? leaks.map(finding) : [element("p", { class: "soft" }, "None.")]), ...warnings, ...gone);
fill("grid", ...grid());
fill("untested", ...untested());
fill("overlap", ...overlap());
fill("latency", ...latency());
