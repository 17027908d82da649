/**
 * Which matrices a low-rank adapter is laid beside: `query-value` are the query and value projections (one matrix for all
 * three where the family has one; latent attention's too), `all-linear` every matrix of a layer but the router, and else a
 * list of module names as PEFT's `target_modules` takes it.
 */
import { findImplementation } from '../families';
import type { ModelSpec } from '../model-spec';
import type { Role } from '../roles';
import { listTensors, type WeightTensor } from '.';

const QUERY_VALUE: readonly Role[] = ['query', 'value', 'qkv', 'queryDown', 'queryUp', 'kvUp'];

/** Module names of Llama's code, and of all that is written after it. */
const MODULES: Readonly<Record<Role, string>> = {
  query: 'q_proj',
  key: 'k_proj',
  value: 'v_proj',
  qkv: 'qkv_proj',
  queryDown: 'q_a_proj',
  queryUp: 'q_b_proj',
  kvDown: 'kv_a_proj_with_mqa',
  kvUp: 'kv_b_proj',
  deltaGate: 'in_proj_z',
  deltaBeta: 'in_proj_b',
  deltaDecay: 'in_proj_a',
  output: 'o_proj',
  layerGate: 'per_layer_input_gate',
  layerInput: 'per_layer_projection',
  gate: 'gate_proj',
  up: 'up_proj',
  gateUp: 'gate_up_proj',
  down: 'down_proj',
};

/** What the matrix with that role is called in the code of the model's family. */
function moduleName(model: ModelSpec, role: Role): string {
  const { modules, upBesideGate } = findImplementation(model);
  if (role === 'up' && model.activation === 'swiglu' && upBesideGate) return upBesideGate;
  return modules?.[role] ?? MODULES[role];
}

export function takesAdapter(model: ModelSpec, tensor: WeightTensor, targets: string): boolean {
  const { role } = tensor;
  return role !== undefined && takesRole(model, role, targets);
}

/** The same of a matrix that has that role. */
export function takesRole(model: ModelSpec, role: Role, targets: string): boolean {
  if (targets === 'all-linear') return true;
  if (targets === 'query-value') return QUERY_VALUE.includes(role);
  return targets.split(',').includes(moduleName(model, role));
}

/** Where `targets` names a module that the model's layers do not have: that name, and the names they have; null where none does. */
export function findUnknownTarget(
  model: ModelSpec,
  targets: string,
): { readonly name: string; readonly known: readonly string[] } | null {
  if (targets === 'all-linear' || targets === 'query-value') return null;
  const roles = new Set(listTensors(model).flatMap(({ role }) => role ?? []));
  const known = [...roles].map((role) => moduleName(model, role));
  const name = targets.split(',').find((each) => !known.includes(each));
  return name === undefined ? null : { name, known };
}
