import fc from "fast-check";
import { expect, test } from "vitest";

import { pack, unpack } from "./thread-protocol.ts";

test("inputs come out of their one buffer as they went in", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 }), (inputs) => {
      expect(unpack(pack(inputs)).map((input) => [...input])).toEqual(
        inputs.map((input) => [...input]),
      );
    }),
  );
});
