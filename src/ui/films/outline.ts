// The edge of a mask as an SVG path over a square of `side` units: exact along the sides of its pixels, so it stays sharp at any size.

/** @param inside side * side values, row-major, 1 inside */
export function outlinePath(inside: ArrayLike<number>, side: number): string {
  const is = (x: number, y: number) => x >= 0 && y >= 0 && x < side && y < side && inside[y * side + x]! > 0;
  const parts: string[] = [];
  // Edges of neighbours in a line are one stroke.
  for (let line = 0; line <= side; line++) {
    for (const across of [true, false]) {
      let from = -1;
      for (let at = 0; at <= side; at++) {
        const edge =
          at < side && (across ? is(at, line) !== is(at, line - 1) : is(line, at) !== is(line - 1, at));
        if (edge && from < 0) from = at;
        if (!edge && from >= 0) {
          parts.push(across ? `M${from} ${line}H${at}` : `M${line} ${from}V${at}`);
          from = -1;
        }
      }
    }
  }
  return parts.join('');
}

/** The inside itself, as one path of rows. */
export function areaPath(inside: ArrayLike<number>, side: number): string {
  const parts: string[] = [];
  for (let y = 0; y < side; y++) {
    let from = -1;
    for (let x = 0; x <= side; x++) {
      const is = x < side && inside[y * side + x]! > 0;
      if (is && from < 0) from = x;
      if (!is && from >= 0) {
        parts.push(`M${from} ${y}H${x}V${y + 1}H${from}Z`);
        from = -1;
      }
    }
  }
  return parts.join('');
}
