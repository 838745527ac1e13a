import { defineConfig } from 'vitest/config';
import { killersOf } from './killers.ts';

// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig(killersOf(['test/detectors/**/*.test.ts', 'test/population/measured.test.ts']));
