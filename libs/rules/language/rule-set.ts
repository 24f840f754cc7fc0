/** Rules, freshness policies and webhooks as they are once loaded: checked, with units and references resolved. */
import type { DataContract, FreshnessPolicy } from '#lineage';
import type { Condition } from '../conditions/condition.ts';
import type { Template } from '../conditions/template.ts';
import type { RuleKind } from './change-kinds.ts';
import type { Rate } from './duration.ts';
import type { SourcePlace } from './problem.ts';
import type { SecretReference } from './secret-reference.ts';

/** What a guard counts for. */
export type GuardScope = 'rule' | 'subject' | 'job';

/** How often a rule may fire. null: no limit. */
export interface GuardLimits {
  /** ms */
  readonly cooldown: number | null;
  readonly per: GuardScope;
  readonly max: Rate | null;
  readonly budget: Rate | null;
  /** ms */
  readonly maxEvidenceAge: number | null;
}

/** Where an annotation or a tag goes, seen from the subject. */
export type ActionPlace = 'subject' | 'downstream' | 'upstream';

/** A job of another tool. `connection` names one of the settings; null: the only one. */
export type Trigger =
  | {
      readonly tool: 'airflow';
      /** One of both. */
      readonly dag: string | null;
      readonly asset: string | null;
      readonly conf: Readonly<Record<string, Template>>;
      readonly connection: string | null;
    }
  | { readonly tool: 'dbt'; readonly job: string; readonly connection: string | null }
  | { readonly tool: 'dagster'; readonly job: string; readonly connection: string | null }
  | { readonly tool: 'prefect'; readonly deployment: string; readonly connection: string | null }
  | {
      readonly tool: 'github';
      readonly repository: string;
      readonly event: string;
      readonly connection: string | null;
    };

export type Action =
  | { readonly do: 'webhook'; readonly webhook: string }
  | { readonly do: 'trigger'; readonly trigger: Trigger }
  | {
      readonly do: 'annotate';
      readonly on: ActionPlace;
      readonly text: Template;
      /** ms; null: it stays. */
      readonly expires: number | null;
    }
  | { readonly do: 'tag'; readonly on: ActionPlace; readonly tag: string };

/** What a run should do, where the rule says it and habit doesn't. */
export interface Expectation {
  readonly cron: string | null;
  readonly timezone: string;
  /** ms */
  readonly grace: number | null;
  /** ms */
  readonly within: number | null;
}

export interface Rule {
  readonly name: string;
  readonly description: string | null;
  readonly on: readonly RuleKind[];
  readonly where: Condition | null;
  readonly when: 'all-inputs-updated' | null;
  /** Ids as they were written; null: any. Aliases of a node find it too. */
  readonly datasets: readonly string[] | null;
  readonly jobs: readonly string[] | null;
  readonly actions: readonly Action[];
  readonly guard: GuardLimits;
  readonly expect: Expectation | null;
  readonly place: SourcePlace;
  /** Of everything in it that decides: a rule with another fingerprint is another rule to `dryRun`. */
  readonly fingerprint: string;
}

/** A freshness policy and the datasets that it is for. */
export interface ChosenPolicy extends FreshnessPolicy {
  /** One of both at least; both: what is in the list and meets the condition. */
  readonly datasets: readonly string[] | null;
  readonly where: Condition | null;
  readonly place: SourcePlace;
}

export interface Webhook {
  readonly name: string;
  readonly url: string;
  /** Each signs; the first is the newest. */
  readonly secrets: readonly SecretReference[];
  readonly place: SourcePlace;
}

/** A word of the business: what it means, and the tag that says of a dataset, a job or a field that it is about it. */
export interface GlossaryTerm {
  /** The tag's key, and the term's name. */
  readonly name: string;
  readonly title: string | null;
  /** Markdown. */
  readonly text: string;
  readonly owner: string | null;
  /** Addresses to read on at. */
  readonly see: readonly string[];
  readonly place: SourcePlace;
}

/** A contract, and where it is written. */
export interface PlacedContract {
  readonly contract: DataContract;
  readonly place: SourcePlace;
}

/** What a folder of rule files says. Names are unique over all files. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly freshness: readonly ChosenPolicy[];
  readonly webhooks: readonly Webhook[];
  readonly glossary: readonly GlossaryTerm[];
  readonly contracts: readonly PlacedContract[];
}

export const NO_RULES: RuleSet = { rules: [], freshness: [], webhooks: [], glossary: [], contracts: [] };
