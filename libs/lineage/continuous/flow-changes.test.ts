import { describe, expect, it } from 'vitest';
import type { Flow, FlowState } from '../read-model.ts';
import { type FlowMemory, flowChange, rememberFlow } from './flow-changes.ts';

const STATES: readonly FlowState[] = ['FLOWING', 'IDLE', 'LAGGING', 'STALLED', 'SILENT', 'STOPPED', 'UNKNOWN'];
const flow = (state: FlowState, since = 100, lastSeen = 500): Flow => ({
  state,
  since,
  reason: 'Why.',
  lag: null,
  lagSeconds: null,
  watermark: null,
  throughput: null,
  lastSeen,
  usualInterval: null,
  inputs: [],
});
const kindOf = (before: FlowState | null, after: FlowState): string | null =>
  flowChange('job', before === null ? null : { state: before, since: 0 }, flow(after))?.kind ?? null;

describe('changes of flow', () => {
  it('are named after the new state, but for a recovery', () => {
    const table = [null, ...STATES].map((before) =>
      STATES.map((after) => kindOf(before, after)?.slice(4) ?? '-').join(' '),
    );
    //                 FLOWING   IDLE      LAGGING STALLED SILENT STOPPED UNKNOWN
    expect(table).toEqual([
      /* first */ 'flowing idle lagging stalled silent stopped -',
      /* FLOWING */ '- idle lagging stalled silent stopped -',
      /* IDLE */ 'flowing - lagging stalled silent stopped -',
      /* LAGGING */ 'recovered recovered - stalled silent stopped -',
      /* STALLED */ 'recovered recovered lagging - silent stopped -',
      /* SILENT */ 'recovered recovered lagging stalled - stopped -',
      /* STOPPED */ 'recovered recovered lagging stalled silent - -',
      /* UNKNOWN */ 'flowing idle lagging stalled silent stopped -',
    ]);
  });

  it('say the job, the state and the reason, and hold both states', () => {
    expect(flowChange('orders-to-mart', { state: 'SILENT', since: 40 }, flow('FLOWING'))).toEqual({
      kind: 'job.recovered',
      at: 500,
      text: 'orders-to-mart recovered and flows: Why.',
      before: { state: 'SILENT', since: 40 },
      after: { state: 'FLOWING', since: 500 },
    });
    expect(flowChange('orders-to-mart', { state: 'FLOWING', since: 40 }, flow('STALLED'))).toMatchObject({
      at: 100,
      text: 'orders-to-mart is stalled: Why.',
    });
  });

  it('keep the beginning of a state that lasts, though the row tells another', () => {
    const memory: FlowMemory = { state: 'LAGGING', since: 7 };
    expect(rememberFlow(memory, flow('LAGGING'))).toBe(memory);
    expect(rememberFlow(memory, flow('UNKNOWN'))).toEqual({ state: 'UNKNOWN', since: 100 });
    expect(rememberFlow(null, flow('FLOWING'))).toEqual({ state: 'FLOWING', since: 100 });
  });

  it('begin silence and a stop anew where a late word shows another beginning, which is no news', () => {
    for (const state of ['SILENT', 'STOPPED'] as const) {
      expect(rememberFlow({ state, since: 90 }, flow(state))).toEqual({ state, since: 100 });
      expect(flowChange('job', { state, since: 90 }, flow(state))).toBeNull();
    }
  });
});
