import { defineConfig } from "vitest/config";

const conditions = ["airloom-source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["tests/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // A test mostly waits for a process of its own; one worker fewer, as vitest would have it, leaves cores idle.
    maxWorkers: "100%",
  },
});
