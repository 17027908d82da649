/**
 * What a mixture of experts adds to a layer. The router reads the normalized input, and so do shared experts; a token is
 * copied for each expert it goes to. The grouped multiplication is on no list of autocast: under it the experts' weights,
 * and so their tokens, stay in fp32 (transformers/integrations/moe.py, _grouped_mm), while shared networks are cast.
 */
import type { Experts, ModelSpec, RunSpec } from '../../model/spec';
import type { LayerShape } from './layer-shape';
import { type SavedTensor, savedIn } from './saved-tensor';
import type { ElementBytes } from './types';

/** Bytes of an element of what the network of a layer computes. */
export function networkBytes({ experts }: ModelSpec, { autocast, compute }: ElementBytes): number {
  return experts && autocast ? 4 : compute;
}

/** The routing, without the router's input, and the output of shared experts that a gate scales. */
export function savedByRouter(
  { total, active, sharedGate }: Experts,
  hidden: number,
  { batch, seq }: RunSpec,
  { compute: c, autocast }: ElementBytes,
): readonly SavedTensor[] {
  const tokens = batch * seq;
  const saved = savedIn('up');
  return [
    saved('probabilities of the experts', [tokens, total], 4),
    saved('chosen experts, and which rows go where and back', [tokens, active], 8, 4),
    saved('weights of the chosen, before and after they add up to one', [tokens, active], 4 + c),
    saved('their sum', [tokens], 4),
    saved('output of the shared experts, and its gate', [tokens, hidden + 1], sharedGate ? c : 0),
    saved('cast of the gate’s input', [tokens, hidden], sharedGate && autocast ? c : 0),
  ];
}

/** Experts under autocast in fp32, each tensor once, and shared networks beside them in half precision. */
export function savedByWideExperts(
  { hidden, activation }: ModelSpec,
  { batch, seq }: RunSpec,
  { ffn, sharedFfn, routed }: LayerShape,
  { compute: c }: ElementBytes,
): readonly SavedTensor[] {
  const tokens = batch * seq;
  /** Gate, its function's result and up; or the inner value alone. */
  const copies = activation === 'swiglu' ? 3 : 1;
  const inner = [tokens, ffn - sharedFfn];
  const shared = [tokens, sharedFfn];
  const [up, active, down] = [savedIn('up'), savedIn('activation'), savedIn('down')];
  const saved = [
    up('tokens of the experts', [tokens * routed, hidden], 4),
    active('inner values of the experts', inner, 4, copies),
    down('input of the down projections', inner, 4),
    down('output of the experts', [tokens * routed, hidden], 4),
  ];
  if (sharedFfn > 0)
    saved.push(
      up(
        'casts of the shared network’s input',
        [tokens, hidden],
        c,
        activation === 'swiglu' ? 2 : 1,
      ),
      active('inner values of the shared network', shared, c, copies),
      down('input of its down projection', shared, c),
    );
  return saved;
}
