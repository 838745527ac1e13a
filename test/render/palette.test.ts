import { describe, expect, test } from 'vitest';
import { colourServices, INK, OTHER_COLOUR, SERVICE_COLOURS } from '../../src/render/palette.ts';

type Rgb = readonly [number, number, number];

const linear = (hex: string): Rgb => {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
};
const times = (m: readonly Rgb[], [r, g, b]: Rgb) =>
  m.map((row) => row[0] * r + row[1] * g + row[2] * b) as unknown as Rgb;

/** Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB. */
const EYES: Readonly<Record<string, readonly Rgb[]>> = {
  'full colour vision': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

/** CIE L*a*b*, D65. */
function lab(rgb: Rgb): Rgb {
  const [x, y, z] = times(
    [
      [0.4124, 0.3576, 0.1805],
      [0.2126, 0.7152, 0.0722],
      [0.0193, 0.1192, 0.9505],
    ],
    rgb,
  );
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const [fx, fy, fz] = [f(x / 0.9505), f(y), f(z / 1.089)];
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}
const distance = (a: string, b: string, eye: readonly Rgb[]) => {
  const [p, q] = [lab(times(eye, linear(a))), lab(times(eye, linear(b)))];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
};

describe('service colours', () => {
  test.each(Object.entries(EYES))('are told apart with %s', (_, eye) => {
    const colours = [...SERVICE_COLOURS];
    for (const [index, a] of colours.entries()) {
      for (const b of colours.slice(index + 1)) expect([a, b, distance(a, b, eye) > 11]).toEqual([a, b, true]);
      expect([a, distance(a, '#ffffff', eye) > 20]).toEqual([a, true]);
    }
  });

  test('are never the red of trouble to a full eye', () => {
    for (const colour of [...SERVICE_COLOURS, OTHER_COLOUR]) {
      expect(distance(colour, INK.trouble, EYES['full colour vision'] ?? [])).toBeGreaterThan(40);
    }
  });

  test('are given in order of appearance, and shared in grey when there are too many', () => {
    const services = Array.from({ length: 10 }, (_, n) => `s${n}`);
    const colours = colourServices(['s0', ...services, 's1']);
    expect(colours.size).toBe(10);
    expect(colours.get('s0')).toBe(SERVICE_COLOURS[0]);
    expect(colours.get('s9')).toBe(OTHER_COLOUR);
  });
});
