/** The chart's inks, which change with the theme; colours of data are those of `shared/present/colors`. */
import type { Theme } from '../state/theme';

export {
  COMPONENT_COLOR,
  LINE_COLORS,
  PHASE_COLOR,
  STACK_ORDER,
  WHOLE_COLOR,
} from '../../shared/present/colors';

export interface Ink {
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly axis: string;
  readonly surface: string;
  readonly measured: string;
  readonly over: string;
  readonly under: string;
  readonly flag: string;
  readonly lane: string;
}
const INKS: Readonly<Record<Theme, Ink>> = {
  light: {
    text: '#1c2128',
    muted: '#66707d',
    grid: '#e9ecf0',
    axis: '#c4cad3',
    surface: '#ffffff',
    measured: '#12161c',
    over: '#c9482b',
    under: '#2c6fb8',
    flag: '#c9482b',
    lane: '#5b6675',
  },
  dark: {
    text: '#e6e9ee',
    muted: '#97a1af',
    grid: '#262b33',
    axis: '#3d4551',
    surface: '#15181d',
    measured: '#f6f8fb',
    over: '#ee7355',
    under: '#62a3e8',
    flag: '#ee7355',
    lane: '#a9b3c1',
  },
};
export const inkFor = (theme: Theme): Ink => INKS[theme];
