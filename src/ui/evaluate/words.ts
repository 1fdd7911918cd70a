// Typography of the sentences on the Evaluate view.

/** No line ends between a number and its per cent sign. */
export const unbroken = (text: string) => text.replaceAll(' %', '\u00a0%');
