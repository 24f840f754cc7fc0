/**
 * The rules in force, and where they come from: the folder, looked at every two seconds. A folder that is wrong changes
 * nothing: the last good set goes on, and is kept beside the decisions, so that a restart finds it too.
 */
import type { Logger } from 'pino';
import { type DecisionStore, NO_RULES, type Problem, type RuleSet, sayProblem } from '#rules';
import type { LoadedRules, RuleFileText, RuleReader } from '#rules/language';
import { StartupError } from '../config/startup-error.ts';
import { folderMark, readRuleFolder } from './rule-folder.ts';

const LOOK_MS = 2_000;
/** In the decision store. */
const LAST_GOOD = 'rule files';

export interface RuleKeeperParts {
  readonly folder: string;
  /** The folder was named: then it has to be there. */
  readonly isNamed: boolean;
  readonly decisions: DecisionStore;
  readonly logger: Logger;
  /** Other rules are in force from when it resolves. */
  readonly onChange: (set: RuleSet) => Promise<void>;
}

export interface RulesStatus {
  readonly folder: string;
  readonly rules: number;
  /** What is wrong with the folder now; the rules in force are those of before. */
  readonly problems: readonly Problem[];
}

export class RuleKeeper {
  readonly #parts: RuleKeeperParts;
  #set: RuleSet = NO_RULES;
  #problems: readonly Problem[] = [];
  #mark = '';
  #reader: RuleReader | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;

  constructor(parts: RuleKeeperParts) {
    this.#parts = parts;
  }

  get set(): RuleSet {
    return this.#set;
  }

  status(): RulesStatus {
    return { folder: this.#parts.folder, rules: this.#set.rules.length, problems: this.#problems };
  }

  /**
   * Reads the folder for the first time. @throws StartupError where it is wrong and no good set is known from before: a
   * hub that was told to watch and doesn't would be worse than none. With one from before it starts: taking events must not
   * end with a typing error in a rule.
   */
  async open(): Promise<RuleSet> {
    const { folder, isNamed, decisions, logger } = this.#parts;
    this.#mark = folderMark(folder);
    const files = readRuleFolder(folder);
    if (files === null) {
      if (isNamed)
        throw new StartupError([
          `There is no folder ${folder} for the rules. Make it, or name another with HEADWATER_RULES.`,
        ]);
      return this.#set;
    }
    const loaded = await this.#load(files);
    if (loaded.ok) {
      this.#set = loaded.set;
      await decisions.keepNote(LAST_GOOD, JSON.stringify(files));
      logger.info(counted(loaded.set, folder), 'rules are loaded');
      return loaded.set;
    }
    this.#problems = loaded.problems;
    const kept = await loadKept(await decisions.note(LAST_GOOD));
    if (kept === null) throw new StartupError(['The rules are wrong:', ...loaded.problems.map(sayProblem)]);
    this.#set = kept;
    this.#tellProblems('the rule files are wrong: started with the last good ones');
    return kept;
  }

  watch(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = null;
      });
    }, LOOK_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { folder, decisions, logger, onChange } = this.#parts;
    try {
      const mark = folderMark(folder);
      if (mark === this.#mark) return;
      const files = readRuleFolder(folder) ?? [];
      const loaded = await this.#load(files);
      if (loaded.ok) {
        await onChange(loaded.set);
        this.#set = loaded.set;
        this.#problems = [];
        await decisions.keepNote(LAST_GOOD, JSON.stringify(files));
        logger.info(counted(loaded.set, folder), 'other rules are in force');
      } else {
        this.#problems = loaded.problems;
        this.#tellProblems('the rule files are wrong: the rules stay as they were');
      }
      this.#mark = mark;
    } catch (error) {
      // The next look tries again.
      logger.error(
        { folder, error: error instanceof Error ? error.message : String(error) },
        'the rules could not be read',
      );
    }
  }

  async #load(files: readonly RuleFileText[]): Promise<LoadedRules> {
    // CEL and all: a hub without rules starts sooner without them.
    if (files.length === 0) return { ok: true, set: NO_RULES };
    this.#reader ??= new (await import('#rules/language')).RuleReader();
    return this.#reader.load(files);
  }

  #tellProblems(message: string): void {
    const { folder, logger } = this.#parts;
    logger.error({ folder, problems: this.#problems.map(sayProblem) }, message);
  }
}

const counted = ({ rules, freshness, webhooks, glossary, contracts }: RuleSet, folder: string): object => ({
  folder,
  rules: rules.length,
  policies: freshness.length,
  webhooks: webhooks.length,
  terms: glossary.length,
  contracts: contracts.length,
});

/** null: there was none, or an older program's that this one reads otherwise. */
async function loadKept(note: string | null): Promise<RuleSet | null> {
  if (note === null) return null;
  const { loadRules } = await import('#rules/language');
  const loaded = loadRules(JSON.parse(note) as RuleFileText[]);
  return loaded.ok ? loaded.set : null;
}
