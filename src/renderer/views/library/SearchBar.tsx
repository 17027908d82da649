/** The search of the library, what is wrong with it, and the conditions that one click sets: statuses and tags. */
import { Search } from 'lucide-react';
import type { RefObject } from 'react';
import type { Failure } from '../../../shared/base/failure';
import { STATUSES } from '../../../shared/base/vocabulary';
import { QUERY_FIELDS } from '../../../shared/library/query';
import type { SessionSummary } from '../../../shared/session/types';

/** Tags beyond these are found by typing. */
const MAX_TAGS = 12;

export function SearchField({
  field,
  search,
  problem,
  onSearch,
}: {
  field: RefObject<HTMLInputElement | null>;
  search: string;
  problem: Failure | null;
  onSearch(search: string): void;
}) {
  return (
    <label className="search wide">
      <Search size={14} aria-hidden="true" />
      <input
        ref={field}
        type="search"
        placeholder="Search: llama peak>20GiB"
        title={`Words, or conditions on ${QUERY_FIELDS.join(', ')}`}
        aria-label="Search sessions"
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : 'search-problem'}
        value={search}
        onChange={(event) => onSearch(event.target.value)}
      />
    </label>
  );
}

export const SearchProblem = ({ problem }: { problem: Failure }) => (
  <p id="search-problem" className="field-problem" role="alert">
    {problem.message} {problem.remedy}
  </p>
);

/** A condition each, as it is typed; pressed again it goes. */
export function Filters({
  sessions,
  search,
  onSearch,
}: {
  sessions: readonly SessionSummary[];
  search: string;
  onSearch(search: string): void;
}) {
  const statuses = STATUSES.filter((status) => sessions.some((one) => one.status === status));
  const conditions = [
    ...(statuses.length > 1 ? statuses.map((status) => `status:${status}`) : []),
    ...commonTags(sessions).map((tag) => `tag:${tag}`),
  ];
  if (conditions.length === 0) return null;
  const given = search.split(/\s+/).filter(Boolean);
  const toggle = (condition: string) => {
    const [kind] = condition.split(':');
    const rest = given.filter(
      (each) => each !== condition && !(kind === 'status' && each.startsWith('status:')),
    );
    onSearch([...rest, ...(given.includes(condition) ? [] : [condition])].join(' '));
  };
  return (
    <fieldset className="filters" aria-label="Filters">
      {conditions.map((condition) => (
        <button
          key={condition}
          type="button"
          className="chip"
          aria-pressed={given.includes(condition)}
          onClick={() => toggle(condition)}
        >
          {condition.replace(/^status:/, '').replace(/^tag:/, '#')}
        </button>
      ))}
    </fieldset>
  );
}

/** The tags that most sessions have, most first. */
function commonTags(sessions: readonly SessionSummary[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { tags = [] } of sessions)
    for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_TAGS)
    .map(([tag]) => tag);
}
