// Clipping of a gradient by value: each number is cut to [-c, c], as torch.nn.utils.clip_grad_value_ does it; with c = 0 it
// is left as it is, to the last bit. NaN stays NaN, so that a blow-up is still seen: WGSL lets min, max and comparisons
// of floats take NaN for a number, so it is told by its bits.

/** One number, clipped. */
export const clipped = (g: number, c: number): number => (c > 0 && Math.abs(g) > c ? Math.sign(g) * c : g);

/** WGSL of `fn clipped(g, c)` for gradients of this type. */
export function clipFunction(element: 'f32' | 'vec4<f32>'): string {
  const like = (type: string) => (element === 'f32' ? type : `vec4<${type}>`);
  return `
fn clipped(g: ${element}, c: f32) -> ${element} {
  let magnitude = bitcast<${like('u32')}>(g) & ${like('u32')}(0x7fffffffu);
  let kept = (magnitude > ${like('u32')}(0x7f800000u)) | ${like('bool')}(c <= 0.0);
  return select(clamp(g, ${element}(-c), ${element}(c)), g, kept);
}`;
}
