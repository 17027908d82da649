/** Which model: one known by name, or a Hugging Face config.json pasted, chosen or dropped; and sizes typed over it. */
import { FileUp, X } from 'lucide-react';
import { type DragEvent, useRef } from 'react';
import { formatInteger } from '../../shared/base/format';
import { modelNames } from '../../shared/model/named';
import { SIZE_NAMES } from '../../shared/model/size-names';
import type { ModelSpec } from '../../shared/model/spec';
import { Field } from '../components/Field';
import { type ConfigText, type Draft, SHAPE_FIELDS, withShape } from './draft';
import { Fold } from './Fold';
import { faultText } from './labels';
import type { Reading } from './read-draft';
import { TextControl } from './SettingField';

export function ModelFields({
  draft,
  reading,
  base = null,
  suffix = '',
  models = modelNames(),
  unknown = 'name or Hugging Face id',
  onChange,
}: {
  draft: Draft;
  reading: Reading;
  /** The draft that this one is laid over: what holds where nothing is said here. */
  base?: Draft | null;
  /** Tells the labels of two drafts apart. */
  suffix?: string;
  /** Names that are offered; others may be typed. */
  models?: readonly string[];
  /** What the field says while no model is named. */
  unknown?: string | undefined;
  onChange(draft: Draft): void;
}) {
  const { faults, model } = reading;
  const usual = base ? (base.config?.name ?? base.model) : unknown;
  const onConfig = (config: ConfigText) => onChange({ ...draft, config });
  const onFile = async (file: File) =>
    onConfig({ name: file.name, text: await file.slice(0, MAX_FILE).text() });
  // A file is the model's wherever it is dropped among these fields; text that is dropped into one stays there.
  const onDrop = (event: DragEvent) => {
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    void onFile(file);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: by keys a file is chosen with the button among the fields
    <div className="model-fields" onDrop={onDrop}>
      {draft.config === null ? (
        <TextControl
          label={`Model${suffix}`}
          text={draft.model}
          usual={usual}
          fault={faults.model}
          options={models}
          onChange={(name) => onChange({ ...draft, model: name })}
        />
      ) : (
        <ConfigField draft={draft} reading={reading} suffix={suffix} onChange={onChange} />
      )}
      {draft.config === null && <ConfigOffer suffix={suffix} onFile={onFile} onConfig={onConfig} />}
      {model !== null && (
        <ShapeFields
          draft={draft}
          faults={faults}
          model={model}
          suffix={suffix}
          onChange={onChange}
        />
      )}
    </div>
  );
}

/** Sizes typed over the model's own. */
function ShapeFields({
  draft,
  faults,
  model,
  suffix,
  onChange,
}: {
  draft: Draft;
  faults: Reading['faults'];
  model: ModelSpec;
  suffix: string;
  onChange(draft: Draft): void;
}) {
  return (
    <Fold title={`Sizes${suffix}`} isTouched={Object.keys(draft.shape).length > 0}>
      <div className="plan-fields">
        {SHAPE_FIELDS.map((field) => (
          <TextControl
            key={field}
            label={`${SIZE_NAMES[field]}${suffix}`}
            text={draft.shape[field] ?? ''}
            usual={String(model[field])}
            fault={faults[field]}
            isNumber
            onChange={(text) => onChange(withShape(draft, field, text))}
          />
        ))}
      </div>
      {faults.shape && (
        <p className="field-error" role="alert">
          {faultText(faults.shape)}
        </p>
      )}
    </Fold>
  );
}

function ConfigField({
  draft,
  reading,
  suffix,
  onChange,
}: {
  draft: Draft;
  reading: Reading;
  suffix: string;
  onChange(draft: Draft): void;
}) {
  const { config } = draft;
  const fault = reading.faults.config;
  if (config === null) return null;
  return (
    <Field
      label={
        <span className="config-head">
          config.json{suffix}
          {config.name !== PASTED && <b>{config.name}</b>}
        </span>
      }
      problem={faultText(fault)}
      extra={
        <button type="button" className="link" onClick={() => onChange({ ...draft, config: null })}>
          <X size={12} aria-hidden="true" /> A model by name instead
        </button>
      }
    >
      {(described) => (
        <textarea
          {...described}
          className="mono"
          rows={fault ? 6 : 3}
          spellCheck={false}
          value={config.text}
          onChange={(event) =>
            onChange({ ...draft, config: { ...config, text: event.target.value } })
          }
        />
      )}
    </Field>
  );
}

/** What is pasted or dropped as text is called; a file has a name of its own. */
const PASTED = 'config.json';
/** Largest file that is looked at; no config.json comes near it. */
const MAX_FILE = 1_000_000;

function ConfigOffer({
  suffix,
  onFile,
  onConfig,
}: {
  suffix: string;
  onFile(file: File): Promise<void>;
  onConfig(config: ConfigText): void;
}) {
  const picker = useRef<HTMLInputElement>(null);
  const take = (file: File | undefined) => file && void onFile(file);
  const onDrop = (event: DragEvent) => {
    if (event.dataTransfer.files.length > 0) return;
    event.preventDefault();
    onConfig({ name: PASTED, text: event.dataTransfer.getData('text/plain') });
  };
  return (
    <p className="config-offer" onDragOver={(event) => event.preventDefault()} onDrop={onDrop}>
      <input
        ref={picker}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label={`config.json of the model${suffix}`}
        onChange={(event) => take(event.target.files?.[0])}
      />
      <button type="button" className="link" onClick={() => picker.current?.click()}>
        <FileUp size={13} aria-hidden="true" /> config.json
      </button>{' '}
      dropped here, chosen, or{' '}
      <button type="button" className="link" onClick={() => onConfig({ name: PASTED, text: '' })}>
        pasted
      </button>
    </p>
  );
}

/** What the model is, in one line. */
export function ModelLine({ reading: { model, spec } }: { reading: Reading }) {
  if (model === null) return null;
  const { layers, decoderLayers, hidden, heads, vocab } = model;
  const stack = decoderLayers ? `${layers} + ${decoderLayers}` : String(layers);
  return (
    <p className="muted model-line">
      {stack} layers, width {formatInteger(hidden)}, {heads} heads, a vocabulary of{' '}
      {formatInteger(vocab)}
      {spec?.model.dtype && `, published in ${spec.model.dtype}`}
    </p>
  );
}
