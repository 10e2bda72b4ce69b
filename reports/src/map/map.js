"use strict";
(() => {
  const map = JSON.parse(document.getElementById("data").textContent);
  const element = (id) => document.getElementById(id);
  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  // Kinds of outcomes, the worst first: their sign, their class, and what they mean.
  const KINDS = {
    fails: ["✗", "fails", "refused, and a property is violated on the way"],
    breaks: ["!", "violates", "runs, and a property is violated"],
    incompatible: ["○", "incompatible", "refused: this shim does not work with this release and this configuration, whatever the pod"],
    refused: ["–", "refused", "refused, and no property is violated"],
    runs: ["✓", "runs", "runs, and no property is violated"],
  };
  const ORDER = Object.keys(KINDS);

  // The axes: the names of their places, and longer texts for those who look closer.
  const range = (versions) => (versions ? ` (${versions})` : "");
  const kubelet = (one) => `${one.id}, ${one.gates}`;
  const AXES = {
    containerd: { title: "containerd", names: map.containerd.map((one) => one.id), long: map.containerd.map((one) => one.id + range(one.versions)) },
    shim: { title: "shim", names: map.shims.map((one) => one.id), long: map.shims.map((one) => one.id + range(one.versions)) },
    kubelet: { title: "kubelet", names: map.kubelets.map(kubelet), long: map.kubelets.map(kubelet) },
    handler: { title: "handler", names: map.handlers, long: map.handlers },
    pod: { title: "pod", names: map.pods, long: map.pods },
  };
  const shown = { layout: "containerd,shim", property: "", pod: "0", handler: "0", containerd: "", shim: "", kubelet: "", hypothetical: "" };
  // The newest kubelet with its ordinary gate on.
  shown.kubelet = String(map.kubelets.findLastIndex((one) => one.gates === "gate on"));
  let chosen = null;

  const options = (select, names, any) => {
    if (any) select.append(make("option", { value: "" }, any));
    names.forEach((name, index) => select.append(make("option", { value: index }, name)));
  };
  options(element("property"), map.properties.map(([id]) => id), "any property");
  options(element("pod"), map.pods, "any pod");
  options(element("handler"), map.handlers, "any configuration");
  for (const axis of ["containerd", "shim", "kubelet"]) options(element(axis), AXES[axis].names, `any ${AXES[axis].title}`);

  const axes = () => shown.layout.split(",");
  const places = (axis) => {
    const all = AXES[axis].names.map((_, index) => index);
    const of = axis === "shim" && !shown.hypothetical ? all.filter((index) => !map.shims[index].hypothetical) : all;
    return axes().includes(axis) || shown[axis] === "" ? of : [Number(shown[axis])];
  };
  const kindOf = (story) => {
    const outcome = map.outcomes[map.stories[story].o];
    if (shown.property === "") return outcome.kind;
    const violated = (outcome.broken >>> Number(shown.property)) & 1;
    const ran = outcome.kind === "runs" || outcome.kind === "breaks";
    if (violated) return ran ? "breaks" : "fails";
    if (ran) return "runs";
    return outcome.kind === "fails" ? "refused" : outcome.kind;
  };
  // All combinations of a cell, each with its story.
  const each = (at, use) => {
    const of = (axis) => (axis in at ? [at[axis]] : places(axis));
    for (const containerd of of("containerd")) {
      for (const shim of of("shim")) {
        for (const handler of of("handler")) {
          const grid = map.cells[containerd][shim][handler];
          if (grid === null) continue;
          for (const kubelet of of("kubelet")) {
            const row = map.kubelets[kubelet].behaviour * map.pods.length;
            for (const pod of of("pod")) use({ containerd, shim, handler, kubelet, pod }, map.grids[grid][row + pod]);
          }
        }
      }
    }
  };
  const worst = (at) => {
    const counts = {};
    each(at, (_, story) => { const kind = kindOf(story); counts[kind] = (counts[kind] ?? 0) + 1; });
    return [ORDER.find((kind) => counts[kind]) ?? null, counts];
  };

  const draw = () => {
    const [down, across] = axes();
    const rows = places(down);
    const columns = places(across);
    const table = make("table", { class: "map", role: "grid", "aria-label": `${AXES[down].title} by ${AXES[across].title}` });
    const group = (column) => across === "shim" && column > 0 && map.shims[column].name !== map.shims[column - 1].name;
    const head = make("tr", {}, make("th", { scope: "col" }, `${AXES[down].title} ↓ ${AXES[across].title} →`));
    for (const column of columns) {
      head.append(make("th", { scope: "col", title: AXES[across].long[column], ...(group(column) ? { class: "group" } : {}) }, make("span", {}, AXES[across].names[column])));
    }
    table.append(make("thead", {}, head));
    const body = make("tbody");
    const totals = {};
    rows.forEach((row, y) => {
      const line = make("tr", {}, make("th", { scope: "row", title: AXES[down].long[row] }, AXES[down].names[row]));
      columns.forEach((column, x) => {
        const at = { [down]: row, [across]: column };
        const [kind, counts] = worst(at);
        totals[kind] = (totals[kind] ?? 0) + 1;
        const [sign, style] = kind ? KINDS[kind] : ["·", "none"];
        const told = kind ? ORDER.filter((one) => counts[one]).map((one) => `${counts[one]} ${KINDS[one][2]}`).join("; ") : "no such configuration";
        const label = `${AXES[down].title} ${AXES[down].names[row]}, ${AXES[across].title} ${AXES[across].names[column]}: ${told}`;
        const pressed = chosen && chosen[down] === row && chosen[across] === column;
        const button = make("button", {
          type: "button", class: style, title: label, "aria-label": label, "aria-pressed": pressed ? "true" : "false",
          tabindex: x === 0 && y === 0 ? "0" : "-1", "data-x": x, "data-y": y,
        }, sign);
        button.addEventListener("click", () => choose(at, button));
        line.append(make("td", group(column) ? { class: "group" } : {}, button));
      });
      body.append(line);
    });
    table.append(body);
    element("grid").replaceChildren(table);
    table.addEventListener("keydown", move);
    legend(totals);
    for (const axis of ["containerd", "shim", "kubelet"]) element(`for-${axis}`).hidden = axes().includes(axis);
    const kept = ["property", "pod", "handler", "containerd", "shim", "kubelet"].filter((name) => shown[name] !== "" && !axes().includes(name));
    element("chosen").textContent = kept.map((name) => name === "property" ? `property ${map.properties[shown[name]][0]}: ${map.properties[shown[name]][1]}` : `${AXES[name].title}: ${AXES[name].long[shown[name]]}`).join(" · ");
  };

  const legend = (totals) => {
    const entries = ORDER.map((kind) => {
      const [sign, style, text] = KINDS[kind];
      return make("li", {}, make("span", { class: `key ${style}`, "aria-hidden": "true" }, sign), `${text} (${totals[kind] ?? 0})`);
    });
    entries.push(make("li", {}, make("span", { class: "key none", "aria-hidden": "true" }, "·"), `no such configuration (${totals[null] ?? 0})`));
    element("legend").replaceChildren(...entries);
  };

  const move = (event) => {
    const button = event.target.closest("button");
    const table = event.currentTarget;
    if (!button) return;
    let [x, y] = [Number(button.dataset.x), Number(button.dataset.y)];
    const height = table.tBodies[0].rows.length;
    const width = table.tBodies[0].rows[0].cells.length - 1;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in steps) { x += steps[event.key][0]; y += steps[event.key][1]; }
    else if (event.key === "Home") x = 0;
    else if (event.key === "End") x = width - 1;
    else if (event.key === "PageUp") y = 0;
    else if (event.key === "PageDown") y = height - 1;
    else return;
    event.preventDefault();
    const next = table.tBodies[0].rows[Math.min(Math.max(y, 0), height - 1)].cells[1 + Math.min(Math.max(x, 0), width - 1)].firstChild;
    button.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };

  // What takes the place of the open names of a text.
  const filled = (number, at) => {
    const [named] = [[0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3][at.handler]];
    const shim = map.shims[at.shim];
    return map.texts[number].replaceAll("{type}", shim.types[named]).replaceAll("{shim}", shim.id).replaceAll("{binary}", shim.binary);
  };

  const words = (axis, set) => {
    const all = [...set].sort((a, b) => a - b);
    return all.length === AXES[axis].names.length ? `any ${AXES[axis].title}` : all.map((index) => AXES[axis].names[index]).join(", ");
  };

  const choose = (at, button) => {
    chosen = at;
    for (const other of document.querySelectorAll(".map button[aria-pressed=true]")) other.setAttribute("aria-pressed", "false");
    if (button) button.setAttribute("aria-pressed", "true");
    detail();
    remember();
    if (button) element("detail").focus({ preventScroll: true });
    element("detail").scrollIntoView({ block: "nearest" });
  };

  const detail = () => {
    const at = chosen;
    const to = element("detail");
    if (!at) return;
    const outcomes = new Map();
    each(at, (place, story) => {
      const outcome = map.stories[story].o;
      const known = outcomes.get(outcome) ?? { kind: kindOf(story), count: 0, first: place, story, sets: {} };
      known.count += 1;
      for (const [axis, index] of Object.entries(place)) (known.sets[axis] ??= new Set()).add(index);
      // The newest kubelet is the one that a reader meets.
      if (place.kubelet >= known.first.kubelet && place.handler === known.first.handler && place.pod === known.first.pod) { known.first = place; known.story = story; }
      outcomes.set(outcome, known);
    });
    const title = Object.entries(at).map(([axis, index]) => `${AXES[axis].title} ${AXES[axis].long[index]}`).join(", ");
    to.replaceChildren(make("h2", {}, title));
    if (outcomes.size === 0) to.append(make("p", {}, "There is no such configuration: this release does not know the key, or the shim has no such runtime type."));
    const sorted = [...outcomes].sort(([, a], [, b]) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || b.count - a.count);
    sorted.forEach(([number, found], index) => {
      const [sign, style] = KINDS[found.kind];
      const fold = make("details", {}, make("summary", {}, make("span", { class: `sign ${style}`, "aria-hidden": "true" }, sign), ` ${map.outcomes[number].text} `, make("span", { class: "mute" }, `(${found.count})`)));
      const list = make("ul", { class: "small" });
      for (const axis of ["containerd", "shim", "handler", "kubelet", "pod"]) {
        if (!(axis in at)) list.append(make("li", {}, `${AXES[axis].title}: ${words(axis, found.sets[axis])}`));
      }
      fold.append(list);
      fold.addEventListener("toggle", () => { if (fold.open && !fold.querySelector("svg")) run(fold, found); });
      to.append(fold);
      if (index === 0) fold.open = true;
    });
  };

  // One run: what breaks, the diagram, the steps.
  const run = (to, { first, story: number }) => {
    const story = map.stories[number];
    const which = ["containerd", "shim", "handler", "kubelet", "pod"].map((axis) => `${AXES[axis].title} ${AXES[axis].names[first[axis]]}`).join("; ");
    to.append(make("p", {}, `One of them: ${which}.`));
    for (const [property, what] of story.b ?? []) to.append(make("p", { class: "breaks" }, `✗ ${map.properties[property][0]}: ${filled(what, first)}`));
    const scroll = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Sequence diagram" });
    scroll.append(diagram(story.d.map((event) => map.events[event]), first));
    to.append(scroll);
    const steps = make("ol", { class: "steps" });
    for (const one of story.s.map((step) => map.steps[step])) {
      const text = (index) => filled(index, first);
      const item = make("li", {}, make("span", { class: "what" }, make("span", { class: "who" }, text(one.a)), ` ${text(one.e)}`));
      for (const [guard, inputs, decision] of one.g ?? []) item.append(make("span", { class: "more" }, make("b", {}, text(guard)), `: ${text(inputs)} ⇒ `, make("b", {}, text(decision))));
      if (one.r) item.append(make("span", { class: "more err" }, `✗ refused at ${text(one.r[0])}: ${text(one.r[1])}`));
      if (one.s) item.append(make("span", { class: "more" }, "→ ", make("b", {}, text(one.s[0])), `: ${text(one.s[1])}`));
      steps.append(item);
    }
    to.append(make("details", {}, make("summary", {}, `Step by step (${story.s.length})`), steps));
  };

  // The sequence diagram, as the command draws it.
  const LIFELINES = ["kubelet", "CRI plugin", "client", "tasks service", "shim", "OCI runtime"];
  const [SPACING, MARGIN, NOTE, GAP, PADDING, LINE, CHARACTER] = [200, 115, 220, 10, 5, 15, 12 * 0.58];
  const diagram = (events, at) => {
    const used = LIFELINES.map((_, index) => index).filter((index) => events.some((event) => ("message" in event ? event.message.slice(0, 2).includes(index) : "note" in event && event.note[0] === index)));
    const x = (lifeline) => MARGIN + used.indexOf(lifeline) * SPACING;
    const width = Math.max(2 * MARGIN, x(used.at(-1)) + MARGIN);
    const parts = [];
    const draw = (tag, attributes, text) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      if (text !== undefined) made.textContent = text;
      parts.push(made);
    };
    let y = 56;
    const lines = (all, middle, style) => {
      for (const line of all) { y += LINE; draw("text", { class: style, x: middle, y: y - 2, "text-anchor": "middle" }, line); }
    };
    const boxed = (middle, all, shape, style, fixed) => {
      const wide = fixed ?? Math.max(...all.map((line) => line.length)) * CHARACTER + 2 * PADDING;
      draw("rect", { class: shape, x: middle - wide / 2, y, width: wide, height: all.length * LINE + PADDING, rx: 4 });
      lines(all, middle, style);
      y += GAP;
    };
    for (const event of events) {
      if ("message" in event) {
        const [from, to, text, reply, bad] = event.message;
        const [start, end] = [x(from), x(to)];
        lines(wrapped(filled(text, at), Math.max(Math.abs(end - start), SPACING) - 16), (start + end) / 2, bad ? "bad" : "");
        y += 3;
        draw("line", { class: `arrow${bad ? " bad" : ""}${reply ? " reply" : ""}`, x1: start, y1: y, x2: end, y2: y });
        const back = end > start ? -8 : 8;
        if (bad) { const [near, far] = [end + back - 4, end + back + 4]; draw("path", { class: "arrow bad", d: `M${near} ${y - 4}L${far} ${y + 4}M${near} ${y + 4}L${far} ${y - 4}` }); }
        draw("path", { class: `tip${bad ? " bad" : ""}`, d: `M${end} ${y}l${back} -4v8z` });
        y += GAP;
      } else if ("note" in event) {
        const [over, text, bad] = event.note;
        boxed(x(over), wrapped(filled(text, at), NOTE - 2 * PADDING), bad ? "badbox" : "note", bad ? "bad" : "note");
      } else {
        boxed(width / 2, wrapped(filled(event.fault, at), width - 40), "faultbox", "fault", width - 20);
      }
    }
    const height = y + 16;
    const body = parts.splice(0);
    for (const lifeline of used) {
      draw("line", { class: "life", x1: x(lifeline), y1: 38, x2: x(lifeline), y2: height - 8 });
      draw("rect", { class: "head", x: x(lifeline) - 55, y: 10, width: 110, height: 28, rx: 5 });
      draw("text", { x: x(lifeline), y: 28, "text-anchor": "middle" }, LIFELINES[lifeline]);
    }
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, value] of Object.entries({ class: "d", role: "img", "aria-label": "Who sends what to whom", viewBox: `0 0 ${width} ${height}`, width, height })) svg.setAttribute(name, value);
    svg.append(...parts, ...body);
    return svg;
  };
  const wrapped = (text, pixels) => {
    const most = Math.max(8, Math.floor(pixels / CHARACTER));
    const all = [];
    let line = "";
    for (let word of text.split(/\s+/).filter(Boolean)) {
      if (line && word.length > most - line.length - 1) { all.push(line); line = ""; }
      while (word.length > most) {
        let cut = most;
        for (let at = most - 1; at >= most / 2; at -= 1) if ("./{,".includes(word[at])) { cut = at + 1; break; }
        all.push(word.slice(0, cut));
        word = word.slice(cut);
      }
      line += (line ? " " : "") + word;
    }
    if (line) all.push(line);
    return all;
  };

  // What is shown stands in the address, so that it can be passed on.
  const remember = () => {
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(shown)) words.set(name, value);
    if (chosen) words.set("cell", Object.values(chosen).join(","));
    history.replaceState(null, "", `#${words}`);
  };
  const recall = () => {
    const words = new URLSearchParams(location.hash.slice(1));
    const valid = { layout: [...element("layout").options].map((one) => one.value), hypothetical: ["", "1"] };
    for (const name of Object.keys(shown)) {
      const value = words.get(name);
      const allowed = valid[name] ?? [...element(name).options].map((one) => one.value);
      if (value !== null && allowed.includes(value)) shown[name] = value;
    }
    const cell = (words.get("cell") ?? "").split(",").map(Number);
    const [down, across] = axes();
    const inside = cell.length === 2 && AXES[down].names[cell[0]] !== undefined && AXES[across].names[cell[1]] !== undefined;
    chosen = words.has("cell") && inside ? { [down]: cell[0], [across]: cell[1] } : null;
    for (const name of Object.keys(shown)) {
      if (name === "hypothetical") element(name).checked = shown[name] === "1";
      else element(name).value = shown[name];
    }
  };
  element("filters").addEventListener("submit", (event) => event.preventDefault());
  element("filters").addEventListener("change", (event) => {
    const { id } = event.target;
    shown[id] = id === "hypothetical" ? (event.target.checked ? "1" : "") : event.target.value;
    if (id === "layout" || id === "hypothetical") {
      chosen = null;
      element("detail").replaceChildren(make("p", { class: "mute" }, "No cell is chosen."));
    }
    draw();
    detail();
    remember();
  });
  recall();
  draw();
  detail();
  addEventListener("hashchange", () => { recall(); draw(); detail(); });
})();
