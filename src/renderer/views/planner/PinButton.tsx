/** Pins the plan as what the next recording is expected to keep to. */
import { Pin, PinOff } from 'lucide-react';
import { toast } from 'sonner';
import { modelCalled } from '../../../shared/model/named';
import { SETTING_NAMES } from '../../../shared/model/settings';
import { type Draft, EMPTY_DRAFT, writtenSetting } from '../../plans/draft';
import { pinnedPlan, pinPlan } from '../../plans/pinned-plan';
import { go } from '../../state/router';
import { useStore } from '../../state/store';
import type { Planned } from './planned';
import type { PlanSide } from './usePlanDrafts';

export function PinButton({ planned, side }: { planned: Planned | null; side: PlanSide }) {
  const pinned = useStore(pinnedPlan);
  const peakBytes = planned?.carried?.expectedBytes ?? planned?.budget?.answer.bytes;
  const spec = planned?.spec;
  if (!spec || peakBytes === undefined) return null;
  const title = `${spec.model.name}, ${spec.run.mode}, batch ${spec.run.batch}`;
  if (pinned && pinned.title === title && pinned.peakBytes === peakBytes)
    return (
      <button type="button" className="button" onClick={() => pinPlan(null)}>
        <PinOff size={14} aria-hidden="true" />
        Unpin
      </button>
    );
  // A stale figure is that of what was typed before.
  const isAnswered = !planned.isStale;
  const pin = () => {
    pinPlan({ title, peakBytes, draft: declaredDraft(side.whole, planned) });
    toast('The next recording is held against this plan.', {
      action: { label: 'Record', onClick: () => go('#/record') },
    });
  };
  return (
    <button
      type="button"
      className="button"
      title="The next recording is held against this plan"
      disabled={!isAnswered}
      onClick={pin}
    >
      <Pin size={14} aria-hidden="true" />
      Pin
    </button>
  );
}

/** The draft with what a session it began with stands for, so that it says the same by itself. */
function declaredDraft(draft: Draft, { spec }: Planned): Draft {
  if (draft.model !== '' || draft.config !== null || spec === null) return draft;
  const { model, run } = spec;
  if (modelCalled(model.name) === undefined) return EMPTY_DRAFT;
  const settings = SETTING_NAMES.flatMap((name) => {
    const text = writtenSetting(run[name]);
    return text === '' ? [] : [[name, text]];
  });
  return { ...EMPTY_DRAFT, model: model.name, settings: Object.fromEntries(settings) };
}
