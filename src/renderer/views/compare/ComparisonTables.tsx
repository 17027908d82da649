/** What is compared with what, what was set otherwise, and every figure: a column a session, its difference beside it. */
import { Fragment, type ReactNode } from 'react';
import { describeChange, letter, repeatsTable, rowName } from '../../../shared/present/comparison';
import { capitalize, formatSetting, settingName } from '../../../shared/present/names';
import { formatFigure } from '../../../shared/session/compare-rows';
import type { ComparedRow, Comparison } from '../../../shared/session/comparison';
import { sessionHref } from '../../state/router';
import { SessionMark } from './session-mark';

interface Props {
  readonly comparison: Comparison;
}

/** A table wider than the window: what scrolls must be reached by keys. */
const Scrolling = ({ label, children }: { label: string; children: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes the keys that scroll it
  <section className="scroll" aria-label={label} tabIndex={0}>
    {children}
  </section>
);

/** Who is who, what each was set to, and which of them is the base. */
export function Compared({ comparison, onBase }: Props & { onBase(place: number): void }) {
  const { sessions, labels, base, differences } = comparison;
  return (
    <section className="card compared">
      <Scrolling label="Settings of the sessions">
        <table className="table">
          <thead>
            <tr>
              <th>Session</th>
              <th>Compared with</th>
              {differences.config.map(({ field, values }) => (
                <th key={field} className={areFigures(values) ? 'right' : undefined}>
                  {capitalize(settingName(field))}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sessions.map(({ id, name }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: one session may stand in two places
              <tr key={i}>
                <td>
                  <a className="compared-name" href={sessionHref(id)} title={id}>
                    <SessionMark place={i} />
                    <span>
                      <strong>{labels[i]}</strong>
                      {name !== labels[i] && <small className="below muted">{name}</small>}
                    </span>
                  </a>
                </td>
                <td>
                  <button
                    type="button"
                    className="button small"
                    aria-pressed={i === base}
                    onClick={() => onBase(i)}
                  >
                    {i === base ? 'the base' : `make ${letter(i)} the base`}
                  </button>
                </td>
                {differences.config.map(({ field, values }) => (
                  <td key={field} className={areFigures(values) ? 'right num' : undefined}>
                    {formatSetting(values[i], field)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
      {differences.config.length === 0 && (
        <p className="muted">The sessions declare the same settings, on the same device.</p>
      )}
    </section>
  );
}

const areFigures = (values: readonly unknown[]): boolean =>
  values.every((value) => value === null || value === undefined || typeof value === 'number');

const GROUP_NAMES: Readonly<Record<ComparedRow['group'], string>> = {
  overall: 'The whole run',
  component: 'Memory, the largest difference first',
  phase: 'Memory, the largest difference first',
  time: 'Time of one occurrence, the largest difference first',
};

export function Figures({ comparison }: Props) {
  const { rows, labels, base } = comparison;
  return (
    <section className="card compare-figures">
      <Scrolling label="Figures of the sessions">
        <table className="table">
          <thead>
            <tr>
              <th>Figure</th>
              {labels.map((label, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: one session may stand in two places
                <Fragment key={i}>
                  <th className="right" title={label}>
                    <SessionMark place={i} size={17} />
                  </th>
                  {i !== base && (
                    <th className="right">
                      {letter(i)} − {letter(base)}
                    </th>
                  )}
                </Fragment>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <Fragment key={`${row.group} ${row.key}`}>
                {GROUP_NAMES[row.group] !== GROUP_NAMES[rows[i - 1]?.group ?? row.group] ||
                i === 0 ? (
                  <tr className="group">
                    <th colSpan={2 * labels.length} scope="rowgroup">
                      {GROUP_NAMES[row.group]}
                    </th>
                  </tr>
                ) : null}
                <FigureRow row={row} base={base} />
              </Fragment>
            ))}
          </tbody>
        </table>
      </Scrolling>
      <Repeats comparison={comparison} />
    </section>
  );
}

function FigureRow({ row, base }: { row: ComparedRow; base: number }) {
  return (
    <tr>
      <td>{rowName(row)}</td>
      {row.values.map((value, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: one session may stand in two places
        <Fragment key={i}>
          <td className="right num">{formatFigure(value, row.unit)}</td>
          {i !== base && (
            <td
              className="right num change"
              data-distinct={row.isDistinct[i] === true}
              data-judged={row.judged[i] ?? undefined}
              title={row.why}
            >
              {describeChange(row, i, base)}
            </td>
          )}
        </Fragment>
      ))}
    </tr>
  );
}

function Repeats({ comparison }: Props) {
  const repeats = repeatsTable(comparison);
  if (repeats === null) return null;
  return (
    <div className="scroll repeats">
      <h2>Runs of the same settings, lowest to highest</h2>
      <table className="table">
        <thead>
          <tr>
            {repeats.head.map((title, i) => (
              <th key={title} className={i === 0 ? undefined : 'right'}>
                {capitalize(title)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {repeats.rows.map(([runs, ...cells]) => (
            <tr key={runs}>
              <td>{runs}</td>
              {cells.map((cell, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: cells stand beneath their heads
                <td key={i} className="right num">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
