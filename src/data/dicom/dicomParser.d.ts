// The package as one object, which is how it is written; its own declarations know the parts alone.

import type * as parts from 'dicom-parser';

declare module 'dicom-parser' {
  const whole: typeof parts;
  export default whole;
}
