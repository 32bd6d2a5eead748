// Paper is white and cannot be opened: while the page is printed it wears its light colours, and folded answers are open.
/** Follow the printing of `doc`; afterwards the screen is again what the reader chose, or the device's. */
export function startPrint(doc) {
  const view = doc.defaultView;
  const { dataset } = doc.documentElement;
  const device = () => (view.matchMedia?.("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  let folded = [];
  const paper = (printing) => {
    if (printing) folded = folded.concat([...doc.querySelectorAll("details.sd-dropdown:not([open])")]);
    for (const answer of folded) answer.open = printing;
    if (!printing) folded = [];
    dataset.theme = printing ? "light" : ["light", "dark"].includes(dataset.mode) ? dataset.mode : device();
  };
  view.matchMedia?.("print").addEventListener("change", (event) => paper(event.matches));
  view.addEventListener("beforeprint", () => paper(true));
  view.addEventListener("afterprint", () => paper(false));
}
