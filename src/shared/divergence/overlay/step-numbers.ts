/**
 * Steps as budgets count them. A budget's first step is 1, and so is the bundled workload's; most loops in Python begin
 * at 0. The first step makes the optimizer's states, so to take 0 for no step, and 1 for the first, misses all of them.
 */

interface Numbered {
  readonly step: number | null;
}

/** What is added to the numbers of `rows`, in their order, to have them as a budget does: 1 where the first is 0. */
export const stepOffset = (rows: readonly Numbered[]): number =>
  rows.find(({ step }) => step !== null)?.step === 0 ? 1 : 0;

/** A row with its step as a budget counts it. */
export const asBudgetCounts = <Row extends Numbered>(row: Row, offset: number): Row =>
  offset === 0 || row.step === null ? row : { ...row, step: row.step + offset };
