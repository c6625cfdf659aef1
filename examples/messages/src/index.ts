/** An example app: it sorts messages into topics, and its users correct it. */
export { type NamedColumns, UnclearColumns } from "./columns.ts";
export { loadMessages, type MessagesOptions } from "./messages.ts";
export type { NamedFile } from "./read-table.ts";
export { MOST_BYTES } from "./unpack.ts";
