// A reader's answers as a notebook file, and back.

/** Return the notebook's text with the reader's code in place; outputs of changed cells go. */
export function withAnswers(text, cells) {
  const book = JSON.parse(text);
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  for (const cell of book.cells) {
    const mine = byId.get(cell.id);
    if (cell.cell_type !== "code" || !mine || mine.code === mine.original) continue;
    cell.source = mine.code;
    cell.outputs = [];
    cell.execution_count = null;
  }
  return JSON.stringify(book, null, 1) + "\n";
}

/** Read a notebook's text; return [[cell, code], …] for the page's cells it has answers to. Throws where it is none. */
export function answersIn(text, cells) {
  let book;
  try {
    book = JSON.parse(text);
  } catch {
    throw new Error("this file is not a notebook: it is not JSON");
  }
  if (!Array.isArray(book?.cells)) throw new Error("this file is not a notebook: it has no cells");
  const sources = book.cells
    .filter((cell) => cell?.cell_type === "code")
    .map((cell) => ({ id: cell.id ?? cell.metadata?.id, code: Array.isArray(cell.source) ? cell.source.join("") : cell.source }))
    .filter(({ code }) => typeof code === "string");
  const found = [];
  for (const cell of cells) {
    const name = cell.exercise && cell.exercise.split("@")[0].split(".").pop();
    const same = ({ id, code }) => id === cell.id || (cell.role === "exercise" && begins(code, name));
    const match = sources.find(({ id }) => id === cell.id) ?? sources.find(same);
    if (match) found.push([cell, match.code.replace(/\n$/, "")]);
  }
  if (!found.length) throw new Error("this notebook has no cell of this page");
  return found;
}

/** Whether a cell's code defines `name`: `def name(` or `name =`. */
function begins(code, name) {
  return new RegExp(`^(def ${name}\\s*\\(|${name}\\s*=[^=])`, "m").test(code);
}
