/** One thing that was looked at. */
export interface Finding {
  /** What was looked at: settings, keys, rules, clock, data, graph, Redis, Neo4j, hub. */
  readonly about: string;
  /** `problem`: the hub can't start, or loses or hides something. `warning`: it works, and less is promised. */
  readonly severity: 'fine' | 'warning' | 'problem';
  /** What is so, and where it isn't fine what to do. */
  readonly text: string;
}

export const fine = (about: string, text: string): Finding => ({ about, severity: 'fine', text });
export const warning = (about: string, text: string): Finding => ({ about, severity: 'warning', text });
export const problem = (about: string, text: string): Finding => ({ about, severity: 'problem', text });
