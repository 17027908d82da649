/** A recording of the bundled workload: its model, its settings, and checkpoints it starts from or leaves. */

import type { SettingName } from '../../../shared/model/settings';
import { withSetting } from '../../plans/draft';
import { Fold } from '../../plans/Fold';
import { ModelFields, ModelLine } from '../../plans/ModelFields';
import type { Reading } from '../../plans/read-draft';
import { SettingField, TextControl, usualText } from '../../plans/SettingField';
import { SettingFields } from '../../plans/SettingFields';
import { BUNDLED_MODELS, type RecordForm, type Refused } from './record-form';

/** What the bundled workload lacks, and what this form decides. */
const NOT_BUNDLED: readonly SettingName[] = ['framework', 'gpu', 'causal'];
const SAMPLING: readonly SettingName[] = ['data', 'temperature', 'topK', 'topP'];

export function BundledFields({
  form,
  reading,
  refused,
  onChange,
}: {
  form: RecordForm;
  reading: Reading;
  refused: Refused;
  onChange(part: Partial<RecordForm>): void;
}) {
  const { bundled: draft } = form;
  const setDraft = (bundled: RecordForm['bundled']) => onChange({ bundled });
  const touched =
    form.weights !== '' ||
    form.saveWeights !== '' ||
    SAMPLING.some((name) => draft.settings[name] !== undefined);
  return (
    <>
      <ModelFields
        draft={draft}
        reading={reading}
        models={BUNDLED_MODELS}
        unknown={form.edited?.request.model?.name}
        onChange={setDraft}
      />
      <ModelLine reading={reading} />
      <SettingFields
        sides={[{ draft, reading, suffix: '', base: null, onChange: setDraft }]}
        hidden={NOT_BUNDLED}
        groups={['Run', 'Training', 'Attention, cache and framework']}
      />
      <Fold title="Checkpoints and tokens" isTouched={touched}>
        <div className="plan-fields">
          <TextControl
            label="Start from the checkpoint"
            text={form.weights}
            usual="folder or model.safetensors"
            fault={refused.weights}
            onChange={(weights) => onChange({ weights })}
          />
          <TextControl
            label="Keep what was trained in a new folder"
            text={form.saveWeights}
            usual="not kept"
            fault={undefined}
            onChange={(saveWeights) => onChange({ saveWeights })}
          />
          {SAMPLING.map((name) => (
            <SettingField
              key={name}
              name={name}
              text={draft.settings[name] ?? ''}
              usual={usualText(reading.run, name)}
              fault={reading.faults[name]}
              onChange={(text) => setDraft(withSetting(draft, name, text))}
            />
          ))}
        </div>
      </Fold>
    </>
  );
}
