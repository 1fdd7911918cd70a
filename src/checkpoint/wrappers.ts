// Names of tensors as training scripts leave them: with a word in front for whatever the model was wrapped in when it was
// saved. The wrapper is no part of the model, so its word goes.

/** What torch.compile and the parallel wrappers put in front, or in between for a part that they wrap. */
const ANYWHERE = new Set(['_orig_mod', 'module', '_fsdp_wrapped_module', '_checkpoint_wrapped_module']);
/** What scripts call the model or the record that holds it, in front of every name. */
const IN_FRONT = new Set([
  ...[
    'model',
    'state_dict',
    'model_state_dict',
    'net',
    'network',
    'ema',
    'ema_model',
    'model_ema',
    'student',
  ],
  ...['params', 'weights', '_model', 'self', 'learner', 'pl_module', 'lightning_module'],
]);

/** Each name without its wrappers, in order; the names as they are where two would become one. */
export function withoutWrappers(names: readonly string[]): string[] {
  let parts = names.map((name) => {
    const kept = name.split('.').filter((word) => !ANYWHERE.has(word));
    return kept.length > 0 ? kept : [name];
  });
  for (;;) {
    const word = parts[0]?.[0];
    const isWrapper = word !== undefined && IN_FRONT.has(word);
    if (!isWrapper || parts.some((name) => name.length < 2 || name[0] !== word)) break;
    parts = parts.map((name) => name.slice(1));
  }
  const plain = parts.map((name) => name.join('.'));
  return new Set(plain).size === names.length ? plain : [...names];
}
