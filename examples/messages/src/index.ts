/** An example app: it sorts messages into topics, and its users correct it. */
export { loadMessages, type MessagesOptions, type NamedFile } from "./messages.ts";
