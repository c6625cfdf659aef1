/** One dispatched event of a stream (HTML standard, section 9.2.6). */
export interface StreamedEvent {
  id: string | null;
  data: string;
}

/**
 * Reads `text/event-stream` from chunks cut anywhere. EventSource can't send the key's
 * header, so the page reads the stream itself.
 */
export function eventStreamParser(): (chunk: string) => StreamedEvent[] {
  let rest = "";
  let id: string | null = null;
  let data: string[] = [];

  function line(text: string): StreamedEvent | undefined {
    if (text === "") {
      const event = data.length > 0 ? { id, data: data.join("\n") } : undefined;
      data = [];
      return event;
    }
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(text) ?? [];
    if (field === "data") data.push(value);
    if (field === "id" && !value.includes("\0")) id = value;
    return undefined;
  }

  return (chunk) => {
    rest += chunk;
    // A lone CR at the end may be the first half of a CR LF.
    const complete = /^(.*(?:\n|\r(?!$)))?(.*)$/s.exec(rest);
    const lines = (complete?.[1] ?? "").split(/\r\n|\n|\r/).slice(0, -1);
    rest = complete?.[2] ?? "";
    return lines.map(line).filter((event) => event !== undefined);
  };
}

export interface FollowOptions {
  /** Asks for the events after the given id. */
  open: (lastEventId: string | null) => Promise<Response>;
  onEvent: (event: StreamedEvent) => void;
}

/** Reads a stream to its end. @returns the id of the last event, to go on from */
export async function readEvents({ open, onEvent }: FollowOptions, from: string | null) {
  let last = from;
  const response = await open(from);
  const parse = eventStreamParser();
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    for (const event of parse(decoder.decode(bytes, { stream: true }))) {
      last = event.id ?? last;
      onEvent(event);
    }
  }
  return last;
}
