import { defineConfig } from "vitest/config";

const database = {
  globalSetup: ["./test/setup/global.ts"],
  pool: "threads" as const,
  testTimeout: 30_000,
  hookTimeout: 90_000,
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "{services,packages,examples}/*/src/**/*.test.ts",
            "scripts/**/*.test.ts",
            "test/architecture/**/*.test.ts",
            "services/console/web/src/**/*.test.ts",
          ],
          exclude: ["**/*.db.test.ts", "**/node_modules/**"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "database",
          include: [
            "{services,packages}/*/src/**/*.db.test.ts",
            "test/{tenancy,protocols}/**/*.test.ts",
          ],
          ...database,
        },
      },
      {
        // Whole systems, each of several processes: one at a time, they would only share two cores.
        test: {
          name: "system",
          include: ["test/{journey,faults,browser}/**/*.test.ts"],
          ...database,
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
