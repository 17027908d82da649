/** What a person sets once: how often is sampled, what is flagged, what is kept, how it looks; and where things lie. */
import type { ReactNode } from 'react';
import type { LibrarySetting } from '../../../shared/library/settings';
import { Segmented } from '../../components/Segmented';
import { Skeleton } from '../../components/Skeleton';
import { useQuery } from '../../state/engine';
import { useSettings } from '../../state/settings';
import { setTheme, useThemeChoice } from '../../state/theme';
import { SettingControl } from './SettingControl';

export function Settings() {
  const { settings, isKnown } = useSettings();
  const info = useQuery('info', (engine) => engine.info());
  const control = (name: LibrarySetting, isDisabled = false) => (
    <SettingControl key={name} name={name} settings={settings} isDisabled={isDisabled} />
  );
  const mayLaunch = info.data?.mayLaunch !== false;
  return (
    <main className="page narrow settings">
      <div className="page-head">
        <h1>Settings</h1>
      </div>
      {!isKnown && <Skeleton rows={6} />}
      {isKnown && (
        <>
          <Part title="Recording">
            {control('interval')}
            {control('nvidiaSmi', !mayLaunch)}
            {!mayLaunch && (
              <p className="hint">
                This server launches nothing, so the path of a program is not set from here. On its
                machine: <code>plumbline settings nvidia-smi PATH</code>
              </p>
            )}
            <p className="hint">
              <a className="link" href="#/doctor">
                Doctor
              </a>{' '}
              says which GPUs and sources there are, how often each can be read, and what mends what
              is missing.
            </p>
          </Part>
          <Part title="What is flagged">
            <div className="plan-row">
              {(['flagPercent', 'flagMiB', 'flagSamples'] as const).map((name) => control(name))}
            </div>
          </Part>
          <Part title="Library">
            <Folder path={info.data?.library ?? '…'} />
            {control('trashDays')}
          </Part>
          <Part title="Appearance">
            <Appearance />
            {control('units')}
          </Part>
        </>
      )}
      {info.data && (
        <p className="muted footer-line">
          Plumbline {info.data.version} on {info.data.platform}
        </p>
      )}
    </main>
  );
}

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="card">
    <h2>{title}</h2>
    <div className="plan-fields">{children}</div>
  </section>
);

function Appearance() {
  return (
    <div className="plan-field">
      <span className="field-name">Light or dark</span>
      <Segmented
        label="Appearance"
        value={useThemeChoice()}
        options={[
          { value: 'system', label: 'As the system' },
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
        ]}
        onChange={setTheme}
      />
      <p className="hint">Kept by this window alone.</p>
    </div>
  );
}

const Folder = ({ path }: { path: string }) => (
  <div className="plan-field">
    <span className="field-name">Folder</span>
    <code className="path">{path}</code>
    <p className="hint">
      Sessions, saved workloads, trash and these settings lie there. For another one start Plumbline
      with <code>PLUMBLINE_HOME</code> set to it; a session is a file, and may be moved along.
    </p>
  </div>
);
