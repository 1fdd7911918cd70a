// The kernels of the rendering of views, as a person calls them.

export const LABELS = {
  renderViews: 'Augmented views',
  resizeEval: 'Whole films, resized',
} as const;
