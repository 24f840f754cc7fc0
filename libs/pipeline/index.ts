export { Dispatcher, type DispatcherParts, type DispatcherStatus } from './act/dispatcher.ts';
export {
  type ContractResult,
  ContractTeller,
  type ContractTellerParts,
  type ContractTellerStatus,
} from './contracts/contract-teller.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export type {
  Accepted,
  AcceptOutcome,
  BatchAll,
  BatchFailure,
  BatchOutcome,
  BatchPartial,
  Busy,
  Forbidden,
  Held,
  Refused,
  Replayed,
  Unavailable,
  UnreadBody,
} from './outcome.ts';
export {
  createPipeline,
  type Pipeline,
  type PipelineOptions,
  type PipelineState,
  type PipelineStatus,
  type Together,
} from './pipeline.ts';
export { PolicyTeller, type PolicyTellerParts, type PolicyTellerStatus } from './policies/policy-teller.ts';
export { StoreAheadOfLog } from './progress.ts';
export { IncidentFollower } from './react/incident-follower.ts';
export { playBack, subjectsAsked, whyNothing } from './react/looking-back.ts';
export { Reactor, type ReactorParts, type ReactorStatus } from './react/reactor.ts';
export { inForce, type RulesInForce } from './react/rules-in-force.ts';
export { type Reach, type ReachQuery, reachOf } from './remarks/reach-of.ts';
export { type RemarkOn, type RemarksOfAsset, remarksOn } from './remarks/remarks-on.ts';
export type { Pruned } from './retention.ts';
export { TurnedAway, type TurningAway } from './turned-away.ts';
