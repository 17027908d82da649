/** What the session ran on, what it was declared to be, and which sources were to be had. */
import { CircleCheck, CircleSlash } from 'lucide-react';
import { formatBytes, formatDuration, formatInteger } from '../../../shared/base/format';
import { describeCommand, describeVariables } from '../../../shared/present/environment';
import { inversionTable } from '../../../shared/present/tables';
import type { SessionDocument } from '../../../shared/session/session-document';
import { seesLittle } from '../../../shared/trace/series';
import { isFrameworkSeries } from '../../../shared/trace/series-ids';
import { seriesName } from '../../../shared/trace/series-names';
import { WordsTable } from './WordsTable';

export function MachineTab({ session }: { session: SessionDocument }) {
  const { environment: env, model, run } = session;
  return (
    <>
      <Inversion session={session} />
      <div className="cards">
        <Telemetry session={session} />
        <Facts
          title="Machine"
          facts={{
            System: env.os,
            ...(env.cores > 0 && {
              Processor: `${env.cpu}, ${env.cores} cores`,
              Memory: formatBytes(env.memoryBytes),
            }),
            ...Object.fromEntries(env.gpus.flatMap(gpuFacts)),
            Plumbline: env.plumbline,
            Node: env.node,
            ...env.workload,
          }}
        />
        {run && (
          <Facts
            title="Run"
            facts={mapFacts(run, (value) => (value === null ? 'not declared' : String(value)))}
          />
        )}
        {model && (
          <Facts
            title="Model"
            facts={mapFacts(model, (value) =>
              typeof value === 'number' ? formatInteger(value) : String(value),
            )}
          />
        )}
        <Facts
          title="Workload"
          facts={{
            Command: describeCommand(session.workload) ?? session.workload.title,
            Variables: describeVariables(session.workload) ?? '—',
            Directory: session.workload.cwd ?? '—',
            Pid: String(session.workload.pid ?? '—'),
            Session: session.id,
          }}
        />
      </div>
    </>
  );
}

/** What the run must have been, beside what it was declared to be. */
function Inversion({ session: { inversion } }: { session: SessionDocument }) {
  return inversion ? (
    <WordsTable title="What ran, by the trace" table={inversionTable(inversion)} />
  ) : null;
}

function Telemetry({ session: { environment, series: all } }: { session: SessionDocument }) {
  return (
    <section className="card">
      <h2>Telemetry</h2>
      <ul className="checks compact">
        {environment.sources.map((source) => (
          <li key={source.id} data-ok={source.ok}>
            {source.ok ? (
              <CircleCheck size={15} aria-label="available" />
            ) : (
              <CircleSlash size={15} aria-label="not available" />
            )}
            <div>
              <p>
                <strong>{source.id}</strong>
                <span>{source.detail}</span>
              </p>
            </div>
          </li>
        ))}
      </ul>
      <table className="table compact">
        <thead>
          <tr>
            <th>Series</th>
            <th className="right">Samples</th>
            <th className="right">Interval</th>
          </tr>
        </thead>
        <tbody>
          {all.map((series) => (
            <tr key={series.id} title={[series.id, series.about].filter(Boolean).join(': ')}>
              <td>{seriesName(series.id)}</td>
              <td className="right num">{formatInteger(series.count)}</td>
              <td className="right num">{intervalWords(series)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const mapFacts = (fields: object, word: (value: unknown) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, word(value)]));

function gpuFacts({
  index,
  name,
  memoryBytes,
  instances = [],
}: SessionDocument['environment']['gpus'][number]): [string, string][] {
  return [
    [`GPU ${index}`, `${name}, ${formatBytes(memoryBytes)}`],
    ...instances.map((each): [string, string] => [
      `MIG device ${each.slot} of it`,
      [each.name, formatBytes(each.memoryBytes), each.uuid]
        .filter((part) => part !== '')
        .join(', '),
    ]),
  ];
}

function intervalWords(series: SessionDocument['series'][number]): string {
  const { intervalUs, windowUs } = series;
  if (intervalUs === null) return isFrameworkSeries(series.id) ? 'as it happens' : 'not known';
  return seesLittle(series)
    ? `${formatDuration(intervalUs)}, ${formatDuration(windowUs)} of it seen`
    : formatDuration(intervalUs);
}

function Facts({ title, facts }: { title: string; facts: Readonly<Record<string, string>> }) {
  return (
    <section className="card">
      <h2>{title}</h2>
      <dl className="pairs">
        {Object.entries(facts).map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
