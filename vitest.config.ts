import { defineConfig } from 'vitest/config';

const usual = { testTimeout: 120_000, hookTimeout: 240_000, pool: 'forks' } as const;
/** Some of these let what they load believe it runs on another platform, others keep files for as long as their process lives. */
const APART = 'test/unit/main/{telemetry,import}/**/*.test.ts';

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', './test/support/summary-reporter.ts'],
    projects: [
      {
        // To start a process and load the sources takes longer than most of these tests do: they share both.
        test: {
          ...usual,
          name: 'units',
          isolate: false,
          include: ['test/unit/**/*.test.{ts,tsx}'],
          exclude: [APART],
        },
      },
      { test: { ...usual, name: 'whole', include: ['test/!(unit)/**/*.test.ts', APART] } },
    ],
  },
});
