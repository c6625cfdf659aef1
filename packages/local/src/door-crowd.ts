import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Crowd {
  /** Connections that are open now. */
  open: () => number;
  /** Connections that the other end closed. */
  cut: () => number;
  /** What the other end answered first, by status line. */
  answers: () => Readonly<Record<string, number>>;
  leave: () => void;
}

const REPEAT_MS = 1_000;

/**
 * Strangers without a key who send a byte a second, half of them of a head and half of a body, and
 * come again when they are sent away: what holds a door shut that waits for each of them.
 */
export function slowStrangers(origin: string, count: number): Crowd {
  const head = "POST /v1/batch HTTP/1.1\r\nhost: door\r\n";
  return gather(origin, count, (socket, i) => {
    socket.write(i % 2 === 0 ? `${head}x: ` : `${head}content-length: 100000\r\n\r\n`);
    const drip = setInterval(() => socket.write("{"), REPEAT_MS);
    socket.once("close", () => clearInterval(drip));
  });
}

/** Dashboards that watch one event stream. Resolves when each has had its answer's head. */
export async function idleWatchers(
  origin: string,
  count: number,
  { target, key }: { target: string; key: string },
): Promise<Crowd> {
  const answered: Promise<unknown>[] = [];
  const crowd = gather(origin, count, (socket) => {
    socket.write(`GET ${target} HTTP/1.1\r\nhost: door\r\nauthorization: Bearer ${key}\r\n\r\n`);
    answered.push(once(socket, "data"));
  });
  await Promise.all(answered);
  return crowd;
}

function gather(origin: string, count: number, begin: (socket: Socket, i: number) => void): Crowd {
  const { hostname, port } = new URL(origin);
  const sockets = new Set<Socket>();
  const answers: Record<string, number> = {};
  const again = new Set<NodeJS.Timeout>();
  let left = false;
  let cut = 0;
  const come = (i: number) => {
    const socket = connect({ host: hostname, port: Number(port) });
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", (data: Buffer) => {
      const [status = ""] = data.toString("latin1").split("\r\n", 1);
      answers[status] = (answers[status] ?? 0) + 1;
    });
    socket.once("close", () => {
      sockets.delete(socket);
      if (left) return;
      cut += 1;
      const timer = setTimeout(() => {
        again.delete(timer);
        come(i);
      }, REPEAT_MS);
      again.add(timer);
    });
    begin(socket, i);
  };
  for (let i = 0; i < count; i++) come(i);
  return {
    open: () => [...sockets].filter((socket) => socket.readyState === "open").length,
    cut: () => cut,
    answers: () => answers,
    leave: () => {
      left = true;
      for (const timer of again) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
    },
  };
}
