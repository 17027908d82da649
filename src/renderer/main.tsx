/** Entry of the window. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { linkEngine } from './state/transport';

// A file dropped where nothing takes it would be shown in place of the window.
for (const type of ['dragover', 'drop'] as const)
  window.addEventListener(
    type,
    (event) => event.dataTransfer?.types.includes('Files') && event.preventDefault(),
  );

const link = linkEngine();
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App link={link} />
  </StrictMode>,
);
