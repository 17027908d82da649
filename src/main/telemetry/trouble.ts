/** Why a source gives nothing, and what mends it on a machine where Plumbline runs straight. */
import type { TroubleCause } from '../../shared/base/vocabulary';

export interface Trouble {
  /** What happened, without a full stop. */
  readonly detail: string;
  readonly remedy: string;
  /** Under WSL or in a container the driver is mended elsewhere: see explainRemedy. */
  readonly cause: TroubleCause;
  /** A way out of its own, which `remedy` ends with: "set PLUMBLINE_NVML to …". */
  readonly setting?: string;
}
