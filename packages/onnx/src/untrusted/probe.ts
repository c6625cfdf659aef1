/**
 * Tries, in a confined process, what confinement is to prevent. Started by the self-test with
 * what to try and a number; says on descriptor 3 that it got away with it.
 */
import { writeSync } from "node:fs";
import { connect } from "node:net";
import { argv } from "node:process";

const [, , attempt, text] = argv;
const number = Number(text);

const gotAway = (): void => void writeSync(3, "got away");

if (attempt === "memory") {
  // In pieces, and untouched: reserving counts.
  const held: ArrayBuffer[] = [];
  const piece = 2 ** 26;
  for (let taken = 0; taken < number; taken += piece) held.push(new ArrayBuffer(piece));
  if (held.length > 0) gotAway();
} else if (attempt === "cpu") {
  const until = performance.now() + number;
  while (performance.now() < until);
  gotAway();
} else if (attempt === "wall") {
  setTimeout(gotAway, number);
} else if (attempt === "network") {
  const socket = connect({ host: "127.0.0.1", port: number }, () => {
    gotAway();
    socket.destroy();
  });
  // Not reached: that is what was hoped for, and said by saying nothing.
  socket.on("error", () => {});
}
