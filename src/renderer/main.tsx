/** Entry of the window. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { linkEngine } from './transport';

const link = linkEngine();
createRoot(document.getElementById('root')!).render(<StrictMode><App link={link} /></StrictMode>);
