// What the browser tests measure in a page: each function returns its findings as sentences, an empty list when all is well.
(() => {
  const NEARLY = 1; // px: layouts are rounded
  const short = (element) => {
    const words = (element.getAttribute?.("alt") || element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 60);
    const name = element.closest?.("[data-demo]")?.dataset.demo || element.id || "";
    return `<${element.tagName.toLowerCase()}${element.className?.baseVal ?? element.className ? "." + String(element.className.baseVal ?? element.className).split(" ")[0] : ""}> ${name} “${words}”`;
  };
  const visible = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });

  // ------------------------------------------------------------------------------------------------ colours
  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const seen = new Map();
  /** Any CSS colour as [r, g, b, alpha], alpha from 0 to 1. */
  function colour(text) {
    if (!seen.has(text)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = text;
      brush.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
      seen.set(text, [r, g, b, a / 255]);
    }
    return seen.get(text);
  }
  const over = ([r, g, b, a], [u, v, w]) => [r * a + u * (1 - a), g * a + v * (1 - a), b * a + w * (1 - a), 1];
  function luminance([r, g, b]) {
    const linear = (c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  }
  /** The contrast of two opaque colours by WCAG 2: from 1 to 21. */
  function contrast(one, other) {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }
  /** The colour behind an element, and how opaque the element and its ancestors are. */
  function ground(element) {
    const layers = [];
    let opacity = 1;
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      layers.push(colour(style.backgroundColor));
      opacity *= Number(style.opacity);
    }
    return { behind: layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]), opacity };
  }

  // ------------------------------------------------------------------------------------------------ pictures
  /** The pictures of the page that carry something to read, with the width at which they are shown. */
  const pictures = () => [...document.querySelectorAll("article img")].filter(visible);

  async function source(image) {
    const text = await (await fetch(image.currentSrc || image.src)).text();
    return text.includes("<svg") ? text.slice(text.indexOf("<svg")) : null;
  }

  /** Call `use` with the picture's SVG as elements of this page, as wide as the picture is shown; null for a raster. */
  async function opened(image, use) {
    const text = await source(image).catch(() => null);
    if (!text) return null;
    const box = document.createElement("div");
    const shown = image.getBoundingClientRect();
    box.style.cssText = `position:absolute;left:0;top:0;width:${shown.width}px;height:${shown.height}px;overflow:visible`;
    const inside = box.attachShadow({ mode: "open" }); // its ids and styles are its own
    inside.innerHTML = text.replaceAll(":root", ":host");
    const svg = inside.querySelector("svg");
    svg.setAttribute("width", shown.width);
    svg.setAttribute("height", shown.height);
    document.body.append(box);
    try {
      return use(svg);
    } finally {
      box.remove();
    }
  }

  const GLYPH = 100; // matplotlib draws a letter as an outline of 100 units an em, and scales it to its size
  const isGlyph = (use) => /^#(DejaVu|STIX|Cm)/.test(use.getAttribute("href") ?? use.getAttribute("xlink:href") ?? "");

  /** The letters of an SVG: the em of each in px as shown, whether it is an index or exponent, and its box. */
  function letters(svg) {
    const drawn = [...svg.querySelectorAll("use")].filter(isGlyph).map((use) => {
      const { c, d } = use.getScreenCTM();
      const own = use.transform.baseVal.consolidate()?.matrix;
      return { em: GLYPH * Math.hypot(c, d), index: own ? Math.hypot(own.c, own.d) < 0.99 : false, box: use.getBoundingClientRect(), node: use };
    });
    const written = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim() && visible(text)).map((text) => {
      const { c, d } = text.getScreenCTM();
      return { em: parseFloat(getComputedStyle(text).fontSize) * Math.hypot(c, d), index: false, box: text.getBoundingClientRect(), node: text };
    });
    return [...drawn, ...written];
  }

  /** The smallest letter and the smallest index of every picture: {found: [{what, letter, index}], raster: count}; null: none. */
  async function smallest() {
    const found = [];
    let raster = 0;
    const least = (all, what) => {
      const size = (index) => all.reduce((least, one) => (one.index === index ? Math.min(least ?? one.em, one.em) : least), null);
      if (all.length) found.push({ what, letter: size(false), index: size(true), count: all.length });
    };
    for (const image of pictures()) {
      const all = await opened(image, letters);
      if (all) least(all, short(image));
      else raster += 1;
    }
    for (const svg of document.querySelectorAll("article figure svg")) least(letters(svg), short(svg.closest("figure")));
    return { found, raster };
  }

  // -------------------------------------------------------------------------------------------------- checks
  /** Ids that stand more than once. */
  function twice() {
    const count = new Map();
    for (const { id } of document.querySelectorAll("[id]")) count.set(id, (count.get(id) ?? 0) + 1);
    return [...count].filter(([, n]) => n > 1).map(([id, n]) => `id “${id}” stands ${n} times`);
  }

  /** Text with less contrast than `least` against what is behind it. */
  function faint(within, least) {
    const found = new Set();
    for (const root of document.querySelectorAll(within)) {
      const told = new Set(root.querySelectorAll("mjx-container")); // a formula's letters are no text nodes
      const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) if (walk.currentNode.data.trim()) told.add(walk.currentNode.parentElement);
      for (const element of told) {
        if (!visible(element)) continue;
        if (element.closest("script, style, svg, mjx-assistive-mml, option, [disabled], .headerlink")) continue;
        const { behind, opacity } = ground(element);
        const [r, g, b, a] = colour(getComputedStyle(element).color);
        const ratio = contrast(over([r, g, b, a * opacity], behind), behind);
        if (ratio < least) found.add(`contrast ${ratio.toFixed(1)} of ${short(element)}`);
      }
    }
    return [...found];
  }

  /** Captions that are light, small or pale. */
  function captions(least) {
    const all = [...document.querySelectorAll("article figcaption, article .book-demo-text, article p.caption")].filter(visible);
    return all.flatMap((caption) => {
      const told = [...caption.querySelectorAll("p")].concat(caption).filter((one) => one.textContent.trim());
      return told.flatMap((element) => {
        const { fontSize, fontWeight } = getComputedStyle(element);
        const small = parseFloat(fontSize) < least ? [`${fontSize} of ${short(element)}`] : [];
        return Number(fontWeight) < 400 ? [...small, `weight ${fontWeight} of ${short(element)}`] : small;
      });
    }).concat(faint("article figcaption, article p.caption", 4.5));
  }

  /** Figures, pictures and controls of which something lies outside the screen or is cut by a box around them. */
  function cut() {
    const found = [];
    for (const element of document.querySelectorAll("article :is(figure, figure img, figure svg, figure figcaption, figure input, figure select, figure button, figure output, img)")) {
      if (!visible(element)) continue;
      const box = element.getBoundingClientRect();
      if (!box.width) continue;
      let [left, right] = [0, document.documentElement.clientWidth];
      for (let around = element.parentElement; around; around = around.parentElement) {
        if (around === document.body || getComputedStyle(around).overflowX === "visible") continue;
        const inner = around.getBoundingClientRect();
        [left, right] = [Math.max(left, inner.left + around.clientLeft), Math.min(right, inner.left + around.clientLeft + around.clientWidth)];
      }
      const out = Math.max(left - box.left, box.right - right);
      if (out > NEARLY) found.push(`${out.toFixed(0)} px of ${short(element)} are cut off`);
    }
    return found;
  }

  /** Letters of pictures that lie outside their picture. */
  async function beyond() {
    const found = [];
    for (const image of pictures()) {
      const out = await opened(image, (svg) => {
        const edge = svg.getBoundingClientRect();
        return letters(svg).filter(({ box }) =>
          Math.max(edge.left - box.left, box.right - edge.right, edge.top - box.top, box.bottom - edge.bottom) > NEARLY,
        ).length;
      });
      if (out) found.push(`${out} letters lie outside ${short(image)}`);
    }
    return found;
  }

  /** A picture's pixels without its letters, in the theme that the page has. */
  async function bare(image) {
    const dark = document.documentElement.dataset.theme === "dark";
    const svg = new DOMParser().parseFromString(await source(image), "image/svg+xml");
    for (const use of svg.querySelectorAll("use")) if (isGlyph(use)) use.remove();
    const text = new XMLSerializer().serializeToString(svg).replace("@media(prefers-color-scheme:dark)", `@media ${dark ? "all" : "not all"}`);
    const still = new Image();
    still.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    await still.decode();
    const { width, height } = image.getBoundingClientRect();
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.ceil(width), height: Math.ceil(height) });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.fillStyle = `rgb(${ground(image).behind.slice(0, 3).join(" ")})`;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(still, 0, 0, width, height);
    URL.revokeObjectURL(still.src);
    return (x, y, w, h) => pen.getImageData(Math.floor(x), Math.floor(y), Math.max(1, Math.ceil(w)), Math.max(1, Math.ceil(h))).data;
  }

  /** Letters in pictures that do not stand out from what is drawn behind them: digits on cells, names on areas. */
  async function pale(least) {
    const found = [];
    for (const image of pictures()) {
      const all = await opened(image, (svg) => {
        const edge = svg.getBoundingClientRect();
        return letters(svg).map(({ node, box }) => {
          const { fill, fillOpacity, opacity } = getComputedStyle(node);
          const [r, g, b, a] = colour(fill);
          return { ink: [r, g, b, a * Number(fillOpacity) * Number(opacity)], x: box.left - edge.left, y: box.top - edge.top, w: box.width, h: box.height };
        });
      });
      if (!all?.length) continue;
      const pixels = await bare(image);
      let worst = 21;
      const weak = all.filter(({ ink, x, y, w, h }) => {
        const ratios = [];
        const data = pixels(x, y, w, h);
        for (let i = 0; i < data.length; i += 4) {
          const behind = [data[i], data[i + 1], data[i + 2], 1];
          ratios.push(contrast(over(ink, behind), behind));
        }
        const middle = ratios.sort((a, b) => a - b)[ratios.length >> 1];
        worst = Math.min(worst, middle);
        return middle < least;
      });
      if (weak.length) found.push(`${weak.length} of ${all.length} letters are pale, contrast down to ${worst.toFixed(1)}, in ${short(image)}`);
    }
    return found;
  }

  window.Measure = { pale, twice, faint, captions, cut, beyond, smallest, opened, pictures, letters, contrast, short };
})();
