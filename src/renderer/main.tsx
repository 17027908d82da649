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
const root = document.getElementById('root');
if (!root) throw new Error('The page has no element with the id "root".');
createRoot(root).render(
  <StrictMode>
    <App link={link} />
  </StrictMode>,
);
