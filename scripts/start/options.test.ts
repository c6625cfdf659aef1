import { expect, test } from "vitest";

import { parseOptions, UsageError } from "./options.ts";

const parse = (line: string) => parseOptions(line === "" ? [] : line.split(" "));

test("without options the handwriting story is told where there is no data yet", () => {
  expect(parse("")).toEqual({
    help: false,
    demo: "auto",
    fresh: false,
    yes: false,
  });
});

test("values come after a blank or an equals sign", () => {
  const line = "--demo messages --data=a=b.csv --text body --label topic --port 9000 -y --fresh";
  expect(parse(line)).toMatchObject({
    demo: "messages",
    data: "a=b.csv",
    text: "body",
    label: "topic",
    port: 9000,
    yes: true,
    fresh: true,
  });
  expect(parse("--no-demo").demo).toBe("none");
  expect(parse("--demo messages --help").help).toBe(true);
});

test.each([
  ["--dem0 messages", "there is no option --dem0: did you mean --demo?"],
  ["serve", "there is no option serve: see pnpm start --help"],
  ["--port x", "--port x: a port is a whole number from 1 to 65535"],
  ["--port", "--port needs a value, such as --port 8081"],
  ["--demo --data x", "--demo needs a value, such as --demo messages"],
  ["--demo chess", "--demo chess: there are the demos handwriting, messages, pictures"],
  ["--demo handwriting --no-demo", "--demo and --no-demo contradict each other"],
  [
    "--demo messages",
    "--demo messages needs a file with your messages: pnpm start --demo messages --data FILE.csv --text COLUMN --label COLUMN",
  ],
  [
    "--text body",
    "--text belongs to the messages demo: pnpm start --demo messages --data FILE.csv --text COLUMN --label COLUMN",
  ],
  [
    "--demo pictures",
    "--demo pictures needs a folder with a folder for each class: pnpm start --demo pictures --data FOLDER",
  ],
  [
    "--demo pictures --data x --label y",
    "--label belongs to the messages demo: pnpm start --demo messages --data FILE.csv --text COLUMN --label COLUMN",
  ],
  [
    "--data x",
    "--data is for a demo with your own data: pnpm start --demo messages --data FILE.csv --text COLUMN --label COLUMN, or pnpm start --demo pictures --data FOLDER",
  ],
  ["--demo messages --data - --exam -", "--data and --exam can't both come from standard input"],
  ["--yes=no", "--yes takes no value"],
])("%s: %s", (line, message) => {
  expect(() => parse(line)).toThrow(new UsageError(message));
});
