/** What is to be recorded: the bundled workload, a command, a running process or a saved workload; its budget before it starts. */
import { Circle } from 'lucide-react';
import { type FormEvent, useMemo, useState } from 'react';
import { FailureNote } from '../../components/FailureNote';
import { Segmented } from '../../components/Segmented';
import { inWindowWords } from '../../plans/labels';
import { useWarmTheory } from '../../plans/warm-up';
import { useQuery } from '../../state/engine';
import { useStore } from '../../state/store';
import { BundledFields } from './BundledFields';
import { CommandFields } from './CommandFields';
import { DeclaredFields, PidField } from './DeclaredFields';
import { editSaved } from './edit-saved';
import { Forecast } from './Forecast';
import { PinnedNote } from './PinnedNote';
import { NameFields, RateFields } from './RateFields';
import {
  type ReadForm,
  type RecordForm,
  type RecordKind,
  type Refused,
  readForm,
  recordForm,
  refusedAt,
} from './record-form';
import { SavedFields } from './SavedFields';
import { endEditing, useSavedWorkloads } from './useSavedWorkloads';
import { isNamed, useStart } from './useStart';

export default function Record() {
  useWarmTheory();
  const form = useStore(recordForm);
  const read = useMemo(() => readForm(form), [form]);
  const [error, setError] = useState<unknown>(null);
  const refused = refusedAt(error);
  // What was refused may be right now.
  const change = (part: Partial<RecordForm>): void => {
    setError(null);
    recordForm.set({ ...recordForm.get(), ...part });
  };
  const saved = useSavedWorkloads(() => change({ kind: 'bundled' }), setError);
  const { busy, start, saveOnly } = useStart(saved.save, setError);
  const info = useQuery('info', (client) => client.info());
  const mayLaunch = info.data?.mayLaunch !== false;
  const canStart = mayLaunch && read.request !== null && !busy;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (canStart && read.request) void start(read.request, form);
  };
  return (
    <main className="page">
      <div className="page-head">
        <h1>Record</h1>
      </div>
      {!mayLaunch && <NoLaunching />}
      <form className="record-grid" onSubmit={submit}>
        <section className="record-form" aria-label="What to record">
          {form.edited === null ? (
            <KindSwitch
              kind={form.kind}
              hasSaved={saved.workloads.length > 0}
              onChange={(kind) => change({ kind })}
            />
          ) : (
            <EditedNote name={form.edited.name} />
          )}
          <KindFields form={form} read={read} refused={refused} saved={saved} onChange={change} />
          <RateFields form={form} fault={read.faults.interval} onChange={change} />
          <NameFields form={form} refused={refused} onChange={change} />
        </section>
        <section className="record-forecast" aria-label="Before it starts">
          <PinnedNote />
          <Forecast form={form} spec={read.spec} reading={read.reading} />
          {error !== null && <FailureNote error={error} />}
          <div className="record-start">
            <button
              type="submit"
              className="button primary large"
              disabled={!canStart}
              aria-describedby="record-why"
            >
              <Circle size={12} fill="currentColor" aria-hidden="true" />
              {busy ? 'Starting…' : 'Start recording'}
            </button>
            {isNamed(form) && (
              <button
                type="button"
                className="button large"
                disabled={!canStart}
                aria-describedby="record-why"
                onClick={() => read.request && void saveOnly(read.request)}
              >
                {form.edited ? 'Save the changes' : 'Save without recording'}
              </button>
            )}
            <span id="record-why" className="muted">
              {whyNot(read)}
            </span>
          </div>
        </section>
      </form>
    </main>
  );
}

/** Why it cannot start yet: what is wrong comes before what is missing. */
function whyNot({ request, reading, faults, missing }: ReadForm): string {
  if (request !== null) return '';
  const wrong = [...Object.values(faults), ...Object.values(reading?.faults ?? {})].filter(
    (fault) => fault !== undefined,
  );
  const [first] = wrong;
  if (first === undefined) return missing ?? '';
  return wrong.length === 1
    ? inWindowWords(first.message)
    : `${wrong.length} fields are wrong; each says why.`;
}

const NoLaunching = () => (
  <p role="alert" className="verdict">
    This server launches nothing: whoever learns its address could run any command. Start it with{' '}
    <code>plumbline serve --allow-launch</code>, or record in a terminal with{' '}
    <code>plumbline record</code>; the session appears here as it runs.
  </p>
);

/** In the place of what to record, since it is that of the saved workload. */
const EditedNote = ({ name }: { name: string }) => (
  <div className="edited-note">
    <p>
      Changing <strong>{name}</strong>. What is left empty stays as it was saved.
    </p>
    <button type="button" className="button small" onClick={endEditing}>
      Leave it as it is
    </button>
  </div>
);

function KindSwitch({
  kind,
  hasSaved,
  onChange,
}: {
  kind: RecordKind;
  hasSaved: boolean;
  onChange(kind: RecordKind): void;
}) {
  return (
    <Segmented<RecordKind>
      label="What to record"
      value={kind}
      onChange={onChange}
      options={[
        { value: 'bundled', label: 'Bundled workload' },
        { value: 'command', label: 'A command' },
        { value: 'pid', label: 'A running process' },
        ...(hasSaved ? [{ value: 'saved' as const, label: 'Saved' }] : []),
      ]}
    />
  );
}

function KindFields({
  form,
  read,
  refused,
  saved,
  onChange,
}: {
  form: RecordForm;
  read: ReadForm;
  refused: Refused;
  saved: ReturnType<typeof useSavedWorkloads>;
  onChange(part: Partial<RecordForm>): void;
}) {
  const { reading } = read;
  switch (form.kind) {
    case 'bundled':
      return (
        reading && (
          <BundledFields form={form} reading={reading} refused={refused} onChange={onChange} />
        )
      );
    case 'saved':
      return (
        <SavedFields
          {...saved}
          chosen={form.saved}
          onChoose={(name) => onChange({ saved: name })}
          onEdit={(workload) => onChange(editSaved(workload))}
        />
      );
    default:
      return (
        <>
          {form.kind === 'command' ? (
            <CommandFields
              form={form.command}
              refused={refused}
              onChange={(command) => onChange({ command })}
            />
          ) : (
            <PidField form={form} fault={read.faults.pid ?? refused.pid} onChange={onChange} />
          )}
          {reading && <DeclaredFields form={form} reading={reading} onChange={onChange} />}
        </>
      );
  }
}
