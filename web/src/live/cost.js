// What the first press costs: the files that Python consists of are fetched once for the whole site, and kept by the browser.
const KEY = "lst-python:fetched";
const FEW = 1e5; // bytes that nobody needs to be told of

/** The bytes that this page's first run will fetch: `page.fetches` (file → bytes on the wire) without what was fetched before. */
export function toFetch(page, store) {
  const before = new Set(fetched(store));
  return Object.entries(page.fetches ?? {}).reduce((sum, [name, bytes]) => (before.has(name) ? sum : sum + bytes), 0);
}

/** What a button says of it: "fetches 21 MB once", or nothing where it is hardly anything. */
export function costOf(page, store) {
  const bytes = toFetch(page, store);
  return bytes < FEW ? "" : `fetches ${Math.ceil(bytes / 1e6)} MB once`;
}

/** Remember, for all pages, that files have been fetched. Their names carry their fingerprints: a new file has a new name. */
export function rememberFetched(store, names) {
  store.write(KEY, { files: [...new Set([...fetched(store), ...names])].slice(-200) });
}

function fetched(store) {
  const { files } = store.read(KEY);
  return Array.isArray(files) ? files : [];
}
