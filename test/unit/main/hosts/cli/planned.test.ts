/** A session recorded under a plan says so in the terminal, in short and in full, and how it kept to it. */
import { afterAll, expect, it } from 'vitest';
import { createEngine } from '../../../../../src/main/engine/engine';
import { sessionText } from '../../../../../src/main/hosts/cli/text/session';
import { briefText } from '../../../../../src/main/hosts/cli/text/session-brief';
import { temporaryHome } from '../../../../support/cli';

const home = temporaryHome();
const engine = createEngine({ host: 'cli', library: home.dir });
afterAll(async () => {
  await engine.close();
  home.dispose();
});

it('tells the planned peak beside the measured one', async () => {
  const doc = await engine.show(await engine.addSample());
  const measured = doc.overlay.measuredPeak!.bytes;
  const plan = { title: 'gpt2-nano, train', peakBytes: measured / 2 };
  const planned = { ...doc, workload: { ...doc.workload, plan } };
  for (const text of [briefText(planned, null, null), sessionText(planned, null)])
    expect(text.replaceAll(/\s+/g, ' ')).toMatch(
      /were planned \(gpt2-nano, train\); measured is \S+ \w+, \+100%\./,
    );
  expect(briefText(doc, null, null)).not.toContain('planned');
});
