/** Light, dark, or as the system says; kept between visits. */
import { createStore, useStore } from './store';

export type ThemeChoice = 'system' | 'light' | 'dark';
export type Theme = 'light' | 'dark';

const KEY = 'plumbline.theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const stored = localStorage.getItem(KEY);
const choice = createStore<ThemeChoice>(
  stored === 'light' || stored === 'dark' ? stored : 'system',
);
const resolve = (): Theme =>
  choice.get() === 'system' ? (dark.matches ? 'dark' : 'light') : (choice.get() as Theme);
const effective = createStore<Theme>(resolve());

function apply(): void {
  effective.set(resolve());
  document.documentElement.dataset.theme = effective.get();
}
dark.addEventListener('change', apply);
apply();

export function setTheme(next: ThemeChoice): void {
  if (next === 'system') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  choice.set(next);
  apply();
}

export const useThemeChoice = (): ThemeChoice => useStore(choice);
export const useTheme = (): Theme => useStore(effective);
