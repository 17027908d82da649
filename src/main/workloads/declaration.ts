/** Model and run as a person declares them for a workload: checked before anything is started, saved or imported. */
import type { RecordRequest } from '../../shared/contract/api';
import { checkKinds, checkModel, checkRun } from '../../shared/model/validate';

/** Throws `bad_input` for a declared model or run that cannot be; without a model only the kinds of a run's settings are judged. */
export function checkDeclaration({ model, run }: Pick<RecordRequest, 'model' | 'run'>): void {
  if (model) checkModel(model);
  if (model && run) checkRun(model, run);
  else if (run) checkKinds(run);
}
