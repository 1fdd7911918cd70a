// The WGSL of views that are turned: crop, flip and rotation in one sampling of the film, by the triangle filter of bilinear
// resizing along the film's own axes, widened where the film is reduced. What lies beyond the film is black. The view is
// turned about its middle after crop and flip, in its own square, as a rotation that follows a resized crop.

import { program } from '../../program.ts';
import { BRIGHTNESS_AND_SUM, integer, PACK, real, UNPACK } from './viewPrograms.ts';

/**
 * With `jitter`, brightness where it comes before contrast, and the sum of grey values that contrast needs, as after the
 * resize. Four neighbours of a row per thread, one word of image [views, size, quarter]. `p.flip` 0 mirrors nothing.
 */
export const turnProgram = (jitter: boolean) =>
  program({
    name: `viewTurn-${jitter}`,
    reads: { params: 'u32', planes: 'u32' },
    writes: { image: 'u32', ...(jitter ? { sums: 'atomic<u32>' as const } : {}) },
    params: { size: 'u32', quarter: 'u32', flip: 'u32' },
    workgroup: [64],
    declarations: `${UNPACK}${PACK}
fn turned(view: u32, x: u32, y: u32) -> i32 {
  let half = 0.5 * f32(p.size);
  let right = f32(x) + 0.5 - half;
  let down = f32(y) + 0.5 - half;
  let sine = ${real('sine')};
  let versine = ${real('versine')};
  let straight = right - versine * right - sine * down;
  let mirrored = p.flip * u32(${integer('flip')}) == 1u;
  let across = select(straight, -straight, mirrored) + half;
  let along = down - versine * down + sine * right + half;
  let scale = vec2<f32>(f32(${integer('boxWidth')}), f32(${integer('boxHeight')})) / f32(p.size);
  let film = vec2<i32>(${integer('width')}, ${integer('height')});
  let at = vec2<f32>(f32(${integer('left')}), f32(${integer('top')})) + vec2<f32>(across, along) * scale;
  if (any(at < vec2<f32>(0.0)) || any(at >= vec2<f32>(film))) { return 0; }
  let reach = max(scale, vec2<f32>(1.0));
  let first = max(vec2<i32>(floor(at - reach + 0.5)), vec2<i32>(0));
  let end = min(vec2<i32>(floor(at + reach + 0.5)), film);
  let stride = (film.x + 3) / 4;
  var sum = 0.0;
  var total = 0.0;
  for (var i = first.y; i < end.y; i++) {
    let row = ${integer('offset')} + i * stride;
    let wide = max(reach.y - abs(f32(i) + 0.5 - at.y), 0.0);
    for (var j = first.x; j < end.x; j++) {
      let weight = wide * max(reach.x - abs(f32(j) + 0.5 - at.x), 0.0);
      sum += weight * f32(unpack(planes[row + (j >> 2u)])[j & 3]);
      total += weight;
    }
  }
  return i32(sum / total + 0.5);
}`,
    body: `
      let view = group.y;
      let x4 = id.x % p.quarter;
      let y = id.x / p.quarter;
      if (y >= p.size) { return; }
      var value: vec4<u32>;
      for (var k = 0u; k < 4u; k++) { value[k] = u32(clamp(turned(view, x4 * 4u + k, y), 0, 255)); }
      ${jitter ? BRIGHTNESS_AND_SUM : ''}
      image[(view * p.size + y) * p.quarter + x4] = pack(value);`,
  });
