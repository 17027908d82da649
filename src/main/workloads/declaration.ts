/** Model and run as a person declares them for a workload: checked before anything is started, saved or imported. */
import type { RecordRequest } from '../../shared/contract/api';
import { checkModel, checkRun } from '../../shared/model/validate';

/** Throws `bad_input` for a declared model or run that cannot be; a run is only judged together with its model. */
export function checkDeclaration({ model, run }: Pick<RecordRequest, 'model' | 'run'>): void {
  if (!model) return;
  checkModel(model);
  if (run) checkRun(model, run);
}
