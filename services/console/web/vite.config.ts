import { defineConfig } from "vite";

const door = "http://127.0.0.1:8080";

export default defineConfig({
  // The compiler's own JSX: the plug-in for preact would bring Babel.
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2024",
    outDir: "dist",
    emptyOutDir: true,
    // Nothing as data: URLs, so that the page may forbid them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // For `pnpm dev`, beside a running `pnpm start`.
  server: { proxy: { "/api": door, "/docs": door, "/openapi.json": door } },
});
