// The browsers that can run the app, in one table: how each is known, and what to do in it where WebGPU or an adapter is
// missing, with the switches that it has itself. Which of them train, and how that is known: README.md.

interface Browser {
  /** In the user agent string; the first row that matches is it. */
  readonly sign: RegExp;
  readonly hints: {
    readonly 'webgpu-missing': string;
    readonly 'adapter-missing': string;
  };
}

export const BROWSERS = {
  firefox: {
    sign: /Firefox\//,
    hints: {
      'webgpu-missing':
        'Update Firefox to 153 or newer and open the page over https or localhost. Where it still says so, as on Linux, set dom.webgpu.enabled to true in about:config and reload.',
      'adapter-missing':
        'Update the driver, turn on "Use hardware acceleration when available" in the settings, and look under Graphics in about:support. For a driver that Firefox blocks, gfx.webgpu.ignore-blocklist in about:config tries it all the same.',
    },
  },
  edge: {
    sign: /Edg\//,
    hints: {
      'webgpu-missing':
        'Update Edge to 121 or newer and open the page over https or localhost. On Linux, turn on edge://flags/#enable-unsafe-webgpu.',
      'adapter-missing':
        'Turn on "Use graphics acceleration when available" in the settings, update the driver, and look at edge://gpu. On Linux start Edge with --enable-unsafe-webgpu --enable-features=Vulkan.',
    },
  },
  chrome: {
    sign: /Chrom(e|ium)\//,
    hints: {
      'webgpu-missing':
        'Update Chrome to 121 or newer and open the page over https or localhost. On Linux, turn on chrome://flags/#enable-unsafe-webgpu.',
      'adapter-missing':
        'Turn on "Use graphics acceleration when available" in the settings, update the driver, and look at chrome://gpu. On Linux start Chrome with --enable-unsafe-webgpu --enable-features=Vulkan.',
    },
  },
  safari: {
    sign: /Version\/\S+ (Mobile\/\S+ )?Safari\//,
    hints: {
      'webgpu-missing':
        'Safari has WebGPU from version 26 on: update the system, and open the page over https or localhost.',
      'adapter-missing': 'Update the system, which brings the driver, and close other tabs that use the GPU.',
    },
  },
} as const satisfies Record<string, Browser>;

export type BrowserName = keyof typeof BROWSERS;

/** Null for one that is not in the table, and outside of browsers. */
export function browserOf(userAgent: string): BrowserName | null {
  const names = Object.keys(BROWSERS) as BrowserName[];
  return names.find((name) => BROWSERS[name].sign.test(userAgent)) ?? null;
}

/** What to do about a failure in this browser, where that depends on the browser. */
export function hintIn(userAgent: string, code: string): string | null {
  const name = browserOf(userAgent);
  const hints: Readonly<Record<string, string>> = name ? BROWSERS[name].hints : {};
  return Object.hasOwn(hints, code) ? hints[code]! : null;
}
