/** Makes the actions of a rule, with their templates, out of what was written. */
import type { ExpressionFault } from '../conditions/check-expression.ts';
import type { Scope } from '../conditions/condition-scope.ts';
import { Template } from '../conditions/template.ts';
import { parseDuration } from './duration.ts';
import type { WrittenAction } from './rule-file-schema.ts';
import type { Action, Trigger } from './rule-set.ts';
import type { SourceText, YamlPath } from './source-text.ts';

/** A webhook that an action names, to be found once all files are read. */
export interface WebhookUse {
  readonly webhook: string;
  readonly source: SourceText;
  readonly path: YamlPath;
}

/** Where the builder tells what it finds. */
export interface ActionReport {
  problem(path: YamlPath, message: string): void;
  faults(path: YamlPath, faults: readonly ExpressionFault[]): void;
  uses(use: WebhookUse): void;
}

type WrittenTrigger = NonNullable<WrittenAction['trigger']>;

export class ActionBuilder {
  readonly #source: SourceText;
  readonly #scope: Scope;
  readonly #report: ActionReport;

  constructor(source: SourceText, scope: Scope, report: ActionReport) {
    this.#source = source;
    this.#scope = scope;
    this.#report = report;
  }

  /** The action; nothing where it is wrong, which is then reported. */
  build(written: WrittenAction, path: YamlPath): readonly Action[] {
    const { webhook, trigger, annotate, tag, slack, ...others } = written;
    const named = Object.keys(written).length;
    others satisfies Record<string, never>;
    if (named !== 1) {
      this.#report.problem(path, 'is one action; give each its own entry: webhook, trigger, annotate or tag');
      return [];
    }
    if (slack !== undefined) {
      this.#report.problem([...path, 'slack'], 'comes later; use a webhook until then');
      return [];
    }
    if (webhook !== undefined) {
      this.#report.uses({ webhook, source: this.#source, path: [...path, 'webhook'] });
      return [{ do: 'webhook', webhook }];
    }
    if (tag !== undefined) return [{ do: 'tag', on: tag.on ?? 'subject', tag: tag.add }];
    if (annotate !== undefined) {
      const text = this.#template(annotate.text, [...path, 'annotate', 'text']);
      const expires = annotate.expires === undefined ? null : parseDuration(annotate.expires);
      return text === null ? [] : [{ do: 'annotate', on: annotate.on ?? 'subject', text, expires }];
    }
    return trigger === undefined ? [] : this.#trigger(trigger, [...path, 'trigger']);
  }

  #trigger(written: WrittenTrigger, path: YamlPath): readonly Action[] {
    const { airflow, dbt, dagster, prefect, github } = written;
    if (Object.keys(written).length !== 1) {
      this.#report.problem(path, 'names one tool: airflow, dbt, dagster, prefect or github');
      return [];
    }
    const act = (trigger: Trigger): readonly Action[] => [{ do: 'trigger', trigger }];
    if (airflow !== undefined) return this.#airflow(airflow, [...path, 'airflow']);
    if (dbt !== undefined) return act({ tool: 'dbt', job: String(dbt.job), connection: dbt.connection ?? null });
    if (dagster !== undefined)
      return act({ tool: 'dagster', job: dagster.job, connection: dagster.connection ?? null });
    if (prefect !== undefined)
      return act({ tool: 'prefect', deployment: prefect.deployment, connection: prefect.connection ?? null });
    if (github === undefined) return [];
    const { repository, event, connection = null } = github;
    return act({ tool: 'github', repository, event, connection });
  }

  #airflow(written: NonNullable<WrittenTrigger['airflow']>, path: YamlPath): readonly Action[] {
    const { dag = null, asset = null, connection = null } = written;
    if ((dag === null) === (asset === null)) {
      this.#report.problem(path, 'names one of dag: and asset:');
      return [];
    }
    const conf: Record<string, Template> = {};
    for (const [key, text] of Object.entries(written.conf ?? {})) {
      const template = this.#template(text, [...path, 'conf', key]);
      if (template !== null) conf[key] = template;
    }
    return [{ do: 'trigger', trigger: { tool: 'airflow', dag, asset, conf, connection } }];
  }

  #template(text: string, path: YamlPath): Template | null {
    const loaded = Template.load(text, this.#scope);
    if (loaded instanceof Template) return loaded;
    this.#report.faults(path, loaded);
    return null;
  }
}
