// The two constants of the variance term (VICReg, arXiv 2105.04906, equation 1).

/** Added to a variance before its root is taken, so that the gradient of a collapsed dimension is finite. */
export const VICREG_EPS = 1e-4;

/** The standard deviation below which a dimension is pulled apart: gamma of the publication. */
export const VICREG_STD = 1;
