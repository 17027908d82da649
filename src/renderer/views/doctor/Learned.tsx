/** What the library's sessions tell of this machine that no theory knows: looked at, looked for, and forgotten. */
import { useState } from 'react';
import { formatInteger } from '../../../shared/base/format';
import type { EngineApi } from '../../../shared/contract/api';
import type { LearnedConstants, LearnedReport } from '../../../shared/learned/types';
import {
  LEARNED_HEAD,
  LEARNED_NOTHING,
  learnedHead,
  learnedRows,
} from '../../../shared/present/learned-words';
import { FailureNote } from '../../components/FailureNote';
import { useEngine, useQuery } from '../../state/engine';

export function Learned() {
  const api = useEngine();
  const { data, error, refresh } = useQuery('learned', (engine) => engine.learned());
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const run = async (change: (api: EngineApi) => Promise<LearnedReport>) => {
    setBusy(true);
    setFailure(null);
    try {
      await change(api);
      refresh();
    } catch (caught) {
      setFailure(caught);
    } finally {
      setBusy(false);
    }
  };
  const wrong = failure ?? error;
  return (
    <section className="card" aria-label="Learned of this machine">
      <h2>Learned of this machine</h2>
      {wrong !== null && <FailureNote error={wrong} />}
      {data && <p>{learnedHead(data)}</p>}
      {data?.machines.length === 0 && <p className="muted">{LEARNED_NOTHING}</p>}
      {data?.machines.map((machine) => (
        <Machine key={`${machine.gpu} ${machine.driver} ${machine.framework}`} machine={machine} />
      ))}
      <div className="plan-tools">
        <button
          type="button"
          className="button"
          disabled={isBusy}
          onClick={() => run((engine) => engine.learn())}
        >
          {isBusy ? 'Looking…' : 'Look at every session'}
        </button>
        {data !== null && data.sessions > 0 && (
          <button
            type="button"
            className="button"
            disabled={isBusy}
            onClick={() => run((engine) => engine.forgetLearned({}))}
          >
            Forget what was learned
          </button>
        )}
      </div>
    </section>
  );
}

function Machine({ machine }: { machine: LearnedConstants }) {
  const { gpu, driver, framework, sessions } = machine;
  return (
    <>
      <p>
        <strong>{gpu}</strong>, driver {driver}, {framework}: {formatInteger(sessions)} sessions
      </p>
      <table className="table">
        <thead>
          <tr>
            {LEARNED_HEAD.map((title, i) => (
              <th key={title} className={i === 0 ? undefined : 'right'}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {learnedRows(machine).map(([name, ...cells]) => (
            <tr key={name}>
              <td>{name}</td>
              {cells.map((cell, i) => (
                <td key={LEARNED_HEAD[i + 1]} className="right num">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
