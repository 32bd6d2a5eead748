/** Make an element: element(doc, "p", {class: "x"}, "text" or nodes…). Text is never read as HTML. */
export function element(doc, tag, attributes = {}, ...children) {
  const out = doc.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== false) out.setAttribute(name, value);
  out.append(...children);
  return out;
}

/** Make a button that calls `act`. */
export function button(doc, text, act, attributes = {}) {
  const out = element(doc, "button", { type: "button", ...attributes }, text);
  out.addEventListener("click", act);
  return out;
}
