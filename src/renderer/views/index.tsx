/** The window's views, one line each, by the name their route has in `state/router`; and those that the top bar offers. */
import { BookOpen, CircleDot, FlaskConical, Ruler, Settings2, Stethoscope } from 'lucide-react';
import { lazy, type ReactNode, Suspense } from 'react';
import { Skeleton } from '../components/Skeleton';
import type { Route } from '../state/router';
import { Chapter } from './chapter/Chapter';
import { Compare } from './compare/Compare';
import { Doctor } from './doctor/Doctor';
import { Library } from './library/Library';
import { Session } from './session/Session';
import { Settings } from './settings/Settings';

/** These bring the theory with them, so they come when they are asked for. */
const Record = lazy(() => import('./record/Record'));
const Planner = lazy(() => import('./planner/Planner'));
const Experiments = lazy(() => import('./experiments/Experiments'));

type Views = {
  readonly [Name in Route['view']]: (route: Extract<Route, { view: Name }>) => ReactNode;
};

const VIEWS: Views = {
  library: () => <Library />,
  session: ({ id }) => <Session key={id} id={id} />,
  compare: ({ ids }) => <Compare key={ids.join()} ids={ids} />,
  record: () => <Record />,
  planner: () => <Planner />,
  experiments: () => <Experiments />,
  doctor: () => <Doctor />,
  settings: () => <Settings />,
  chapter: () => <Chapter />,
  unknown: ({ path }) => <NoSuchPage path={path} />,
};

export const MENU: readonly {
  readonly view: Route['view'];
  readonly href: string;
  readonly label: string;
  readonly icon?: ReactNode;
}[] = [
  { view: 'library', href: '#/', label: 'Sessions' },
  {
    view: 'record',
    href: '#/record',
    label: 'Record',
    icon: <CircleDot size={14} aria-hidden="true" />,
  },
  {
    view: 'planner',
    href: '#/planner',
    label: 'Planner',
    icon: <Ruler size={14} aria-hidden="true" />,
  },
  {
    view: 'experiments',
    href: '#/experiments',
    label: 'Experiments',
    icon: <FlaskConical size={14} aria-hidden="true" />,
  },
  {
    view: 'chapter',
    href: '#/chapter',
    label: 'Chapter',
    icon: <BookOpen size={14} aria-hidden="true" />,
  },
  {
    view: 'doctor',
    href: '#/doctor',
    label: 'Doctor',
    icon: <Stethoscope size={14} aria-hidden="true" />,
  },
  {
    view: 'settings',
    href: '#/settings',
    label: 'Settings',
    icon: <Settings2 size={14} aria-hidden="true" />,
  },
];

export function View({ route }: { route: Route }) {
  const show = VIEWS[route.view] as (route: Route) => ReactNode;
  return (
    <Suspense
      fallback={
        <main className="page">
          <Skeleton rows={8} />
        </main>
      }
    >
      {show(route)}
    </Suspense>
  );
}

function NoSuchPage({ path }: { path: string }) {
  return (
    <main className="page narrow empty">
      <h1>There is no such page</h1>
      <p>“{path}” leads nowhere.</p>
      <a className="button primary" href="#/">
        All sessions
      </a>
    </main>
  );
}
