import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/globalSetup.ts'],
    setupFiles: ['test/support/propertySeed.ts'],
    // Two cores, and most files start processes: more workers only make them slower.
    maxWorkers: 2,
    // Generous: a slow machine must not fail a test. Tests wait on conditions, never on time.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
