// Loss fixtures: embedding pairs with every term, in both forms of the covariance, and the gradients of each
// unweighted term and of the weighted sum. The terms and gradients are those of methods/heads/vicregLoss.ts; the form that
// training would not choose at the given sizes is asked of the kernel by name.

import { type Tensor, tf } from '../../gpu/kernel.ts';
import { VICREG_TERMS, vicreg, vicregGrad } from '../../gpu/kernels/loss/vicreg.ts';
import { VICREG_EPS } from '../../gpu/kernels/loss/vicregPrograms.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import { readStatistics, vicregLoss } from '../../methods/heads/vicregLoss.ts';
import type { Statistic } from '../../methods/record/statistics.ts';
import { Tape } from '../../nn/tape.ts';
import type { Fixture } from './fixtures.ts';
import { takeAll, upload } from './layouts.ts';
import type { Rows } from './rows.ts';

interface LossFixture {
  readonly mode?: string;
  readonly coeffs: { readonly sim: number; readonly std: number; readonly cov: number };
  readonly values_f64: Readonly<Record<string, number>>;
}

type Weights = Readonly<Record<Statistic, number>>;

const FORMS = ['direct', 'gram'] as const;

/** As the kernel takes them, the head's own weight last. */
const weightsVector = ({ invariance, variance, covariance }: Weights) =>
  Float32Array.of(invariance, variance, covariance, 1);

/** Terms and gradient of a pair as a training step computes them. */
async function measure(runtime: Runtime, z: Tensor, weights: Weights) {
  const vector = upload(weightsVector(weights), [4]);
  const tape = new Tape();
  const kept = new Map<string, Tensor>();
  tape.watch(z, (gradient) => kept.set('gradient', gradient.clone()));
  kept.set('terms', vicregLoss(tape, z, vector));
  tape.backward();
  vector.dispose();
  const values = await takeAll(runtime, kept);
  return { terms: values.get('terms')!, gradient: values.get('gradient')! };
}

/** The same with the form of the covariance given, and the deviations of each dimension. */
async function measureIn(runtime: Runtime, z: Tensor, form: (typeof FORMS)[number], weights: Weights) {
  const vector = upload(weightsVector(weights), [4]);
  const { terms, centred, variances, moments } = vicreg.named({ z }, { form });
  const gradient = vicregGrad.one({ z, centred, variances, moments, weights: vector }, { form });
  tf.dispose([vector, centred, moments]);
  const tensors = new Map([
    ['terms', terms],
    ['variances', variances],
    ['gradient', gradient],
  ]);
  const values = await takeAll(runtime, tensors);
  return {
    terms: values.get('terms')!,
    gradient: values.get('gradient')!,
    deviations: values.get('variances')!.map((variance) => Math.sqrt(variance + VICREG_EPS)),
  };
}

export async function checkLoss(fixture: Fixture, rows: Rows, runtime: Runtime): Promise<void> {
  const {
    mode = 'plain',
    coeffs,
    values_f64: wanted,
  } = fixture.describe<LossFixture>('coeffs', 'values_f64');
  const collapsed = mode === 'collapsed' || mode === 'near';
  const [n, d] = fixture.shape('z1') as [number, number];
  const both = new Float32Array(2 * n * d);
  both.set(fixture.floats('z1'), 0);
  both.set(fixture.floats('z2'), n * d);
  const z = upload(both, [2 * n, d]);

  const value = (name: string, found: number) => {
    if (wanted[name] === undefined) return;
    const nothing = wanted[name] === 0 || (collapsed && name.startsWith('cov'));
    rows.value(nothing ? 'lossNothing' : 'lossValue', name, found, wanted[name]);
  };
  const gradients = (name: string, found: Float32Array, suffix = '') => {
    for (const [view, part] of [found.subarray(0, n * d), found.subarray(n * d)].entries()) {
      const recorded = `grad_${name}_z${view + 1}`;
      if (!fixture.tensors.has(recorded)) continue;
      const tolerance = collapsed ? 'lossGradientCollapsed' : 'lossGradient';
      rows.compare(tolerance, recorded + suffix, part, fixture.numbers(recorded));
    }
  };

  const weights = { invariance: coeffs.sim, variance: coeffs.std, covariance: coeffs.cov };
  const whole = await measure(runtime, z, weights);
  const { invariance, variance, covariance } = readStatistics(whole.terms);
  value('sim', invariance);
  value('var', variance);
  value('cov', covariance);
  value('total', coeffs.sim * invariance + coeffs.std * variance + coeffs.cov * covariance);
  value('var_view1', whole.terms[VICREG_TERMS.variance1]!);
  value('var_view2', whole.terms[VICREG_TERMS.variance2]!);
  gradients('total', whole.gradient);
  const none = { invariance: 0, variance: 0, covariance: 0 };
  gradients('sim', (await measure(runtime, z, { ...none, invariance: 1 })).gradient);
  gradients('var', (await measure(runtime, z, { ...none, variance: 1 })).gradient);
  gradients('cov', (await measure(runtime, z, { ...none, covariance: 1 })).gradient);

  for (const form of FORMS) {
    const { terms, deviations, gradient } = await measureIn(runtime, z, form, weights);
    const suffix = form === 'gram' ? '_gram' : '';
    value(`cov_view1${suffix}`, terms[VICREG_TERMS.covariance1]!);
    value(`cov_view2${suffix}`, terms[VICREG_TERMS.covariance2]!);
    gradients('total', gradient, ` (${form})`);
    if (form === 'gram') continue;
    for (const [view, part] of [deviations.subarray(0, d), deviations.subarray(d)].entries()) {
      const name = `std${view + 1}`;
      if (fixture.tensors.has(name)) rows.compare('deviation', name, part, fixture.numbers(name));
    }
  }
  z.dispose();
}
