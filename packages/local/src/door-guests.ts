import type { Socket } from "node:net";

import { answerOnSocket, tooSlow as tooLate } from "./door-problem.ts";

export interface GuestLimits {
  /** Connections in all, each of which may need a second one to a service. */
  connections: number;
  /** Of one client address. This machine's own addresses are not counted: they are a proxy's, or everybody's. */
  connectionsPerAddress: number;
  /** Connections in all that have not sent a whole request yet. */
  waiting: number;
  /** How long the first byte of a body, or its next 16 KiB, may take. */
  patienceMs: number;
}

/** One connection. */
interface Guest {
  socket: Socket;
  address: string;
  /** Since when it has been sending a request; undefined while it doesn't. */
  waitingSince: number | undefined;
  received: number;
  tooSlow: (() => void) | undefined;
  /** Whether a request of it is being answered. */
  busy: boolean;
}

export interface Guests {
  arrived: (socket: Socket) => void;
  /** A request's head has come; its body is on the way. @param tooSlow answers it where it takes too long */
  sending: (socket: Socket, tooSlow: () => void) => void;
  received: (socket: Socket, bytes: number) => void;
  /** The request is whole, or it is a service's to wait for it. */
  sent: (socket: Socket) => void;
  answered: (socket: Socket) => void;
  /** Cuts those who take too long. */
  sweep: () => void;
  count: () => { connections: number; waiting: number };
}

const BYTES_FOR_PATIENCE = 16 * 1024;

/**
 * Who is at the door. Slow senders cost only themselves: whoever has waited longest with an unfinished
 * request goes first, of the address that has most of them, so that somebody who sends a request as
 * others do is never in the way, whatever shares their address.
 */
export function createGuests(limits: GuestLimits, clock: () => number): Guests {
  const guests = new Map<Socket, Guest>();
  const byAddress = new Map<string, Set<Guest>>();
  /** The longest first. */
  const waiting = new Set<Guest>();

  const settle = (guest: Guest) => {
    waiting.delete(guest);
    guest.waitingSince = undefined;
    guest.tooSlow = undefined;
  };
  const wait = (guest: Guest) => {
    settle(guest);
    guest.waitingSince = clock();
    guest.received = 0;
    waiting.add(guest);
    if (waiting.size > limits.waiting) cut(longest(waiting, () => true));
  };
  const cut = (guest: Guest | undefined) => {
    if (!guest) return;
    forget(guest);
    guest.socket.destroy();
  };
  const forget = (guest: Guest) => {
    settle(guest);
    guests.delete(guest.socket);
    const neighbours = byAddress.get(guest.address);
    neighbours?.delete(guest);
    if (neighbours?.size === 0) byAddress.delete(guest.address);
  };

  return {
    arrived(socket) {
      const address = socket.remoteAddress ?? "";
      const guest: Guest = {
        socket,
        address,
        waitingSince: undefined,
        received: 0,
        tooSlow: undefined,
        busy: false,
      };
      const neighbours = byAddress.get(address) ?? new Set();
      guests.set(socket, guest);
      byAddress.set(address, neighbours.add(guest));
      socket.once("close", () => forget(guest));
      if (!isOwn(address) && neighbours.size > limits.connectionsPerAddress)
        cut([...neighbours].find(({ busy }) => !busy));
      if (guests.size > limits.connections) cut(longest(guests.values(), ({ busy }) => !busy));
      if (guests.has(socket)) wait(guest);
    },
    sending(socket, tooSlow) {
      const guest = guests.get(socket);
      if (!guest) return;
      if (guest.waitingSince === undefined) wait(guest);
      guest.tooSlow = tooSlow;
    },
    received(socket, bytes) {
      const guest = guests.get(socket);
      if (guest) guest.received += bytes;
    },
    sent(socket) {
      const guest = guests.get(socket);
      if (!guest) return;
      settle(guest);
      guest.busy = true;
    },
    answered(socket) {
      const guest = guests.get(socket);
      if (!guest) return;
      settle(guest);
      guest.busy = false;
    },
    sweep() {
      const now = clock();
      for (const guest of waiting) {
        const { waitingSince = now, received, tooSlow } = guest;
        const allowed = limits.patienceMs * (1 + received / BYTES_FOR_PATIENCE);
        if (now - waitingSince <= allowed) continue;
        settle(guest);
        if (tooSlow) tooSlow();
        else answerOnSocket(tooLate(), guest.socket);
      }
    },
    count: () => ({ connections: guests.size, waiting: waiting.size }),
  };
}

/** The first of the address that has most of them: they come in the order of their waiting. */
function longest(all: Iterable<Guest>, may: (guest: Guest) => boolean): Guest | undefined {
  const seen = new Map<string, { first: Guest; count: number }>();
  for (const guest of all) {
    if (!may(guest)) continue;
    const of = seen.get(guest.address);
    if (of) of.count += 1;
    else seen.set(guest.address, { first: guest, count: 1 });
  }
  let most: { first: Guest; count: number } | undefined;
  for (const one of seen.values()) if (!most || one.count > most.count) most = one;
  return most?.first;
}

const isOwn = (address: string) => /^(::1|(::ffff:)?127\.)/.test(address);
