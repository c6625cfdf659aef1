/** What a fragment of the address says: `#/models/digits`, `#key=gs_sk_…`, or both as `#/models/digits?key=…`. */
export interface Address {
  key: string | null;
  model: string | null;
}

const MODEL = /^\/models\/([^/?]+)/;

export function readAddress(hash: string): Address {
  const text = hash.replace(/^#/, "");
  const [path = "", query = ""] = text.startsWith("/") ? text.split("?") : ["", text];
  const model = MODEL.exec(path)?.[1];
  return { key: new URLSearchParams(query).get("key"), model: model ? decode(model) : null };
}

export const modelAddress = (name: string): string => `#/models/${encodeURIComponent(name)}`;

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Somebody typed a lone per cent sign: no model has such a name, and the page says so.
    return part;
  }
}

/** Where the key lives: as long as the tab, and never in the address bar. */
export interface KeyStore {
  read: () => string | null;
  write: (key: string | null) => void;
}

const NAME = "groundswell.key";

export const keyStore = (storage: Storage): KeyStore => ({
  read: () => storage.getItem(NAME),
  write: (key) => (key === null ? storage.removeItem(NAME) : storage.setItem(NAME, key)),
});

/** Moves a key from the address into the store, so that neither history nor a shoulder keeps it. */
export function takeKeyFromAddress(page: Pick<Window, "location" | "history">, keys: KeyStore) {
  const { key, model } = readAddress(page.location.hash);
  if (key === null) return;
  keys.write(key.trim());
  const { pathname, search } = page.location;
  page.history.replaceState(null, "", pathname + search + (model ? modelAddress(model) : ""));
}
