import { once } from "node:events";
import { platform } from "node:process";
import { Readable } from "node:stream";

import { describe, expect, test } from "vitest";

import { testIsolation } from "./isolation.ts";
import { launch } from "./launch.ts";

describe.runIf(platform === "linux")("isolation", () => {
  test("the self-test says what holds here, with what was tried", async () => {
    const report = await testIsolation();
    expect(report.memory).toMatchObject({ holds: true });
    expect(report.cpu).toMatchObject({ holds: true });
    expect(report.wall).toMatchObject({ holds: true });
    // A container may give no network namespaces; the report then says so.
    expect(report.network.detail).toMatch(/didn't reach|No network namespace/);
  });

  test("a confined process finds no environment and can write no file", async () => {
    const program = new URL("./launch-for-test.ts", import.meta.url);
    const confinement = { memoryBytes: 2 ** 30, cpuSeconds: 10, withoutNetwork: false };
    const { process: child } = launch(program, [], confinement);
    let said = "";
    const output = child.stdio[3];
    if (output instanceof Readable) output.setEncoding("utf8").on("data", (text) => (said += text));
    await once(child, "close");
    const { descriptors, env, ...found } = JSON.parse(said) as {
      descriptors: number;
      env: Record<string, string>;
    };
    expect(found).toEqual({ cwd: "/", canWrite: false });
    // Shells set some of their own.
    const own = new Set(["PWD", "OLDPWD", "SHLVL", "_"]);
    expect(Object.keys(env).filter((name) => !own.has(name))).toEqual(["PATH"]);
    expect(descriptors).toBeLessThan(40);
  });
});
